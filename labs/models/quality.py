"""Internal quality control: control materials, what each technologist counted, what was done."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labs.rules.quality import Standing, z_of_control

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Account

M = TypeVar("M", bound=models.Model)


class OfSiteQuerySet(models.QuerySet[M]):
    """Visible to whoever works at the site it belongs to."""

    site_path = "site"

    def visible_to(self, user: Account) -> Self:
        return self.filter(**{self.site_path: user.member.site_id}) if user.member else self.none()


class ControlLotQuerySet(OfSiteQuerySet["ControlLot"]):
    def in_use(self) -> Self:
        return self.filter(closed_at=None)


@pghistory.track()
class ControlLot(models.Model):
    """One lot of a control material: what it should measure, and how far it may spread.

    A target never changes; a new lot, or the same one assigned anew, is another row.
    """

    class Material(models.TextChoices):
        BEADS = "beads", "Counting beads"
        FIXED = "fixed", "Fixed sample"
        RECORDING = "recording", "Recorded sample"
        SLIDE = "slide", "Stained slide"

    class Measure(models.TextChoices):
        CONCENTRATION = "concentration", "Concentration"
        PROGRESSIVE = "progressive_pct", "Progressive motility"
        VITALITY = "vitality_pct", "Vitality"
        NORMAL = "normal_pct", "Normal forms"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="control_lots")
    name = models.CharField(max_length=60)
    material = models.CharField(max_length=12, choices=Material)
    measure = models.CharField(max_length=16, choices=Measure)
    target = models.DecimalField(max_digits=8, decimal_places=3)
    sd = models.DecimalField(max_digits=8, decimal_places=3)
    expires_on = models.DateField(null=True, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ControlLotQuerySet.as_manager()

    class Meta:
        ordering = ["name", "measure", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name", "measure"],
                condition=Q(closed_at=None),
                name="control_lot_in_use_once",
            ),
            models.CheckConstraint(
                name="control_lot_has_target_and_spread",
                condition=Q(target__gt=0, sd__gt=0) & ~Q(name=""),
            ),
            models.CheckConstraint(
                name="control_lot_closing_is_signed",
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "name", "material", "measure", "target", "sd", "expires_on", "added_at",
            "added_by", "closed_at", "closed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_material_display()} {self.name}, {self.get_measure_display().lower()}"

    @property
    def unit(self) -> str:
        return "M/mL" if self.measure == self.Measure.CONCENTRATION else "%"

    def expired_on(self, day: date) -> bool:
        return self.expires_on is not None and self.expires_on < day


class ControlReadingQuerySet(OfSiteQuerySet["ControlReading"]):
    site_path = "lot__site"

    def standing(self) -> Self:
        return self.filter(struck_at=None)


@pghistory.track()
class ControlReading(models.Model):
    """What one technologist counted in one lot; a slip is struck out, never changed."""

    lot = models.ForeignKey(ControlLot, models.PROTECT, related_name="readings")
    technologist = models.ForeignKey(
        "clinic.Account", models.PROTECT, related_name="control_readings"
    )
    read_at = models.DateTimeField()
    value = models.DecimalField(max_digits=8, decimal_places=3)
    note = models.CharField(max_length=200, blank=True)
    written_at = models.DateTimeField(default=timezone.now)
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_reason = models.CharField(max_length=200, blank=True)

    objects = ControlReadingQuerySet.as_manager()

    class Meta:
        ordering = ["-read_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="control_reading_is_not_negative", condition=Q(value__gte=0)
            ),
            models.CheckConstraint(
                name="control_reading_striking_is_signed",
                condition=Q(struck_at=None, struck_by=None, struck_reason="")
                | (Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["technologist", "-read_at"], name="control_by_person")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note", "struck_reason"}
        plain: ClassVar[set[str]] = {
            "id", "lot", "technologist", "read_at", "value", "written_at", "struck_at",
            "struck_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"control reading {self.pk}"

    @property
    def z(self) -> Decimal:
        return z_of_control(self.value, target=self.lot.target, sd=self.lot.sd)


class ControlAction(models.Model):
    """What was done about a technologist out of control; his readings count anew from then on.

    Never changed: what more is done is another row.
    """

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    technologist = models.ForeignKey(
        "clinic.Account", models.PROTECT, related_name="control_actions"
    )
    taken_at = models.DateTimeField(default=timezone.now)
    taken_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    words = models.CharField(max_length=400)
    rules = models.JSONField(default=list, blank=True, help_text="What was broken until then")

    objects = OfSiteQuerySet.as_manager()

    class Meta:
        ordering = ["-taken_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="control_action_says_what", condition=~Q(words="")),
            models.CheckConstraint(
                name="control_action_is_by_another",
                condition=~Q(taken_by=F("technologist")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"words"}
        plain: ClassVar[set[str]] = {
            "id", "site", "technologist", "taken_at", "taken_by", "rules",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"control action {self.pk}"


class ControlStandingQuerySet(OfSiteQuerySet["ControlStanding"]):
    def out(self) -> Self:
        return self.filter(standing__in=[Standing.OUT, Standing.DRIFTING])


class ControlStanding(models.Model):
    """Where a technologist stands at a site, as the rules last said; rewritten by every reading."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    technologist = models.ForeignKey(
        "clinic.Account", models.PROTECT, related_name="control_standings"
    )
    standing = models.CharField(max_length=12, choices=[(one.value, one.name) for one in Standing])
    rules = models.JSONField(default=list, blank=True)
    sentence = models.CharField(max_length=400, blank=True)
    ruleset = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    objects = ControlStandingQuerySet.as_manager()

    class Meta:
        ordering = ["site", "technologist"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "technologist"], name="control_standing_once_each"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "technologist", "standing", "rules", "sentence", "ruleset",
            "set_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"control standing {self.pk}"

    @property
    def is_out(self) -> bool:
        return self.standing in (Standing.OUT, Standing.DRIFTING)
