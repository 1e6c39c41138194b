"""Lipids that are not known to be fasting: a departure, and the repeat with its day (§7.5)."""

from datetime import datetime

from clinic import audit
from labs.actions.ordering import cancel_order, order
from labs.models import Draw, Order
from protocols.actions.repeats import forget_repeats, plan_repeat
from protocols.models import Deviation, Enrolment
from protocols.rules import deviations
from protocols.rules.definition import Definition

LIPIDS, PANEL = "LAB_NOT_FASTING", "lipids"
WHY = "Fasting lipids again: the last were not known to be fasting."


def not_fasting(definition: Definition, draw: Draw) -> deviations.Deviation:
    """The departure of a lipid panel, with what is known of the hours before it."""
    said = {True: "yes", False: "no", None: "not known"}[draw.fasting]
    hours = f"{draw.fasting_hours:f} hours" if draw.fasting_hours is not None else "not known"
    drink = f"{draw.alcohol_hours:f} hours" if draw.alcohol_hours is not None else "not known"
    return deviations.deviation(
        definition,
        LIPIDS,
        evidence=(
            ("Said to be fasting", said),
            ("Nothing eaten for", hours),
            ("No alcohol for", drink),
        ),
    )


def order_fasting_repeat(draw: Draw, enrolment: Enrolment, *, now: datetime) -> Order | None:
    """Order the repeat by the day its departure names, once; take it back with the departure.

    A newer fasting collection, or an order that is due by then anyway, is the repeat.
    """
    departure = Deviation.objects.filter(
        enrolment=enrolment, code=LIPIDS, about=audit.label(draw)
    ).first()
    if departure is None:
        return None
    label = audit.label(departure)
    placed = Order.objects.filter(patient=enrolment.patient_id, panel__key=PANEL)
    if departure.closed_at is not None or departure.repeat_by is None:
        if departure.outcome == Deviation.Outcome.WITHDRAWN:
            for waiting in placed.open().filter(about=label):
                cancel_order(order=waiting, reason=departure.closing_note, by=None)
            forget_repeats(enrolment=enrolment)
        return None
    due_on = max(departure.repeat_by, enrolment.patient.site.localdate(now))
    if placed.exclude(status=Order.Status.CANCELLED).filter(about=label).exists():
        return None
    if placed.open().filter(due_on__lte=due_on).exists() or fasted_since(draw):
        return None
    made = order(
        patient=enrolment.patient, panel_key=PANEL, due_on=due_on, reason=WHY, about=label,
        by=None, now=now,
    )  # fmt: skip
    plan_repeat(enrolment=enrolment, due_on=due_on, by=None, now=now)
    return made


def fasted_since(draw: Draw) -> bool:
    """Did a later fasting collection answer it already?"""
    later = Draw.objects.filter(
        patient=draw.patient_id, collected_at__gt=draw.collected_at, fasting=True,
        results__analyte__key="triglycerides",
    )  # fmt: skip
    return later.exclude(status=Draw.Status.ENTERED_IN_ERROR).exists()
