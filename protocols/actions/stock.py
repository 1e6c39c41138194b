"""The stock of capsules: what is received, goes out, comes back, is lost, destroyed or counted.

`move` is the only writer of the ledger: it holds the lot, so that two people who take from it at
once take turns, and the second sees what the first has left. Nothing is changed afterwards; what
was wrong is turned around by a movement of its own.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from clinic import audit
from clinic.access import Capability
from clinic.actions.second_signature import refuse_second
from clinic.models import Account, Site
from clinic.refusal import Refusal
from protocols.models import (
    CapsuleCount,
    Dispense,
    Formulation,
    Product,
    StockLot,
    StockMovement,
)
from protocols.rules import stock
from protocols.rules.contradiction import Contradiction

Kind, Place = StockMovement.Kind, StockMovement.Place
MAY_SIGN = {Capability.STOCK_RECORD, Capability.DOSE_DISPENSE, Capability.DOSE_PRESCRIBE}
#: No capsule is good for longer; a later expiry is a slip of the finger.
LONGEST_LIFE_YEARS = 10
#: What nobody turns around here: it belongs to a man's bottle or to his count.
BELONGS_TO_A_MAN = {Kind.DISPENSED, Kind.PATIENT_RETURN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One movement as it is asked for; what it leaves is worked out under the lock."""

    kind: str
    capsules: int
    on: date
    place: str = Place.SHELF
    reason: str = ""
    second: Account | None = None
    dispense: Dispense | None = None
    count: CapsuleCount | None = None
    reverses: StockMovement | None = None


@transaction.atomic
def move(*, lot: StockLot, change: Change, by: Account, now: datetime) -> StockMovement:
    """Write one movement and what the lot holds after it; never less than nothing."""
    held = lock_lot(lot)
    column = "on_shelf" if change.place == Place.SHELF else "in_quarantine"
    left = getattr(held, column) + change.capsules
    if left < 0:
        there = f"{getattr(held, column)} capsules of lot {held.number}"
        where = "on the shelf" if change.place == Place.SHELF else "in quarantine"
        raise Refusal(f"There are {there} {where}; more cannot leave it.", field="capsules")
    last = StockMovement.objects.filter(lot=held).order_by("-number").first()
    movement = StockMovement.objects.create(
        lot=held,
        number=last.number + 1 if last else 1,
        kind=change.kind,
        place=change.place,
        capsules=change.capsules,
        balance=left,
        on=change.on,
        at=now,
        by=by,
        second_signature=change.second,
        reason=change.reason.strip(),
        dispense=change.dispense,
        count=change.count,
        reverses=change.reverses,
    )
    setattr(held, column, left)
    held.save(update_fields=[column])
    audit.record(
        actor=by,
        action="stock.moved",
        subject=movement,
        site=held.product.site_id,
        reason=movement.reason,
        lot=held.pk,
        kind=change.kind,
        place=change.place,
        capsules=change.capsules,
        balance=left,
        second=change.second.pk if change.second else None,
    )
    return movement


def lock_lot(lot: StockLot) -> StockLot:
    return (
        StockLot.objects.select_for_update(of=("self",))
        .select_related("product__site")
        .get(pk=lot.pk)
    )


@transaction.atomic
def add_product(
    *, site: Site, name: str, ndc: str, formulation: str, strength_mg: int, by: Account
) -> Product:
    """Make a capsule known that the site has not had before."""
    if not name.strip():
        raise Refusal("Write down the name on the box.", field="name")
    if not ndc.strip():
        raise Refusal("Write down the product code (NDC) on the box.", field="ndc")
    if formulation not in Formulation:
        raise Refusal("Say which kind of capsule it is.", field="formulation")
    if strength_mg < 1:
        raise Refusal("Say how many milligrams a capsule has.", field="strength_mg")
    if Product.objects.filter(site=site, ndc=ndc.strip()).exists():
        raise Refusal(f"The product {ndc.strip()} is known already.", field="ndc")
    product = Product.objects.create(
        site=site, name=name.strip(), ndc=ndc.strip(), formulation=formulation,
        strength_mg=strength_mg, added_by=by,
    )  # fmt: skip
    audit.record(actor=by, action="stock.product_added", subject=product, site=site)
    return product


