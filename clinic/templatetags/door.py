"""What only the door's pages need."""

from django import template

from clinic.rules.browsers import spoken

register = template.Library()
register.filter("browser", spoken)
