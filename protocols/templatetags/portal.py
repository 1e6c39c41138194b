"""What the portal's pages say in their own way: `{% load portal %}`."""

from datetime import date, datetime, tzinfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinic.templatetags import moments
from protocols.queries.portal_owner import Owner

register = template.Library()

#: The mouth of each face, from very low to very good.
MOUTHS = {
    1: "M10.8 22.5q5.2-7 10.4 0",
    2: "M11.5 21.5q4.5-3 9 0",
    3: "M11.5 20.5h9",
    4: "M11.5 19.5q4.5 3 9 0",
    5: "M10.5 18.5q5.5 6 11 0",
}


@register.simple_tag
def face(mood: int) -> SafeString:
    """A round face; the word beside it says what it means."""
    return format_html(
        '<svg class="face" viewBox="0 0 32 32" aria-hidden="true">'
        '<circle cx="16" cy="16" r="12.5"/><path d="M12 12.5v.8M20 12.5v.8"/><path d="{}"/></svg>',
        MOUTHS[mood],
    )


@register.filter
def in_zone(at: datetime, zone: tzinfo) -> datetime | str:
    """The wall clock of that zone, for `date` to write; the zone is dropped so that it stays."""
    return at.astimezone(zone).replace(tzinfo=None)


@register.filter
def until(at: datetime, owner: Owner) -> str:
    """In 2 days, counted in days of the clinic; from a few hours on in hours."""
    return moments.span_away(at, owner.now.astimezone(owner.site.zone))


@register.filter
def local_day(at: datetime, zone: tzinfo) -> date:
    """The calendar day of an instant in that zone."""
    return at.astimezone(zone).date()