@transaction.atomic
def receive(
    *,
    product: Product,
    number: str,
    expires_on: date,
    capsules: int,
    on: date,
    by: Account,
    now: datetime,
) -> StockMovement:
    """Put a delivery on the shelf under its lot."""
    number = number.strip()
    if not number:
        raise Refusal("Write down the lot that is on the box.", field="number")
    whole(capsules)
    refuse_day(product.site, on, now)
    if expires_on <= on:
        raise Refusal(
            "It has expired: send it back, it does not go on the shelf.", field="expires_on"
        )
    if expires_on.year > on.year + LONGEST_LIFE_YEARS:
        raise Refusal(
            f"Good until {stock.day(expires_on)} is more than {LONGEST_LIFE_YEARS} years away: "
            "read the expiry on the box again.",
            field="expires_on",
        )
    other = (
        StockLot.objects.filter(product=product, number=number, on_shelf__gt=0)
        .exclude(expires_on=expires_on)
        .first()
    )
    if other is not None:
        raise Refusal(
            f"Lot {number} is on the shelf already, good until {stock.day(other.expires_on)}: "
            "one of the two days is a slip.",
            field="expires_on",
        )
    lot, _ = StockLot.objects.get_or_create(product=product, number=number, expires_on=expires_on)
    if lot.recalled_at is not None:
        raise Refusal(f"Lot {number} has been recalled: send it back.", field="number")
    change = Change(kind=Kind.RECEIVED, capsules=capsules, on=on)
    return move(lot=lot, change=change, by=by, now=now)


@transaction.atomic
def send_back(
    *, lot: StockLot, capsules: int, reason: str, by: Account, now: datetime,
    place: str = Place.SHELF,
) -> StockMovement:  # fmt: skip
    """Return capsules to the supplier, such as those of a lot that was recalled."""
    gone = outgoing(lot, Kind.SUPPLIER_RETURN, capsules, reason, place, now)
    return move(lot=lot, change=gone, by=by, now=now)


@transaction.atomic
def lose(
    *, lot: StockLot, capsules: int, reason: str, by: Account, now: datetime,
    place: str = Place.SHELF,
) -> StockMovement:  # fmt: skip
    """Write down that capsules are gone: spilt, broken, not to be found."""
    gone = outgoing(lot, Kind.LOST, capsules, reason, place, now)
    return move(lot=lot, change=gone, by=by, now=now)


@transaction.atomic
def destroy(
    *, lot: StockLot, capsules: int, reason: str, by: Account, now: datetime,
    second: Account | None = None, place: str = Place.SHELF,
) -> StockMovement:  # fmt: skip
    """Destroy capsules before a second member, who signs for having seen it."""
    gone = outgoing(lot, Kind.DESTROYED, capsules, reason, place, now)
    site = lot.product.site_id
    refuse_second(second=second, by=by, site=site, may=MAY_SIGN, about="capsules")
    return move(lot=lot, change=replace(gone, second=second), by=by, now=now)


def outgoing(
    lot: StockLot, kind: str, capsules: int, reason: str, place: str, now: datetime
) -> Change:
    whole(capsules)
    refuse_without(reason, "Say what became of them, and why.")
    return Change(kind=kind, capsules=-capsules, on=today_of(lot, now), place=place, reason=reason)


@transaction.atomic
def count(
    *, lot: StockLot, found: int, by: Account, now: datetime, reason: str = "",
    place: str = Place.SHELF,
) -> StockMovement:  # fmt: skip
    """Write down what was counted; a difference needs its reason, and becomes the balance."""
    whole(found, field="found", least=0)
    held = lock_lot(lot)
    known = held.on_shelf if place == Place.SHELF else held.in_quarantine
    difference = found - known
    if difference and not reason.strip():
        raise Refusal(
            f"{known} should be there and {found} are: say how that comes about.", field="reason"
        )
    said = reason.strip() or "Counted: as many as there should be."
    change = Change(
        kind=Kind.COUNTED, capsules=difference, on=today_of(held, now), place=place, reason=said
    )
    return move(lot=held, change=change, by=by, now=now)


