"""What is on the shelf, what moved, who got which lot, and what waits to be handed over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q, QuerySet, Sum

from clinic.models import Account
from clinic.pages import Page, paginate
from protocols.models import (
    Dispense,
    Enrolment,
    Formulation,
    Prescription,
    Product,
    PublishedDefault,
    StockLot,
    StockMovement,
)
from protocols.queries.enrolment import definition_of
from protocols.rules import stock as rules
from protocols.rules.definition import shipped
from protocols.rules.programme import Dose
from protocols.rules.stock import Expiry, Lot, Wanted

Kind, Place = StockMovement.Kind, StockMovement.Place
#: Lots with nothing left, waiting prescriptions, and movements that one page shows.
LIMIT = 50


def as_rule(lot: StockLot) -> Lot:
    return Lot(
        pk=lot.pk,
        number=lot.number,
        formulation=lot.product.formulation,
        strength_mg=lot.product.strength_mg,
        expires_on=lot.expires_on,
        on_shelf=lot.on_shelf,
        recalled=lot.recalled_at is not None,
    )


def wanted(prescription: Prescription, on: date) -> Wanted:
    return Wanted(
        capsules=prescription.capsules,
        days=prescription.days,
        formulation=prescription.formulation,
        strength_mg=prescription.strength_mg,
        on=on,
    )


def lots_for(site: int) -> QuerySet[StockLot]:
    """What is on the shelf of a site, first expiring first."""
    rows = StockLot.objects.filter(product__site=site, on_shelf__gt=0)
    return rows.select_related("product").order_by("expires_on", "pk")


def offered(prescription: Prescription, on: date, user: Account) -> list[StockLot]:
    """The lots a bottle can come from: those prescribed first, another kind only after them."""
    asked = wanted(prescription, on)
    rows = StockLot.objects.visible_to(user).filter(on_shelf__gt=0).select_related("product")
    fit = [lot for lot in rows if not any(rules.against(as_rule(lot), asked))]
    return sorted(
        fit,
        key=lambda lot: (lot.product.formulation != asked.formulation, lot.expires_on, lot.pk),
    )


def used_formulation(enrolment: Enrolment) -> str | None:
    """The kind of capsule he last got, or was last prescribed; None before the first."""
    got = Dispense.objects.filter(enrolment=enrolment).order_by("-on", "-pk").first()
    if got is not None:
        return got.formulation
    script = Prescription.objects.filter(enrolment=enrolment, cancelled_at=None).last()
    return script.formulation if script else None


def site_dose(site: int) -> Dose:
    """The limits of the programme the site enrols into; as shipped where it has chosen none."""
    chosen = PublishedDefault.objects.filter(site=site).select_related("version").first()
    return definition_of(chosen.version).dose if chosen else shipped().dose


@dataclass(frozen=True, slots=True)
class Shelved:
    """A lot with how near its end it is."""

    lot: StockLot
    expiry: Expiry

    @property
    def goes_out(self) -> bool:
        return self.lot.recalled_at is None and self.expiry in {Expiry.FINE, Expiry.SOON}


@dataclass(slots=True)
class Stock:
    """The dispensary of a site on one day."""

    dose: Dose
    shelf: list[Shelved] = field(default_factory=list)
    used_up: list[StockLot] = field(default_factory=list)
    waiting: list[Prescription] = field(default_factory=list)

    @property
    def totals(self) -> list[tuple[str, int]]:
        """What can be handed over, by kind and strength."""
        found: dict[str, int] = {}
        for row in self.shelf:
            if row.goes_out:
                product = row.lot.product
                kind = f"{product.get_formulation_display()}, {product.strength_mg} mg"
                found[kind] = found.get(kind, 0) + row.lot.on_shelf
        return sorted(found.items())

    @property
    def quarantined(self) -> int:
        return sum(row.lot.in_quarantine for row in self.shelf)


def stock_of(user: Account, site: int, today: date) -> Stock:
    """Everything the page of the stock shows, in four queries."""
    found = Stock(site_dose(site))
    lots = StockLot.objects.visible_to(user).select_related("product")
    there = Q(on_shelf__gt=0) | Q(in_quarantine__gt=0)
    found.shelf = [
        Shelved(lot, expiry_of(lot, found.dose, today))
        for lot in lots.filter(there).order_by("product__name", "product", "expires_on", "pk")
    ]
    found.used_up = list(lots.exclude(there).order_by("-expires_on", "-pk")[:LIMIT])
    found.waiting = list(
        Prescription.objects.visible_to(user)
        .filter(cancelled_at=None, dispense=None)
        .exclude(enrolment__status__in=OVER)
        .select_related("enrolment__patient", "written_by")
        .order_by("written_on", "pk")[:LIMIT]
    )
    return found


#: Nobody in one of these gets a bottle any more.
OVER = ["COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT", "WITHDRAWN_CONSENT",
        "CLOSED", "DECEASED"]  # fmt: skip


def expiry_of(lot: StockLot, dose: Dose, today: date) -> Expiry:
    return rules.expiry(
        lot.expires_on,
        today,
        warn_days=dose.expiry_warning_days,
        supply_days=dose.max_supply_days,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A movement with what was there after it, in the order of days."""

    movement: StockMovement
    shelf: int
    quarantine: int

    @property
    def correctable(self) -> bool:
        """A man's bottle or count, a correction and a count without a difference stay."""
        kept = {Kind.DISPENSED, Kind.PATIENT_RETURN, Kind.CORRECTION}
        moved = bool(self.movement.capsules) and self.movement.kind not in kept
        return moved and not self.corrected

    @property
    def corrected(self) -> bool:
        return hasattr(self.movement, "reversed_by")


def lines_of(lot: StockLot, after: str = "") -> Page:
    """A page of a lot's movements, the newest first, each with what was there after it.

    By their days, not as they were written down: a delivery may be written down late. Within a
    day, and within a lot, the key goes up with the number.
    """
    rows = StockMovement.objects.filter(lot=lot).select_related(
        "by",
        "second_signature",
        "reverses",
        "reversed_by",
        "dispense__enrolment__patient",
        "dispense__prescription",
        "count__enrolment__patient",
    )
    page = paginate(rows, by="-on", after=after, size=LIMIT)
    return Page(list(summed(page.rows)), page.next_key)


def summed(rows: Sequence[StockMovement]) -> Iterator[Line]:
    """What was there after each, from what was there after the newest of them backwards."""
    if not rows:
        return
    there = there_after(rows[0])
    for row in rows:
        yield Line(row, there[Place.SHELF], there[Place.QUARANTINE])
        there[row.place] -= row.capsules


def there_after(newest: StockMovement) -> dict[str, int]:
    """What both places held after this movement, by the days of all before it."""
    until = StockMovement.objects.filter(
        Q(on__lt=newest.on) | Q(on=newest.on, pk__lte=newest.pk), lot=newest.lot_id
    )
    sums = until.order_by().values_list("place").annotate(n=Sum("capsules"))
    return {Place.SHELF: 0, Place.QUARANTINE: 0, **dict(sums)}


def handed_to(lot: StockLot) -> QuerySet[Dispense]:
    """Everybody who got some of this lot, on one page: a recall must reach all of them."""
    rows = Dispense.objects.filter(movement__lot=lot)
    return rows.select_related("enrolment__patient", "prescription", "handed_by").order_by(
        "-on", "-pk"
    )


def products_of(user: Account) -> QuerySet[Product]:
    rows = Product.objects.visible_to(user)
    return rows.order_by("name", "pk")


def kinds() -> list[tuple[str, str]]:
    return [(kind.value, str(kind.label)) for kind in Formulation]
