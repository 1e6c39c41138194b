"""Ask for a panel or a semen analysis, and see that it came back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from labs.models import Draw, Order, Panel, SemenAnalysis
from patients.models import Patient

SEMEN = "semen"
COMPUTED = frozenset({"ldl", "non_hdl"})
"""A lipid panel is complete without these: they may be calculated."""


@transaction.atomic
def order(  # noqa: PLR0913 -- what is asked, for when and why
    *,
    patient: Patient,
    panel_key: str | None = None,
    semen: bool = False,
    due_on: date,
    fasting: bool = False,
    reason: str = "",
    about: str = "",
    by: Account | None,
    now: datetime,
) -> Order:
    """Ask for one thing by a day; a panel that needs fasting is always ordered fasting."""
    if semen == (panel_key is not None):
        raise Refusal("An order asks for a panel or for a semen analysis.", field="panel")
    if due_on < patient.site.localdate(now):
        raise Refusal("The day it is due lies in the past.", field="due_on")
    panel = None
    if panel_key is not None:
        panel = Panel.objects.filter(key=panel_key).first()
        if panel is None:
            raise Refusal(f"There is no panel “{panel_key}”.", field="panel")
    made = Order.objects.create(
        patient=patient,
        panel=panel,
        semen=semen,
        fasting=fasting or bool(panel and panel.needs_fasting),
        due_on=due_on,
        reason=reason,
        about=about,
        ordered_at=now,
        ordered_by=by,
    )
    audit.record(
        actor=by,
        action="order.placed",
        subject=made,
        person=patient,
        site=patient.site_id,
        panel=panel_key or "semen",
        due_on=due_on,
    )
    return made


@transaction.atomic
def order_several(
    *,
    patient: Patient,
    what: Sequence[str],
    due_on: date,
    reason: str = "",
    by: Account | None,
    now: datetime,
) -> list[Order]:
    """Several panels by one day, all of them or none; "semen" is a semen analysis."""
    if not what:
        raise Refusal("Choose what is ordered.", field="what")
    return [
        order(
            patient=patient,
            panel_key=None if key == SEMEN else key,
            semen=key == SEMEN,
            due_on=due_on,
            reason=reason,
            by=by,
            now=now,
        )
        for key in dict.fromkeys(what)
    ]


@transaction.atomic
def restore_order(*, order: Order, by: Account | None) -> Order:
    """It was cancelled by a slip: somebody waits for it again, by the same day."""
    placed = Order.objects.select_for_update(of=["self"]).get(pk=order.pk)
    if placed.status != Order.Status.CANCELLED:
        raise Refusal("This order is not cancelled.")
    placed.status = Order.Status.OPEN
    placed.save(update_fields=["status"])
    audit.record(actor=by, action="order.restored", subject=placed, person=placed.patient)
    return placed


@transaction.atomic
def cancel_order(*, order: Order, reason: str, by: Account | None) -> Order:
    """Nobody waits for it any longer; an order that came back stays as it is."""
    placed = Order.objects.select_for_update(of=["self"]).get(pk=order.pk)
    if placed.status != Order.Status.OPEN:
        raise Refusal("This order is no longer open.")
    if not reason.strip():
        raise Refusal("Say why it is cancelled.", field="reason")
    placed.status = Order.Status.CANCELLED
    placed.save(update_fields=["status"])
    audit.record(
        actor=by, action="order.cancelled", subject=placed, person=placed.patient, reason=reason
    )
    return placed


def settle_orders(draw: Draw, keys: Iterable[str]) -> Order | None:
    """Mark as resulted every open order this draw answers; the earliest due is its order.

    A draw answers an order that is not younger than its day, for a panel it measured in full,
    and fasting where that was asked: unknown is not fasting (domain reference §2.4).
    """
    measured, day = set(keys), draw.patient.site.localdate(draw.collected_at)
    waiting = (
        Order.objects.select_for_update(of=["self"])
        .open()
        .filter(patient=draw.patient_id, panel__isnull=False)
        .prefetch_related("panel__analytes")
        .order_by("due_on", "pk")
    )
    answered = [
        placed
        for placed in waiting
        if draw.patient.site.localdate(placed.ordered_at) <= day
        and (draw.fasting or not placed.fasting)
        and asked_for(placed) <= measured
    ]
    return resulted(answered)


def asked_for(placed: Order) -> set[str]:
    panel = placed.panel
    return {a.key for a in panel.analytes.all()} - COMPUTED if panel else set()


def settle_semen_order(analysis: SemenAnalysis) -> Order | None:
    """A final sheet answers every open order for a sample that was placed by its day."""
    site = analysis.patient.site
    day = site.localdate(analysis.collected_at)
    waiting = (
        Order.objects.select_for_update(of=["self"])
        .open()
        .filter(patient=analysis.patient_id, semen=True)
        .order_by("due_on", "pk")
    )
    return resulted([placed for placed in waiting if site.localdate(placed.ordered_at) <= day])


def resulted(answered: list[Order]) -> Order | None:
    for placed in answered:
        placed.status = Order.Status.RESULTED
        placed.save(update_fields=["status"])
    return answered[0] if answered else None


def reopen(placed: Order | None) -> None:
    """What answered it was struck out, so somebody waits again."""
    if placed is not None and placed.status == Order.Status.RESULTED:
        placed.status = Order.Status.OPEN
        placed.save(update_fields=["status"])
