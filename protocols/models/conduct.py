"""One man in the programme: his enrolment, its every step, and why he was found eligible."""

from __future__ import annotations

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
    # A wrong end is corrected by two people (domain reference §7.4).
    second_signature = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="status_change_correction_has_two",
                condition=~Q(event="CORRECT_ERROR")
                | (
                    Q(by__isnull=False, second_signature__isnull=False)
                    & ~Q(by=F("second_signature"))
                    & ~Q(reason="")
                ),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "was", "became", "event", "on", "at", "by", "second_signature",
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
    # Why not: the code of the criterion that decided, or one of those beside the criteria.
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Privacy:
        identifying: ClassVar[set[str]] = {"criteria", "reason", "reason_code"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "eligible", "decided_on", "decided_at", "decided_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"eligibility {self.pk}"
