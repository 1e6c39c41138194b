"""Code 128 as a drawing of bars, for labels and forms that a scanner reads."""

from itertools import groupby

import barcode
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()
#: Modules of quiet on each side, without which a scanner finds no beginning.
QUIET = 10


@register.filter
def code128(text: str) -> SafeString:
    """The bars of this text, as wide as their modules; the page says how large they are drawn."""
    (modules,) = barcode.get("code128", text).build()
    bars, at = [], QUIET
    for module, run in groupby(modules):
        width = len(list(run))
        if module == "1":
            bars.append((at, width))
        at += width
    drawn = format_html_join("", '<rect x="{}" y="0" width="{}" height="30"/>', bars)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" class="bars" viewBox="0 0 {} 30"'
        ' preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        at + QUIET,
        text,
        drawn,
    )
