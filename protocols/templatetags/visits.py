"""What the page of a visit says in its own way: `{% load visits %}`."""

from collections.abc import Collection, Sequence

from django import template
from django.forms import BoundField

from clinic.templatetags.moments import short_day
from labs.models import SemenAnalysis
from protocols.forms.visits import SideEffectsForm
from protocols.models import TERMINAL, CapsuleCount, Enrolment, Visit
from protocols.queries import visit_details
from protocols.queries.enrolment import definition_of
from protocols.queries.visit_checklist import Asked
from protocols.queries.visit_details import Compared, Period, SampleState
from protocols.queries.visit_sections import Missing
from protocols.queries.workspace import DAY, Workspace
from protocols.rules.schedule import counted_from

register = template.Library()


@register.filter
def timing_words(visit: Visit) -> str:
    """on time, 2 days before target"""
    if visit.attended_on is None or visit.target_on is None:
        return visit.get_timing_display()
    days = (visit.attended_on - visit.target_on).days
    if not days:
        return f"{visit.get_timing_display()}, on its target"
    many = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"{visit.get_timing_display()}, {many} {'before' if days < 0 else 'after'} target"


@register.simple_tag
def not_laid(enrolment: Enrolment, visits: Collection[Visit]) -> list[tuple[str, str, str]]:
    """The visits of his programme that lie nowhere yet: code, title, what they are counted from."""
    if enrolment.status in TERMINAL:
        return []
    laid = {visit.code for visit in visits}
    return [
        (visit.code, visit.title, counted_from(visit))
        for visit in definition_of(enrolment.version).visits
        if visit.code not in laid
    ]


@register.filter
def length_words(missing: Sequence[Missing]) -> str:
    return f"{len(missing)} thing{'' if len(missing) == 1 else 's'} missing"


@register.filter
def among(key: str, keys: Collection[str]) -> bool:
    return key in keys


@register.filter
def before(words: str, mark: str) -> str:
    return words.partition(mark)[0]


@register.filter
def of_section(missing: Sequence[Missing], key: str) -> list[Missing]:
    return [row for row in missing if row.section == key]


@register.filter
def field_of(form: SideEffectsForm, row: Asked) -> BoundField:
    return form.of(row)


@register.filter
def rest(asked: Sequence[Asked]) -> list[Asked]:
    """The items that nobody needs to ask him about."""
    return [row for row in asked if not row.first]


@register.filter
def period(work: Workspace) -> Period:
    return visit_details.period_of(work)


@register.filter
def counted_days(count: CapsuleCount) -> str:
    """1 Jul–3 Aug"""
    return f"{short_day(count.since_on)}–{short_day(max(count.since_on, count.counted_on - DAY))}"


@register.filter
def panel_states(work: Workspace) -> list[SampleState]:
    return visit_details.sample_states(work)


@register.filter
def compared(work: Workspace) -> list[Compared]:
    return visit_details.compared(work)


@register.filter
def class_name(sample: SemenAnalysis) -> str:
    return visit_details.class_words(sample.result_class)


@register.filter
def dose_words(work: Workspace) -> str:
    return visit_details.dose_words(work)


@register.filter
def last_weight(work: Workspace) -> str:
    weight = work.weight_before
    return f"last {weight:.1f} kg" if weight else ""


@register.filter
def plus(number: int, other: int) -> int:
    return number + other
