"""What templates say in the house's own way: `{% load clinic %}`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Final

from django import template
from django.forms import BoundField, CheckboxInput, RadioSelect, Select
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from clinic.access import Capability, may
from clinic.templatetags import moments
from clinic.templatetags.icons import strokes

register = template.Library()

#: What the view behind a name asks for, once it has been looked up.
NEEDED: Final[dict[str, Capability | None]] = {}
STATUS_ICONS: Final = {
    "critical": "stop",
    "warning": "warn",
    "good": "ok",
    "info": "info",
    "": "circle",
}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """One inline icon; without a label it is for the eye only."""
    try:
        drawn = mark_safe(strokes(name))  # noqa: S308 -- our own constant strokes
    except KeyError as missing:
        raise template.TemplateSyntaxError(missing.args[0]) from missing
    spoken = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="i{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        f" {css}" if css else "",
        mark_safe(spoken),  # noqa: S308 -- a constant, or escaped by format_html
        drawn,
    )


@register.inclusion_tag("components/logo.html")
def logo() -> dict[str, object]:
    """The half ring of six months, three of them done."""
    return {}


@register.inclusion_tag("components/status.html")
def status(kind: str, word: str, icon: str = "", css: str = "") -> dict[str, str]:
    """Icon, word and colour together: critical, warning, good, info, or plain with ''."""
    return {"kind": kind, "word": word, "icon": icon or STATUS_ICONS[kind], "css": css}


@register.simple_tag
def grade(number: int | None) -> SafeString:
    """The CTCAE grade chip; grade 0 and no grade draw nothing."""
    if not number:
        return mark_safe("")
    return format_html(
        '<span class="grade g{}"><span class="visually-hidden">CTCAE grade </span>'
        '<span aria-hidden="true">G</span>{}</span>',
        number,
        number,
    )


#: A string and not a component: a flowsheet has one in every row.
SPARK: Final = (
    '<svg class="spark" viewBox="0 0 52 20" aria-hidden="true"><path d="M{}" fill="none"/>'
    '<circle cx="{:.1f}" cy="{:.1f}" r="2.2"{}/></svg>'
)


@register.simple_tag
def sparkline(values: Sequence[float | Decimal | None], bad: bool = False) -> SafeString:
    """A line of the values in their order, gaps joined, the last one dotted; needs two values."""
    known = [(at, float(value)) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return mark_safe("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    points = [
        (3 + 46 * at / (len(values) - 1), 16 - 12 * (value - low) / ((high - low) or 1))
        for at, value in known
    ]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    (x, y), css = points[-1], ' class="bad"' if bad else ""
    return mark_safe(SPARK.format(path, x, y, css))  # noqa: S308 -- numbers and our words


@register.filter
def age(born_on: date, on: date | None = None) -> int:
    """Completed years on a day, today unless told."""
    return moments.age(born_on, on or timezone.localdate())


@register.filter
def day(on: date, form: str = "") -> str:
    """Tue 4 Aug 2026; "short" 4 Aug; "weekday" Tue 4 Aug; "plain" 4 Aug 2026."""
    return moments.DAY_FORMS[form](_local(on))


@register.filter
def clock(at: datetime) -> str:
    """09:30 in the zone the page is told in."""
    return f"{timezone.localtime(at):%H:%M}"


@register.filter
def stamp(at: datetime) -> str:
    """Tue 4 Aug 2026, 09:30 in the zone the page is told in."""
    return moments.stamp(timezone.localtime(at))


@register.simple_tag
def stamp_in(at: datetime, zone: tzinfo, named: bool = True) -> str:
    """An instant in a site's own zone, named: for eyes that may be in another one."""
    return moments.stamp(at, zone, named=named)


@register.filter
def zone_word(zone: tzinfo) -> str:
    """Pacific, Eastern, Berlin."""
    return moments.zone_word(zone)


@register.filter
def away(when: date, now: date | None = None) -> str:
    """How far: in 2 days, yesterday; for instants also in 5 min, 3 h ago."""
    if isinstance(when, datetime):
        present = now if isinstance(now, datetime) else timezone.localtime()
        return moments.span_away(when, present)
    return moments.days_away(when, _local(now) if now else timezone.localdate())


@register.filter
def figure(number: Decimal | float) -> str:
    """12.50, −3, 100 000: a number as people read it."""
    return moments.figure(number)


@register.simple_tag
def quantity(number: Decimal | float | None, unit: str = "", comparator: str = "") -> str:
    """< 7 mg/dL on one line; a middle dot when nothing was measured."""
    return moments.quantity(number, unit, comparator)


@register.filter
def initials(name: str) -> str:
    """D.R."""
    return moments.initials(name)


@register.filter
def monogram(name: str) -> str:
    """DR, for the round avatar."""
    return moments.monogram(name)


@register.simple_tag(takes_context=True)
def current(context: template.Context, item: Mapping[str, Any]) -> SafeString:
    """Marks the rail's item this page belongs to: by the page's `nav`, else by its address."""
    return here(context, item["key"], item["url"], exact=item["url"] == "/")


@register.simple_tag(takes_context=True)
def here(context: template.Context, key: str, url: str, exact: bool = False) -> SafeString:
    """The same for one link; `exact` when the pages below its address are not its own."""
    chosen = context.get("nav")
    path = context["request"].path if "request" in context else ""
    below = not exact and path.startswith(url)
    is_here = chosen == key if chosen else path == url or below
    return mark_safe('aria-current="page"' if is_here else "")  # noqa: S308 -- two constants


@register.simple_tag(takes_context=True)
def way(context: template.Context, name: str, *args: object) -> str:
    """The address of a page this reader may open, else "": no link ends at a closed door."""
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return ""
    if name not in NEEDED:
        NEEDED[name] = getattr(resolve(url).func, "capability", None)
    needed = NEEDED[name]
    return url if needed is None or may(context["request"].user, needed) else ""


@register.simple_tag(takes_context=True)
def control(context: template.Context, field: BoundField, css: str = "") -> SafeString:
    """The field's widget in the house's dress, tied to its help and to its refusal."""
    widget = field.field.widget
    dress = "form-select" if isinstance(widget, Select) else "form-control"
    plain = isinstance(widget, CheckboxInput | RadioSelect)
    names = [] if plain else [dress]
    names += [widget.attrs.get("class", ""), css, "is-invalid" if field.errors else ""]
    attrs: dict[str, str | bool] = {"class": " ".join(name for name in names if name)}
    notes = [f"{field.auto_id}-help"] if field.help_text or context.get("help") else []
    notes += [f"{field.auto_id}-why"] if field.errors else []
    if notes:
        attrs["aria-describedby"] = " ".join(notes)
    if field.errors:
        attrs["aria-invalid"] = "true"
    return field.as_widget(attrs=attrs)


@register.filter
def drawn_as(field: BoundField) -> str:
    """Which shape components/field.html gives it: choices, switch or control."""
    widget = field.field.widget
    if isinstance(widget, RadioSelect):
        return "choices"
    return "switch" if isinstance(widget, CheckboxInput) else "control"


def _local(when: date) -> date:
    return timezone.localtime(when).date() if isinstance(when, datetime) else when
