"""His history: dated entries that are never deleted, and how he was reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class OfPatientQuerySet(models.QuerySet["OfPatient"]):
    """Rows that belong to one patient are visible to whoever may see him."""

    def visible_to(self, user: Account) -> OfPatientQuerySet:
        if user.kind == "patient":
            return self.filter(patient__portal__account=user, patient__portal__revoked_at=None)
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()


class OfPatient(models.Model):
    """A dated entry in one patient's history, with who wrote it down and when."""

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="%(class)ss")
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # Never deleted: a wrong entry is struck out with a reason.
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_reason = models.CharField(max_length=200, blank=True)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        abstract = True


OF_PATIENT_PLAIN = {"id", "patient", "recorded_at", "recorded_by", "struck_at", "struck_by"}
OF_PATIENT_IDENTIFYING = {"struck_reason"}


def striking_is_signed(noun: str) -> models.CheckConstraint:
    """An entry is struck out by somebody, with a reason, or not at all."""
    return models.CheckConstraint(
        name=f"{noun}_striking_is_signed",
        condition=Q(struck_at=None, struck_by=None, struck_reason="")
        | (Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_reason="")),
    )


@pghistory.track()
class RetrievalProcedure(OfPatient):
    """An earlier operation to find sperm, and what the tissue showed."""

    class Kind(models.TextChoices):
        MICRO_TESE = "mtese", "Micro-TESE"
        TESE = "tese", "TESE"
        TESA = "tesa", "TESA / needle"
        MESA = "mesa", "MESA / PESA"
        OTHER = "other", "Other"

    class Histology(models.TextChoices):
        MATURATION_ARREST = "maturation_arrest", "Maturation arrest"
        SERTOLI_ONLY = "sco", "Sertoli cell only"
        HYPOSPERMATOGENESIS = "hypospermatogenesis", "Hypospermatogenesis"
        MIXED = "mixed", "Mixed"
        NORMAL = "normal", "Normal"
        NOT_DONE = "not_done", "No histology"

    kind = models.CharField(max_length=8, choices=Kind)
    done_on = models.DateField()
    sperm_found = models.BooleanField(null=True)
    histology = models.CharField(max_length=20, choices=Histology, default=Histology.NOT_DONE)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [striking_is_signed("retrieval")]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"note"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {
            "kind", "done_on", "sperm_found", "histology",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.done_on}"


@pghistory.track()
class GeneticTest(OfPatient):
    """Karyotype, Y-microdeletion or another genetic test, with its result in words."""

    class Kind(models.TextChoices):
        KARYOTYPE = "karyotype", "Karyotype"
        Y_MICRODELETION = "y_microdeletion", "Y-chromosome microdeletion"
        CFTR = "cftr", "CFTR"
        OTHER = "other", "Other"

    class Outcome(models.TextChoices):
        NORMAL = "normal", "Normal"
        ABNORMAL = "abnormal", "Abnormal"
        PENDING = "pending", "Pending"

    kind = models.CharField(max_length=16, choices=Kind)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reported_on = models.DateField(null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [striking_is_signed("genetic_test")]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"detail"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"kind", "outcome", "reported_on"}

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_outcome_display()}"


@pghistory.track()
class Medicine(OfPatient):
    """A medicine or supplement he takes or took, other than the programme's."""

    name = models.CharField(max_length=120)
    dose = models.CharField(max_length=80, blank=True)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="medicine_ends_after_start",
                condition=Q(started_on=None) | Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
            ),
            striking_is_signed("medicine"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"name", "dose", "started_on", "ended_on"}

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Allergy(OfPatient):
    """A substance he must not get, and what it did."""

    substance = models.CharField(max_length=120)
    reaction = models.CharField(max_length=200, blank=True)
    severe = models.BooleanField(default=False)

    class Meta:
        constraints = [striking_is_signed("allergy")]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"substance", "reaction", "severe"}

    def __str__(self) -> str:
        return self.substance


@pghistory.track()
class Condition(OfPatient):
    """Something in his history that decides eligibility or caution; keys as the exclusion list."""

    key = models.CharField(max_length=40)
    present = models.BooleanField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "key"],
                condition=Q(struck_at=None),
                name="condition_is_answered_once",
            ),
            striking_is_signed("condition"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"detail"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"key", "present"}

    def __str__(self) -> str:
        return f"{self.key}: {'yes' if self.present else 'no'}"


class ContactAttempt(OfPatient):
    """A call or a letter to him, and how it ended: proof, one row each."""

    class Channel(models.TextChoices):
        PHONE = "phone", "Telephone"
        EMAIL = "email", "E-mail"
        TEXT = "text", "Text message"
        LETTER = "letter", "Letter"
        PORTAL = "portal", "Portal message"

    class Outcome(models.TextChoices):
        SPOKE = "spoke", "Spoke with him"
        NO_ANSWER = "no_answer", "No answer"
        VOICEMAIL = "voicemail", "Voicemail left"
        WRONG_NUMBER = "wrong_number", "Wrong number"
        SENT = "sent", "Sent"
        AGREED = "agreed", "Agreed to come"
        DECLINED = "declined", "Does not want to come"

    at = models.DateTimeField()
    channel = models.CharField(max_length=6, choices=Channel)
    outcome = models.CharField(max_length=12, choices=Outcome)
    about = models.CharField(max_length=80, blank=True, help_text="Label: protocols.visit:7")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["patient", "-at"], name="contact_by_patient")]
        constraints = [striking_is_signed("contact")]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"note"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"at", "channel", "outcome", "about"}

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_outcome_display()}"
