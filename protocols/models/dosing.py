"""Every capsule: what was prescribed, handed out, brought back, and what the dose was each day."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet
from protocols.models.stock import Formulation


@pghistory.track()
class DoseSegment(models.Model):
    """The ordered dose over a run of days; a hold is a segment of 0 (half-open date range)."""

    class Kind(models.TextChoices):
        FULL = "full", "Treatment"
        REDUCED = "reduced", "Reduced"
        HOLD = "hold", "Hold"

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="dose_segments"
    )
    during = DateRangeField(help_text="[from, to); open at the end while it lasts")
    kind = models.CharField(max_length=7, choices=Kind)
    capsules_per_day = models.PositiveSmallIntegerField()
    strength_mg = models.PositiveSmallIntegerField(default=20)
    reason = models.CharField(max_length=300)
    ordered_at = models.DateTimeField(default=timezone.now)
    ordered_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    finding = models.ForeignKey(
        "protocols.Finding", models.PROTECT, null=True, blank=True, related_name="segments"
    )

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["during"]
        constraints = [
            ExclusionConstraint(
                name="dose_is_one_at_a_time",
                expressions=[
                    ("enrolment", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="dose_hold_is_zero",
                condition=Q(kind="hold", capsules_per_day=0)
                | (~Q(kind="hold") & Q(capsules_per_day__gte=1, capsules_per_day__lte=2)),
            ),
            models.CheckConstraint(name="dose_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="dose_lasts_a_day", condition=Q(during__isempty=False, during__lower_inf=False)
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "during", "kind", "capsules_per_day", "strength_mg", "ordered_at",
            "ordered_by", "finding",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"segment {self.pk}"

    @property
    def mg_per_day(self) -> int:
        return self.capsules_per_day * self.strength_mg


@pghistory.track()
class Prescription(models.Model):
    """At most 30 days of capsules, no refills (domain reference §2.1)."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="prescriptions"
    )
    visit = models.ForeignKey(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="prescriptions"
    )
    number = models.PositiveSmallIntegerField(help_text="Rx 1 … Rx 6")
    product = models.CharField(max_length=80)
    formulation = models.CharField(max_length=10, choices=Formulation, default=Formulation.STANDARD)
    # Why he is to take another kind of capsule than before: they are not taken up alike.
    changed_because = models.CharField(max_length=300, blank=True)
    strength_mg = models.PositiveSmallIntegerField(default=20)
    capsules_per_day = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField(default=30)
    capsules = models.PositiveSmallIntegerField()
    written_on = models.DateField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_because = models.CharField(max_length=200, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "number"], name="prescription_number_once"
            ),
            models.CheckConstraint(
                name="prescription_is_for_thirty_days_at_most", condition=Q(days__lte=30)
            ),
            models.CheckConstraint(
                name="prescription_counts_its_capsules",
                condition=Q(capsules=F("days") * F("capsules_per_day")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"cancelled_because", "changed_because"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "number", "product", "formulation", "strength_mg",
            "capsules_per_day", "days", "capsules", "written_on", "written_at", "written_by",
            "cancelled_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"Rx {self.number}"


@pghistory.track()
class Dispense(models.Model):
    """A bottle handed over: how many, from which lot, good until when."""

    prescription = models.OneToOneField(Prescription, models.PROTECT, related_name="dispense")
    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="dispenses")
    on = models.DateField()
    capsules = models.PositiveSmallIntegerField()
    # As they stood on the bottle; where it came from is its stock movement.
    product = models.CharField(max_length=80, blank=True)
    ndc = models.CharField(max_length=20, blank=True)
    formulation = models.CharField(max_length=10, choices=Formulation, default=Formulation.STANDARD)
    lot = models.CharField(max_length=40)
    expires_on = models.DateField()
    rma = models.CharField(max_length=30, blank=True, help_text="authorisation of iPLEDGE")
    substituted_because = models.CharField(max_length=300, blank=True)
    handed_at = models.DateTimeField(default=timezone.now)
    handed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # Reasons of the gate that were overridden, each with its sentence, and who stood for it.
    overridden = models.JSONField(default=list, blank=True)
    override_reason = models.CharField(max_length=300, blank=True)
    second_signature = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(name="dispense_names_its_lot", condition=~Q(lot="")),
            models.CheckConstraint(
                name="dispense_is_not_expired", condition=Q(expires_on__gt=F("on"))
            ),
            models.CheckConstraint(name="dispense_has_capsules", condition=Q(capsules__gte=1)),
            models.CheckConstraint(
                name="dispense_override_has_two_people",
                condition=Q(override_reason="", second_signature=None)
                | (
                    ~Q(override_reason="")
                    & Q(second_signature__isnull=False)
                    & ~Q(second_signature=F("handed_by"))
                ),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"override_reason", "rma", "substituted_because"}
        plain: ClassVar[set[str]] = {
            "id", "prescription", "enrolment", "on", "capsules", "product", "ndc", "formulation",
            "lot", "expires_on", "handed_at", "handed_by", "overridden", "second_signature",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"dispense {self.pk}"

    @property
    def recalled(self) -> bool:
        """Its lot has been recalled since; of a bottle from before the ledger no lot is known."""
        movement = getattr(self, "movement", None)
        return movement is not None and movement.lot.recalled_at is not None


@pghistory.track()
class CapsuleCount(models.Model):
    """What he brought: counted, lost, and so taken. One per visit, or of the rest after the end."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="capsule_counts"
    )
    visit = models.OneToOneField(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="capsule_count"
    )
    counted_on = models.DateField()
    since_on = models.DateField(help_text="First day of the period counted")
    carried_in = models.PositiveSmallIntegerField(default=0)
    dispensed = models.PositiveSmallIntegerField(default=0)
    # None: the bottle was not brought back, so nobody knows (never 100 % by default).
    returned = models.PositiveSmallIntegerField(null=True)
    # Of those brought: kept here for good. The others went home with him again.
    handed_in = models.PositiveSmallIntegerField(default=0)
    lost = models.PositiveSmallIntegerField(default=0)
    expected = models.PositiveSmallIntegerField()
    counted_at = models.DateTimeField(default=timezone.now)
    counted_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["counted_on"]
        constraints = [
            models.CheckConstraint(
                name="capsules_back_are_among_those_given",
                condition=Q(returned=None)
                | Q(returned__lte=F("carried_in") + F("dispensed") - F("lost")),
            ),
            models.CheckConstraint(
                name="capsules_kept_were_brought",
                condition=Q(returned=None, handed_in=0) | Q(handed_in__lte=F("returned")),
            ),
            models.CheckConstraint(
                name="capsule_period_is_ordered", condition=Q(counted_on__gte=F("since_on"))
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "counted_on", "since_on", "carried_in", "dispensed",
            "returned", "handed_in", "lost", "expected", "counted_at", "counted_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"count {self.pk}"

    @property
    def taken(self) -> int | None:
        if self.returned is None:
            return None
        return self.carried_in + self.dispensed - self.returned - self.lost

    @property
    def went_home(self) -> int | None:
        """What he took with him again; None when nobody could count."""
        return None if self.returned is None else self.returned - self.handed_in


class DiaryDose(models.Model):
    """One capsule he says he took, morning or evening."""

    class Slot(models.TextChoices):
        MORNING = "morning", "Morning"
        EVENING = "evening", "Evening"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="diary")
    on = models.DateField()
    slot = models.CharField(max_length=7, choices=Slot)
    taken_at = models.DateTimeField()

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "on", "slot"], name="diary_capsule_is_taken_once"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "enrolment", "on", "slot", "taken_at"}

    def __str__(self) -> str:
        return f"{self.on} {self.slot}"
