"""One man in the programme: his enrolment, its visits, and what was signed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account

#: Statuses in which nothing more happens (domain reference §7.4).
TERMINAL = ["SCREEN_FAILED", "WITHDRAWN_CONSENT", "CLOSED", "DECEASED"]
#: Statuses in which he takes, or may again take, the drug.
ON_TREATMENT = ["ACTIVE", "ON_HOLD"]


M = TypeVar("M", bound=models.Model)


class OfEnrolmentQuerySet(models.QuerySet[M]):
    """Rows hanging on an enrolment: visible to whoever may see its patient."""

    def visible_to(self, user: Account) -> Self:
        if user.kind == "patient":
            return self.filter(
                enrolment__patient__portal__account=user,
                enrolment__patient__portal__revoked_at=None,
            )
        if not user.member:
            return self.none()
        return self.filter(enrolment__patient__site=user.member.site_id)


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def visible_to(self, user: Account) -> EnrolmentQuerySet:
        if user.kind == "patient":
            return self.filter(patient__portal__account=user, patient__portal__revoked_at=None)
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()

    def live(self) -> EnrolmentQuerySet:
        return self.exclude(status__in=TERMINAL)

    def on_treatment(self) -> EnrolmentQuerySet:
        return self.filter(status__in=ON_TREATMENT)


@pghistory.track()
class Enrolment(models.Model):
    """One man's way through one version of a programme."""

    class Status(models.TextChoices):
        REFERRED = "REFERRED", "Referred"
        SCREENING = "SCREENING", "Screening"
        SCREEN_FAILED = "SCREEN_FAILED", "Not eligible"
        ELIGIBLE = "ELIGIBLE", "Eligible"
        CONSENTED = "CONSENTED", "Consented"
        ACTIVE = "ACTIVE", "On treatment"
        ON_HOLD = "ON_HOLD", "On hold"
        DISCONTINUED = "DISCONTINUED", "Stopped for safety"
        WITHDRAWN_TREATMENT = "WITHDRAWN_TREATMENT", "Stopped at his wish"
        WITHDRAWN_CONSENT = "WITHDRAWN_CONSENT", "Consent withdrawn"
        COMPLETED_TREATMENT = "COMPLETED_TREATMENT", "Treatment completed"
        LOST_TO_FOLLOW_UP = "LOST_TO_FOLLOW_UP", "Lost to follow-up"
        DECEASED = "DECEASED", "Deceased"
        CLOSED = "CLOSED", "Closed"

    class Baseline(models.TextChoices):
        AZOOSPERMIA = "azoospermia", "Azoospermia"
        CRYPTOZOOSPERMIA = "cryptozoospermia", "Cryptozoospermia"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="enrolments")
    version = models.ForeignKey("protocols.Version", models.PROTECT, related_name="enrolments")
    status = models.CharField(max_length=20, choices=Status, default=Status.REFERRED)
    status_since = models.DateField()
    baseline = models.CharField(max_length=16, choices=Baseline, blank=True)
    clinician = models.ForeignKey(
        "clinic.Member", models.PROTECT, null=True, blank=True, related_name="enrolments"
    )
    ipledge_id = models.CharField(max_length=30, blank=True)
    baseline_weight_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    # Codes of the counselling list of his protocol version that have been gone through with him.
    counselling = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    counselled_on = models.DateField(null=True, blank=True)
    counselled_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    eligible_on = models.DateField(null=True, blank=True)
    # Domain reference §7.1: the date of the first capsule is Day 1; there is no Day 0.
    first_dose_on = models.DateField(null=True, blank=True)
    last_dose_on = models.DateField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=~Q(status__in=TERMINAL),
                name="enrolment_is_one_at_a_time",
                violation_error_message="He is already enrolled.",
            ),
            models.CheckConstraint(
                name="enrolment_treatment_has_first_dose",
                condition=~Q(status__in=[*ON_TREATMENT, "COMPLETED_TREATMENT", "DISCONTINUED"])
                | Q(first_dose_on__isnull=False),
            ),
            models.CheckConstraint(
                name="enrolment_counselling_is_signed_for",
                condition=Q(counselled_on=None, counselled_by=None)
                | Q(counselled_on__isnull=False, counselled_by__isnull=False),
            ),
            models.CheckConstraint(
                name="enrolment_last_dose_follows_first",
                condition=Q(last_dose_on=None) | Q(last_dose_on__gte=F("first_dose_on")),
            ),
        ]
        indexes = [models.Index("status", "patient", name="enrolment_by_status")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"ipledge_id"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "version", "status", "status_since", "baseline", "clinician",
            "baseline_weight_kg", "counselling", "counselled_on", "counselled_by", "eligible_on",
            "first_dose_on", "last_dose_on", "opened_at", "opened_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class StatusChange(models.Model):
    """One step of an enrolment's life, with who took it and why."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="status_changes")
    was = models.CharField(max_length=20, blank=True)
    became = models.CharField(max_length=20)
    event = models.CharField(max_length=40)
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "was", "became", "event", "on", "at", "by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.was or '–'} → {self.became}"

    @property
    def word(self) -> str:
        """What he became, as people say it."""
        return str(Enrolment.Status(self.became).label)


class EligibilityCheck(models.Model):
    """The criteria as they were answered when a clinician signed, each with the value used."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="eligibility_checks")
    eligible = models.BooleanField()
    # [{code, met, value, sentence}], from protocols.rules.eligibility
    criteria = models.JSONField()
    decided_on = models.DateField()
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Privacy:
        identifying: ClassVar[set[str]] = {"criteria", "reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "eligible", "decided_on", "decided_at", "decided_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"eligibility {self.pk}"


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


@pghistory.track()
class Deviation(models.Model):
    """A departure from the protocol, drafted with its evidence, closed by a person."""

    enrolment = models.ForeignKey(Enrolment, models.PROTECT, related_name="deviations")
    visit = models.ForeignKey(
        Visit, models.PROTECT, null=True, blank=True, related_name="deviations"
    )
    code = models.CharField(max_length=30)
    weight = models.CharField(max_length=5, choices=[("minor", "Minor"), ("major", "Major")])
    sentence = models.CharField(max_length=300)
    about = models.CharField(max_length=80, blank=True)
    raised_on = models.DateField()
    raised_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_note = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "code", "about"], name="deviation_is_raised_once"
            ),
            models.CheckConstraint(
                name="deviation_closing_is_signed",
                condition=Q(closed_at=None, closed_by=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"sentence", "closing_note"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "code", "weight", "about", "raised_on", "raised_at",
            "closed_at", "closed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"
