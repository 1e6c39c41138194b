"""The capsules of a site: every product and lot, and each movement in and out, written once.

One action writes here, protocols.actions.stock.move; the database refuses what does not add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class Formulation(models.TextChoices):
    """Kinds of capsule that a body takes up differently, so none stands in for another (§2.1)."""

    STANDARD = "standard", "Standard"
    LIDOSE = "lidose", "Lidose"
    MICRONISED = "micronised", "Micronised"


M = TypeVar("M", bound=models.Model)


class OfSiteQuerySet(models.QuerySet[M]):
    """Rows of the dispensary: visible to whoever works at its site."""

    site_path = "site"

    def visible_to(self, user: Account) -> Self:
        return self.filter(**{self.site_path: user.member.site_id}) if user.member else self.none()


class OfProductQuerySet(OfSiteQuerySet[M]):
    site_path = "product__site"


class OfLotQuerySet(OfSiteQuerySet[M]):
    site_path = "lot__product__site"


class Product(models.Model):
    """A capsule as the supplier sells it: its name, its code, its kind."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="products")
    name = models.CharField(max_length=80)
    ndc = models.CharField(max_length=20)
    formulation = models.CharField(max_length=10, choices=Formulation, default=Formulation.STANDARD)
    strength_mg = models.PositiveSmallIntegerField(default=20)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "ndc"], name="product_code_once_a_site"),
            models.CheckConstraint(
                name="product_has_name_and_code", condition=~Q(name="") & ~Q(ndc="")
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "name", "ndc", "formulation", "strength_mg", "added_at", "added_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class StockLot(models.Model):
    """One lot of one product, with what is on the shelf now and what waits to be destroyed."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="lots")
    number = models.CharField(max_length=40)
    expires_on = models.DateField()
    on_shelf = models.PositiveIntegerField(default=0)
    # What patients brought back: it never goes out to anybody again.
    in_quarantine = models.PositiveIntegerField(default=0)
    recalled_at = models.DateTimeField(null=True, blank=True)
    recalled_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    recalled_because = models.CharField(max_length=300, blank=True)

    objects = OfProductQuerySet.as_manager()

    class Meta:
        ordering = ["expires_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "number", "expires_on"], name="lot_of_product_once"
            ),
            models.CheckConstraint(name="lot_has_a_number", condition=~Q(number="")),
            models.CheckConstraint(
                name="lot_recall_is_signed_with_reason",
                condition=Q(recalled_at=None, recalled_by=None, recalled_because="")
                | (Q(recalled_at__isnull=False, recalled_by__isnull=False))
                & ~Q(recalled_because=""),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "product", "number", "expires_on", "on_shelf", "in_quarantine", "recalled_at",
            "recalled_by", "recalled_because",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"lot {self.number}"


class StockMovement(models.Model):
    """Capsules that came, went or were found otherwise; never changed, corrected by another."""

    class Kind(models.TextChoices):
        RECEIVED = "received", "Received"
        DISPENSED = "dispensed", "Handed over"
        PATIENT_RETURN = "patient_return", "Brought back by a patient"
        SUPPLIER_RETURN = "supplier_return", "Returned to the supplier"
        LOST = "lost", "Lost"
        DESTROYED = "destroyed", "Destroyed"
        COUNTED = "counted", "Counted"
        CORRECTION = "correction", "Correction"
        RECALLED = "recalled", "Recalled"
        RECALL_ENDED = "recall_ended", "Recall taken back"

    class Place(models.TextChoices):
        SHELF = "shelf", "Shelf"
        QUARANTINE = "quarantine", "Quarantine"

    lot = models.ForeignKey(StockLot, models.PROTECT, related_name="movements")
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within its lot, without a gap")
    kind = models.CharField(max_length=15, choices=Kind)
    place = models.CharField(max_length=10, choices=Place, default=Place.SHELF)
    capsules = models.IntegerField(help_text="in is positive, out negative")
    balance = models.PositiveIntegerField(help_text="what is at that place afterwards")
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    second_signature = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    dispense = models.OneToOneField(
        "protocols.Dispense", models.PROTECT, null=True, blank=True, related_name="movement"
    )
    count = models.ForeignKey(
        "protocols.CapsuleCount", models.PROTECT, null=True, blank=True, related_name="movements"
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    objects = OfLotQuerySet.as_manager()

    class Meta:
        ordering = ["-lot", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="movement_follows_one_other"),
            models.CheckConstraint(
                name="movement_goes_its_way",
                condition=Q(kind="received", place="shelf", capsules__gt=0)
                | Q(kind="dispensed", place="shelf", capsules__lt=0)
                | Q(kind="patient_return", place="quarantine", capsules__gt=0)
                | Q(kind__in=["supplier_return", "lost", "destroyed"], capsules__lt=0)
                | Q(kind="counted")
                | Q(kind__in=["recalled", "recall_ended"], place="shelf", capsules=0)
                | (Q(kind="correction") & ~Q(capsules=0)),
            ),
            models.CheckConstraint(
                name="movement_says_whose_it_was",
                condition=Q(kind="dispensed", dispense__isnull=False, count=None)
                | Q(kind="patient_return", dispense=None, count__isnull=False)
                | (~Q(kind__in=["dispensed", "patient_return"]) & Q(dispense=None, count=None)),
            ),
            models.CheckConstraint(
                name="movement_correction_names_another",
                condition=Q(kind="correction", reverses__isnull=False)
                | (~Q(kind="correction") & Q(reverses=None)),
            ),
            models.CheckConstraint(
                name="movement_destroyed_by_two_people",
                condition=~Q(kind="destroyed")
                | (Q(second_signature__isnull=False) & ~Q(second_signature=F("by"))),
            ),
            models.CheckConstraint(
                name="movement_unusual_has_reason",
                condition=Q(kind__in=["received", "dispensed", "patient_return"]) | ~Q(reason=""),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "lot", "number", "kind", "place", "capsules", "balance", "on", "at", "by",
            "second_signature", "dispense", "count", "reverses",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"movement {self.number} of {self.lot}"
