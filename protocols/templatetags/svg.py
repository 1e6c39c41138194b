"""The many small pieces of a drawing, joined as strings: `{% load svg %}`.

A template asked once for each attribute of each dot costs more than the rest of the page. What
is drawn comes as objects on a page and as plain mappings out of a signed visit's content.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

DOTS = {"visit": "d-visit", "planned": "d-planv"}
DOWN = '<path class="d-down" d="M{} {}v9m-3.5-3.5 3.5 3.5 3.5-3.5"/>'
BELOW = '<path class="d-down" d="M{} {}m-5 0h10m-5 0v11m-3.5-3.5 3.5 3.5 3.5-3.5"/>'
ROUND = '<circle class="{}" cx="{}" cy="{}" r="{}"/>'


def joined(things: Iterable[Any], draw: Callable[..., str], *names: str) -> SafeString:
    """Each thing drawn from these of its parts."""
    parts = (
        [thing[name] for name in names]
        if isinstance(thing, Mapping)
        else [getattr(thing, name) for name in names]
        for thing in things
    )
    return mark_safe("".join(draw(*part) for part in parts))  # noqa: S308 -- words are escaped


@register.simple_tag
def texts(labels: Iterable[Any]) -> SafeString:
    """Words at their places."""
    return joined(labels, _text, "css", "x", "y", "text")


def _text(css: str, x: float, y: float, text: str) -> str:
    return f'<text class="{css}" x="{x}" y="{y}">{escape(str(text))}</text>'


@register.simple_tag
def bars(stretches: Iterable[Any]) -> SafeString:
    """Stretches of days."""
    return joined(stretches, _bar, "css", "x", "y", "wide", "high", "hatched")


def _bar(css: str, x: float, y: float, wide: float, high: float, hatched: bool) -> str:
    corner = "3" if css == "d-win" else ("2.5" if high == 5 else "1.5")
    fill = ' fill="url(#hatch)"' if hatched else ""
    return (
        f'<rect class="{css}" x="{x}" y="{y}" width="{wide}" height="{high}" rx="{corner}"{fill}/>'
    )


@register.simple_tag
def dots(days: Iterable[Any]) -> SafeString:
    """Days with a mark on the ribbon."""
    return joined(days, _dot, "kind", "x", "y", "r", "top")


def _dot(kind: str, x: float, y: float, r: float, top: float) -> str:
    if kind == "down":
        return DOWN.format(x, top)
    return ROUND.format(DOTS.get(kind, f"d-{kind}"), x, y, r)


@register.simple_tag
def marks(points: Iterable[Any]) -> SafeString:
    """Values of a graph; an arrow where something is below what could be seen."""
    return joined(points, _mark, "kind", "x", "y", "r")


def _mark(kind: str, x: float, y: float, r: float) -> str:
    return BELOW.format(x, y) if kind == "down" else ROUND.format(f"d-{kind}", x, y, r)
