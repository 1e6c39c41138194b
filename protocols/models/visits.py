"""One contact of the programme, planned or not: when it is due, what was written, who signed it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from protocols.models.conduct import ON_TREATMENT, Enrolment, OfEnrolmentQuerySet
from protocols.rules.schedule import UNSCHEDULED


class VisitQuerySet(OfEnrolmentQuerySet["Visit"]):
    def awaited(self) -> VisitQuerySet:
        """Planned, not yet attended, of somebody still in the programme."""
        return self.filter(
            status="planned",
            enrolment__status__in=[
                *ON_TREATMENT, "COMPLETED_TREATMENT", "DISCONTINUED", "WITHDRAWN_TREATMENT",
            ],
        )  # fmt: skip

    def open_on(self, day: date) -> VisitQuerySet:
        return self.awaited().filter(opens_on__lte=day, closes_on__gte=day)

    def overdue_on(self, day: date) -> VisitQuerySet:
        return self.awaited().filter(closes_on__lt=day)

    def unbooked(self) -> VisitQuerySet:
        """No live booking stands for it."""
        return self.exclude(
            appointments__booking__status__in=["held", "booked", "arrived", "in_progress"]
        )


@pghistory.track()
class Visit(models.Model):
    """One contact of the programme: planned with a window, or unscheduled (code UNS)."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        IN_PROGRESS = "in_progress", "Open"
        SIGNED = "signed", "Signed"
        AMENDED = "amended", "Changed after signing"
        MISSED = "missed", "Missed"
        SKIPPED = "skipped", "Not needed"

    class Timing(models.TextChoices):
        ON_TIME = "ON_TIME", "on time"
        EARLY = "EARLY", "early"
        LATE = "LATE", "late"
        UNSCHEDULED = "UNS", "unscheduled"

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="visits")
    planned = models.ForeignKey(
        "protocols.PlannedVisit", models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.CharField(max_length=8)
    title = models.CharField(max_length=80)
    opens_on = models.DateField(null=True)
    target_on = models.DateField(null=True)
    closes_on = models.DateField(null=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.PLANNED)
    attended_on = models.DateField(null=True, blank=True)
    timing = models.CharField(max_length=8, choices=Timing, blank=True)
    opened_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    # --- the workspace, section by section; a section is done when its `_at` is set ---
    identity_checked_at = models.DateTimeField(null=True, blank=True)
    identity_checked_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Which two he was known by: name, birth date, record number, photograph.
    identifiers = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    since_last_time = models.TextField(blank=True)
    since_last_time_at = models.DateTimeField(null=True, blank=True)
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    systolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    pulse_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    vitals_at = models.DateTimeField(null=True, blank=True)
    side_effects_at = models.DateTimeField(null=True, blank=True)
    plan = models.TextField(blank=True)
    counselling = models.JSONField(default=list, blank=True)
    plan_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["target_on", "attended_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "planned"], name="visit_is_planned_once"),
            models.CheckConstraint(
                name="visit_window_is_ordered",
                condition=Q(opens_on=None, target_on=None, closes_on=None)
                | Q(opens_on__lte=F("target_on"), target_on__lte=F("closes_on")),
            ),
            models.CheckConstraint(
                name="visit_attendance_is_signed_for",
                condition=Q(attended_on=None, opened_by=None)
                | Q(attended_on__isnull=False, opened_by__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_open_was_attended",
                condition=~Q(status__in=["in_progress", "signed", "amended"])
                | Q(attended_on__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_identity_check_is_signed_for",
                condition=Q(identity_checked_at=None, identity_checked_by=None)
                | Q(identity_checked_at__isnull=False, identity_checked_by__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_weight_is_human",
                condition=Q(weight_kg=None) | Q(weight_kg__gte=25, weight_kg__lte=350),
            ),
        ]
        indexes = [
            models.Index("closes_on", name="visit_awaited", condition=Q(status="planned")),
            models.Index("enrolment", "target_on", name="visit_by_enrolment"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"since_last_time", "plan"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "planned", "code", "title", "opens_on", "target_on", "closes_on",
            "status", "attended_on", "timing", "opened_by", "opened_at", "identity_checked_at",
            "identity_checked_by", "identifiers", "since_last_time_at", "weight_kg",
            "systolic_mmhg", "diastolic_mmhg", "pulse_per_min", "vitals_at", "side_effects_at",
            "counselling", "plan_at", "saved_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} of enrolment {self.enrolment_id}"

    @property
    def short_name(self) -> str:
        """M3; one beside the plan has no code of its own and is called by its title."""
        return self.title if self.code == UNSCHEDULED else self.code

    @property
    def label(self) -> str:
        return f"protocols.visit:{self.pk}"


class Appointment(models.Model):
    """Ties a booking of the ground floor to the visit it is for, and to the task done there."""

    class Task(models.TextChoices):
        CLINICIAN = "clinician", "Clinician"
        CHECK_IN = "check_in", "Check-in, vitals"
        DRAW = "draw", "Blood"
        SAMPLE = "sample", "Sample"

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="appointments")
    booking = models.OneToOneField("clinic.Booking", models.PROTECT, related_name="appointment")
    task = models.CharField(max_length=9, choices=Task, default=Task.CLINICIAN)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "visit", "booking", "task"}

    def __str__(self) -> str:
        return f"appointment {self.pk}"


@pghistory.track()
class Signature(models.Model):
    """A visit as it was signed: who, when, as what, and exactly what (21 CFR 11.50, 11.70)."""

    class Meaning(models.TextChoices):
        AUTHOR = "author", "as author"
        REVIEW = "review", "as reviewer"

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="signatures")
    signed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=120)
    signed_at = models.DateTimeField()
    meaning = models.CharField(max_length=6, choices=Meaning, default=Meaning.AUTHOR)
    # The report's whole context as it stood, and its hash: what was signed stays readable.
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_because = models.CharField(max_length=200, blank=True)
    # The report made of it; none while the worker has yet to make it.
    document = models.OneToOneField(
        "clinic.Document", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                "signed_at",
                name="signature_without_report",
                condition=Q(document=None, voided_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(voided_at=None),
                name="signature_stands_once_per_visit",
            ),
            models.CheckConstraint(
                name="signature_voiding_has_reason",
                condition=Q(voided_at=None, voided_because="")
                | (Q(voided_at__isnull=False) & ~Q(voided_because="")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"content", "voided_because", "printed_name"}
        plain: ClassVar[set[str]] = {
            "id", "visit", "signed_by", "signed_at", "meaning", "content_sha256", "voided_at",
            "document",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"signature {self.pk}"
