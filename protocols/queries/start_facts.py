"""What the start gate looks at, gathered from real rows (domain reference §7.2)."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from patients.models import Patient
from protocols.models import Enrolment
from protocols.queries.enrolment import definition_of
from protocols.queries.known_history import KnownHistory, known_history
from protocols.queries.laboratory_facts import (
    KnownResult,
    KnownSample,
    newest_results,
    samples,
)
from protocols.rules.definition import Definition
from protocols.rules.gates import StartFacts
from protocols.rules.interactions import check
from protocols.rules.programme import Panel
from protocols.rules.vocabulary import ItemKind


def start_facts(enrolment: Enrolment, on: date, history: KnownHistory | None = None) -> StartFacts:
    """What is known for a first capsule on that day; what is not known stays unknown."""
    definition, patient = definition_of(enrolment.version), enrolment.patient
    history = history or known_history(enrolment)
    panels = baseline_panels(definition)
    results = newest_results(patient, {key for panel in panels for key in panel.analytes}, on)
    first_on, second_on = two_analyses(definition, samples(patient, on))
    return StartFacts(
        on=on,
        eligible_on=enrolment.eligible_on,
        consents=history.consented(on),
        ipledge_id=enrolment.ipledge_id,
        oldest_baseline_lab_on=min((row.on for row in results.values()), default=None),
        missing_baseline_labs=tuple(missing(panels, results)),
        counselling_done=frozenset(enrolment.counselling),
        first_semen_on=first_on,
        second_semen_on=second_on,
        contact_preferences=knows_how_to_reach(patient),
        interactions=check(definition.medicines, history.medicines_on(on), on_treatment=False),
        outdated=history.outdated(on),
        earlier_dose_on=history.earlier_dose_on,
    )


def baseline_panels(definition: Definition) -> tuple[Panel, ...]:
    """The panels of the visit that is Day 1: its laboratory must not be stale."""
    day_one = next(visit for visit in definition.visits if visit.is_start)
    return tuple(
        definition.panel(item.panel)
        for item in day_one.items
        if item.kind is ItemKind.LABS and item.panel
    )


def missing(panels: Iterable[Panel], results: Mapping[str, KnownResult]) -> Iterable[str]:
    """A panel nobody measured, or what is wanting of one, each in words."""
    for panel in panels:
        wanting = [key for key in panel.analytes if key not in results]
        if len(wanting) == len(panel.analytes):
            yield panel.title.lower() if not panel.title.isupper() else panel.title
        elif wanting:
            names = ", ".join(key.replace("_", " ") for key in wanting)
            yield f"{names} ({panel.title})"


def two_analyses(
    definition: Definition, found: tuple[KnownSample, ...]
) -> tuple[date | None, date | None]:
    """The last analysis, and the newest one before it that lies far enough back."""
    days = [sample.on for sample in found if sample.valid is not False]
    if len(days) < 2:
        return (days[0] if days else None), None
    second = days[-1]
    gap = timedelta(days=definition.gates.semen_gap_days)
    apart = [day for day in days if second - day >= gap]
    return (apart[-1] if apart else days[-2]), second


def knows_how_to_reach(patient: Patient) -> bool:
    """A way to reach him, and when he wants to be reached."""
    return bool((patient.phone or patient.email) and patient.preferred_times)
