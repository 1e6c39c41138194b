"""What stands on the record for the people and collections of a report.

A fixed number of queries for as many as are asked about together, so that a preview of ten
thousand rows is a matter of seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from clinic.models import Site
from labs.models import Draw, Laboratory, Result, SemenAnalysis
from labs.rules.judging import Stands
from labs.rules.reported import Group, Person
from patients.models import Patient
from patients.rules.names import folded

#: A collection: whose, its specimen, and where it has none the instant it was taken.
Key = tuple[int, str, datetime | None]
Asked = tuple[Patient, Group]


def key_of(patient: Patient, group: Group) -> Key:
    return _key(patient.pk, group.specimen, group.collected_at)


def _key(patient: int, specimen: str, collected_at: datetime | None) -> Key:
    return patient, specimen, None if specimen else collected_at


@dataclass(slots=True)
class Collected:
    """One collection as it stands: its row, where there is one, and its values."""

    draw: Draw | None = None
    analysis: SemenAnalysis | None = None
    values: dict[str, Stands] = field(default_factory=dict)

    @property
    def collected_at(self) -> datetime | None:
        row = self.draw or self.analysis
        return row.collected_at if row else None


def people_of(
    persons: Iterable[Person], site: Site, *, decided: Mapping[str, int] | None = None
) -> dict[str, Patient]:
    """The patient of each person, by `Person.key`; whom nobody surely is has no entry.

    A patient has the record number, the family name and the birth date, all three; `decided`
    are those a member has matched by hand.
    """
    asked = {person.key: person for person in persons}
    hand = dict(decided or {})
    numbers = {number for person in asked.values() for number in person.numbers}
    born = {person.born_on for person in asked.values() if person.born_on}
    rows = Patient.objects.filter(site=site).select_related("site")
    near: dict[str, list[Patient]] = {}
    by_pk: dict[int, Patient] = {}
    for row in rows.filter(
        Q(record_number__in=numbers, born_on__in=born) | Q(pk__in=hand.values())
    ):
        near.setdefault(row.record_number, []).append(row)
        by_pk[row.pk] = row
    found: dict[str, Patient] = {}
    for key, person in asked.items():
        whose = by_pk.get(hand.get(key, 0)) or sure(person, near)
        if whose is not None:
            found[key] = whose
    return found


def sure(person: Person, near: Mapping[str, Sequence[Patient]]) -> Patient | None:
    name = folded(person.family_name)
    same = {
        row.pk: row
        for number in person.numbers
        for row in near.get(number, ())
        if name and row.born_on == person.born_on and folded(row.family_name) == name
    }
    return next(iter(same.values())) if len(same) == 1 else None


def standing_of(asked: Sequence[Asked], laboratory: Laboratory) -> dict[Key, Collected]:
    """What stands for each collection asked about; those of which nothing does are empty."""
    found = {key_of(*pair): Collected() for pair in asked}
    blood = [pair for pair in asked if not pair[1].is_semen]
    semen = [pair for pair in asked if pair[1].is_semen]
    if blood:
        _with_draws(found, blood, laboratory)
    if semen:
        _with_analyses(found, semen, laboratory)
    return found


def _with_draws(
    found: dict[Key, Collected], asked: Sequence[Asked], laboratory: Laboratory
) -> None:
    rows = (
        Draw.objects.filter(_either(asked), laboratory=laboratory)
        .exclude(status=Draw.Status.ENTERED_IN_ERROR)
        .order_by("-pk")
    )
    draws: dict[int, Collected] = {}
    for draw in rows:
        at = found.get(
            (draw.patient_id, draw.specimen, None if draw.specimen else draw.collected_at)
        )
        if at is not None:
            at.draw = draw
            draws[draw.pk] = at
    if not draws:
        return
    results = (
        Result.objects.filter(draw__in=draws, superseded_by=None, formula="")
        .exclude(status=Result.Status.ENTERED_IN_ERROR)
        .select_related("analyte")
    )
    for row in results:
        draws[row.draw_id].values[row.analyte.key] = Stands(
            row.reported, row.unit, row.status, row.range_text
        )


def _with_analyses(
    found: dict[Key, Collected], asked: Sequence[Asked], laboratory: Laboratory
) -> None:
    rows = SemenAnalysis.objects.current().filter(_either(asked)).order_by("-pk")
    for row in rows:
        if not row.specimen and row.laboratory_id != laboratory.pk:
            continue
        at = found.get(_key(row.patient_id, row.specimen, row.collected_at))
        if at is not None:
            at.analysis = row


def _either(asked: Sequence[Asked]) -> Q:
    """By specimen where it has one, else by the instant of its collection."""
    numbers = {group.specimen for _, group in asked if group.specimen}
    instants = {
        group.collected_at for _, group in asked if not group.specimen and group.collected_at
    }
    patients = {patient.pk for patient, _ in asked}
    return Q(patient__in=patients) & (
        Q(specimen__in=numbers) | Q(specimen="", collected_at__in=instants)
    )


def belongs_to(asked: Sequence[Asked], laboratory: Laboratory) -> dict[Key, Patient]:
    """Whose a collection is that stood on another man's record before and was moved to him.

    What the laboratory says of it from now on is said of him; it never comes back here.
    """
    found: dict[Key, Patient] = {}
    blood = [pair for pair in asked if not pair[1].is_semen]
    semen = [pair for pair in asked if pair[1].is_semen]
    if blood:
        draws = Draw.objects.filter(_either(blood), laboratory=laboratory)
        _follow(found, draws.filter(moved_to__isnull=False))
    if semen:
        sheets = SemenAnalysis.objects.filter(_either(semen), moved_to__isnull=False)
        _follow(found, sheets)
    keys = {key_of(*pair) for pair in asked}
    return {key: patient for key, patient in found.items() if key in keys}


def _follow(found: dict[Key, Patient], moved: QuerySet[Any]) -> None:
    """To where each stands now, however often it was moved."""
    for row in moved.select_related("moved_to__patient__site").order_by("pk"):
        there = row.moved_to
        while there.moved_to_id is not None:
            there = there.moved_to
        at = _key(row.patient_id, row.specimen, row.collected_at)
        found[at] = there.patient


def candidates(person: Person, site: Site | None) -> list[Patient]:
    """Whom it might be, for the person who decides: same number, or same birth date or name."""
    if site is None:
        return []
    here = Patient.objects.filter(site=site)
    near = here.filter(record_number__in=person.numbers)
    if person.born_on is not None:
        near = near | here.filter(born_on=person.born_on)
    if name := folded(person.family_name):
        near = near | here.filter(sort_name__startswith=name)
    return list(near.order_by("sort_name", "pk")[:8])


def known_numbers(persons: Iterable[Person], site: Site) -> set[str]:
    """Which of their record numbers somebody here has."""
    numbers = {number for person in persons for number in person.numbers}
    if not numbers:
        return set()
    here = Patient.objects.filter(site=site, record_number__in=numbers)
    return set(here.values_list("record_number", flat=True))
