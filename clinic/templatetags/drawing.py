"""Drawings for PDFs, whose engine gives SVG no stylesheet: each brings its own."""

import re
from base64 import b64encode
from functools import cache
from html import unescape
from pathlib import Path
from typing import Final

from django import template
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

register = template.Library()

STYLES: Final = Path(__file__).resolve().parents[2] / "static" / "css"
TOKEN: Final = re.compile(r"--(hy-[\w-]+):\s*([^;]+);")
WORDS: Final = re.compile(r"<(?:title|desc)\b.*?</\w+>", re.DOTALL)
USE: Final = re.compile(r"var\(--(hy-[\w-]+)\)")
#: The page engine paints a text's outline over the text: on white paper no halo is needed.
NO_HALO: Final = ".draw .t-halo { stroke: none; }"
ON_PAPER: Final = {"hy-surface": "#fff", "hy-sans": "Inter"}


@cache
def drawing_style() -> str:
    """The drawings' stylesheet with every token replaced by its colour on paper."""
    tokens: dict[str, str] = {}
    for name, value in TOKEN.findall((STYLES / "tokens.css").read_text(encoding="utf-8")):
        tokens.setdefault(name, value)
    tokens |= ON_PAPER
    sheet = (STYLES / "drawings.css").read_text(encoding="utf-8")
    return USE.sub(lambda use: tokens[use[1]], sheet) + NO_HALO


class DrawingNode(template.Node):
    def __init__(self, inside: template.NodeList) -> None:
        self.inside = inside

    def render(self, context: template.Context) -> SafeString:
        """The enclosed SVG as one picture, with its title and description as words."""
        svg = self.inside.render(context).strip()
        said = [unescape(strip_tags(found)) for found in WORDS.findall(svg)]
        head = "<svg" if "xmlns=" in svg else '<svg xmlns="http://www.w3.org/2000/svg"'
        dressed = re.sub(
            r"<svg\b([^>]*)>", rf"{head}\1><style>{drawing_style()}</style>", svg, count=1
        )
        data = b64encode(dressed.encode()).decode()
        return format_html(
            '<img class="draw" src="data:image/svg+xml;base64,{}" alt="{}">', data, ". ".join(said)
        )


@register.tag
def drawing(parser: template.base.Parser, token: template.base.Token) -> DrawingNode:
    """{% drawing %}an inline SVG{% enddrawing %}: the same drawing, fit for a PDF."""
    inside = parser.parse(("enddrawing",))
    parser.delete_first_token()
    return DrawingNode(inside)