@transaction.atomic
def reverse(
    *, movement: StockMovement, reason: str, by: Account, now: datetime,
    second: Account | None = None,
) -> StockMovement:  # fmt: skip
    """Correct a movement that was wrong by one that turns it around; both stay to be read."""
    refuse_without(reason, "Say what was wrong with it.")
    held = lock_lot(movement.lot)
    row = StockMovement.objects.get(pk=movement.pk)
    if row.kind in BELONGS_TO_A_MAN:
        raise Refusal("This belongs to a patient: correct his bottle or his count instead.")
    if row.kind == Kind.CORRECTION:
        raise Refusal("This is a correction itself: write down what is true as a new movement.")
    if row.capsules == 0:
        raise Refusal("Nothing moved here, so there is nothing to turn around.")
    if StockMovement.objects.filter(reverses=row).exists():
        raise Refusal("This has been corrected already.")
    if row.kind == Kind.DESTROYED:
        site = held.product.site_id
        refuse_second(second=second, by=by, site=site, may=MAY_SIGN, about="capsules")
    return turn_around(row, held, reason, by, now, second)


def turn_around(
    row: StockMovement,
    held: StockLot,
    reason: str,
    by: Account,
    now: datetime,
    second: Account | None = None,
) -> StockMovement:
    change = Change(
        kind=Kind.CORRECTION,
        capsules=-row.capsules,
        on=today_of(held, now),
        place=row.place,
        reason=reason,
        second=second,
        reverses=row,
    )
    return move(lot=held, change=change, by=by, now=now)


@transaction.atomic
def take_for(*, bottle: Dispense, lot: StockLot, by: Account, now: datetime) -> StockMovement:
    """Take a bottle from the shelf, in the transaction that hands it over."""
    change = Change(kind=Kind.DISPENSED, capsules=-bottle.capsules, on=bottle.on, dispense=bottle)
    return move(lot=lot, change=change, by=by, now=now)


@transaction.atomic
def quarantine(*, count: CapsuleCount, by: Account, now: datetime) -> list[StockMovement]:
    """Lock away what he handed in: it is from his latest bottles, and goes out to nobody again.

    Counting again turns around what the first count put there. Bottles from before the ledger
    have no lot to come back to.
    """
    standing = (
        StockMovement.objects.filter(count=count, kind=Kind.PATIENT_RETURN, reversed_by=None)
        .select_related("lot__product__site")
        .order_by("lot__expires_on", "lot")
    )
    for row in standing:
        turn_around(row, lock_lot(row.lot), "The capsules were counted again.", by, now)
    return [
        move(
            lot=lot,
            change=Change(
                kind=Kind.PATIENT_RETURN,
                capsules=capsules,
                on=count.counted_on,
                place=Place.QUARANTINE,
                count=count,
            ),
            by=by,
            now=now,
        )
        for lot, capsules in sources(count)
    ]


def sources(count: CapsuleCount) -> list[tuple[StockLot, int]]:
    """From which lots the capsules handed in must be, the latest bottle first."""
    left, found = count.handed_in, dict[StockLot, int]()
    bottles = (
        StockMovement.objects.filter(
            dispense__enrolment=count.enrolment_id, dispense__on__lt=count.counted_on
        )
        .select_related("lot__product__site", "dispense")
        .order_by("-dispense__on", "-dispense")
    )
    for row in bottles:
        if left > 0:
            part = min(left, row.dispense.capsules if row.dispense else 0)
            found[row.lot], left = found.get(row.lot, 0) + part, left - part
    return sorted(found.items(), key=lambda item: (item[0].expires_on, item[0].pk))


def whole(capsules: int, field: str = "capsules", *, least: int = 1) -> None:
    try:
        stock.counted(capsules, field, least=least)
    except Contradiction as error:
        raise Refusal(str(error), field=error.field) from error


def refuse_without(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise Refusal(sentence, field="reason")


def refuse_day(site: Site, on: date, now: datetime) -> None:
    if on > site.localdate(now):
        raise Refusal("Write it down on the day it happens, not before.", field="on")


def today_of(lot: StockLot, now: datetime) -> date:
    return lot.product.site.localdate(now)
