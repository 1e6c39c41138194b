"""The iPLEDGE rules a site works by, and what was confirmed there for one man."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from clinic.models import Site
from protocols.models import (
    Attestation,
    Dispense,
    Enrolment,
    Prescription,
    RulesetChoice,
    Visit,
)
from protocols.rules.definition import Definition
from protocols.rules.ipledge import Choice, in_force, month_begins_on, months_to_confirm
from protocols.rules.schedule import prescribing_visit
from protocols.rules.vocabulary import Ruleset, Status

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The choices of his site, and the months that were confirmed for him, with the day."""

    choices: tuple[Choice, ...]
    months: Mapping[int, date]
    bottles: int = 0

    def ruleset_on(self, on: date, definition: Definition) -> Ruleset:
        return in_force(self.choices, on, definition.rulesets.ipledge)

    @property
    def next_bottle(self) -> int:
        """Counted by what was handed over: a cancelled prescription is no month."""
        return self.bottles + 1

    def waits_for(self, on: date, definition: Definition) -> tuple[int, ...]:
        """The months to confirm before the next bottle."""
        return months_to_confirm(self.ruleset_on(on, definition), self.next_bottle, self.months)


def confirmed_for(enrolment: Enrolment) -> Confirmed:
    """In one query: a page about his capsules asks for little else."""
    rows = Enrolment.objects.filter(pk=enrolment.pk).order_by()
    return confirmed(rows.values(**asked("pk", "patient__site")).get())


def with_confirmed(rows: QuerySet[Prescription]) -> QuerySet[Prescription]:
    """Prescriptions that bring what was confirmed along, for a page that can afford no query."""
    return rows.annotate(**asked("enrolment", "enrolment__patient__site"))


def confirmed_of(prescription: Prescription) -> Confirmed:
    """What was confirmed for the man of a prescription, read again only if it is not with it."""
    brought = vars(prescription)
    if "ipledge_chosen" in brought:
        return confirmed(brought)
    return confirmed_for(prescription.enrolment)


def asked(enrolment: str, site: str) -> dict[str, Any]:
    """What to select beside a row, by where its enrolment and its site stand."""
    handed = Dispense.objects.filter(enrolment=OuterRef(enrolment)).order_by().values("enrolment")
    return {
        "ipledge_chosen": ArraySubquery(
            RulesetChoice.objects.filter(site=OuterRef(site)).values(
                json=JSONObject(pk="pk", ruleset="ruleset", on="effective_on")
            )
        ),
        "ipledge_given": ArraySubquery(
            Attestation.objects.filter(enrolment=OuterRef(enrolment)).values(
                json=JSONObject(month="month", on="on")
            )
        ),
        "ipledge_bottles": Coalesce(Subquery(handed.annotate(n=Count("pk")).values("n")), 0),
    }


def confirmed(row: Mapping[str, Any]) -> Confirmed:
    return Confirmed(
        tuple(
            Choice(Ruleset(found["ruleset"]), date.fromisoformat(found["on"]), found["pk"])
            for found in row["ipledge_chosen"]
        ),
        {found["month"]: date.fromisoformat(found["on"]) for found in row["ipledge_given"]},
        row["ipledge_bottles"],
    )


def begins_on(
    month: int, definition: Definition, visits: Iterable[Visit], written: Iterable[date]
) -> date | None:
    """From when this month may be confirmed: its visit, or the prescription that waits."""
    code = prescribing_visit(definition, month)
    came = [day for row in visits if row.code == code for day in (row.opens_on, row.attended_on)]
    return month_begins_on(month, [*came, *written])


def waiting_since(enrolment: Enrolment) -> list[date]:
    """When the prescription was written that nobody has picked up yet."""
    rows = Prescription.objects.filter(enrolment=enrolment, cancelled_at=None, dispense=None)
    return list(rows.values_list("written_on", flat=True))


def choices_of(site: Site) -> tuple[Choice, ...]:
    rows = RulesetChoice.objects.filter(site=site)
    return tuple(Choice(Ruleset(row.ruleset), row.effective_on, row.pk) for row in rows)


#: Statuses in which a further bottle may come.
SUPPLIED = {Status.CONSENTED, Status.ACTIVE, Status.ON_HOLD}


def at_hand(today: date) -> QuerySet[Visit]:
    """Visits of men who may get a bottle, whose window is open somewhere on earth."""
    return (
        Visit.objects.filter(
            enrolment__status__in=[Status.CONSENTED, Status.ACTIVE],
            status__in=[Visit.Status.PLANNED, Visit.Status.IN_PROGRESS],
            opens_on__lte=today + DAY,
            closes_on__gte=today - DAY,
        )
        .select_related("enrolment__patient__site", "enrolment__version")
        .defer("enrolment__version__definition")
        .order_by("enrolment", "target_on", "pk")
    )
