"""Who is treated: identity, how to reach him, and the history the programme asks about."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


def folded(text: str) -> str:
    """`text` as search and sorting see it: no accents, lower case, single spaces.

    The database has no ICU collation, so the fold is kept in a column.
    """
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).lower().split())


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: Account) -> PatientQuerySet:
        """A member's own site; a patient himself; nobody else anything."""
        if user.kind == "patient":
            return self.filter(portal__account=user, portal__revoked_at=None)
        return self.filter(site=user.member.site_id) if user.member else self.none()


@pghistory.track()
class Patient(models.Model):
    """One man, known to one site."""

    class Sex(models.TextChoices):
        MALE = "male", "Male"
        FEMALE = "female", "Female"
        OTHER = "other", "Other"
        UNKNOWN = "unknown", "Not known"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="patients")
    record_number = models.CharField(max_length=20)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    preferred_name = models.CharField(max_length=80, blank=True)
    born_on = models.DateField()
    sex = models.CharField(max_length=7, choices=Sex, default=Sex.MALE)
    phone = models.CharField(max_length=30, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    time_zone = models.CharField(
        max_length=40, blank=True, help_text="Where he lives, if elsewhere"
    )
    speak_to_him_only = models.BooleanField(default=True)
    preferred_times = models.CharField(max_length=60, blank=True)
    emergency_name = models.CharField(max_length=80, blank=True)
    emergency_relation = models.CharField(max_length=40, blank=True)
    emergency_phone = models.CharField(max_length=30, blank=True)
    deceased_on = models.DateField(null=True, blank=True)
    registered_at = models.DateTimeField(default=timezone.now)
    registered_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # folded "family given preferred record phone-digits birth date": one index finds any fragment
    search_text = models.TextField(editable=False)
    sort_name = models.CharField(max_length=170, editable=False)

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "record_number"],
                name="patient_record_number_is_used_once",
                violation_error_message="This record number is taken.",
            ),
            models.CheckConstraint(
                name="patient_dies_after_birth",
                condition=Q(deceased_on=None) | Q(deceased_on__gte=F("born_on")),
            ),
        ]
        indexes = [
            GinIndex(fields=["search_text"], name="patient_search", opclasses=["gin_trgm_ops"]),
            models.Index("site", "sort_name", "id", name="patient_by_name"),
            models.Index("born_on", name="patient_by_birth"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {
            "record_number", "family_name", "given_name", "preferred_name", "born_on", "phone",
            "email", "address", "emergency_name", "emergency_relation", "emergency_phone",
            "search_text", "sort_name", "deceased_on",
        }  # fmt: skip
        plain: ClassVar[set[str]] = {
            "id", "site", "sex", "time_zone", "speak_to_him_only", "preferred_times",
            "registered_at", "registered_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.preferred_name or self.given_name} {self.family_name}"

    def save(self, *args: object, **kwargs: object) -> None:
        digits = "".join(c for c in self.phone if c.isdigit())
        self.sort_name = folded(f"{self.family_name} {self.given_name}")
        self.search_text = folded(
            f"{self.given_name} {self.family_name} {self.given_name} {self.preferred_name}"
            f" {self.record_number} {digits} {self.born_on:%Y-%m-%d} {self.born_on:%d.%m.%Y}"
            f" {self.email}"
        )
        fields = kwargs.get("update_fields")
        if isinstance(fields, list | tuple | set):
            kwargs["update_fields"] = {*fields, "sort_name", "search_text"}
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def label(self) -> str:
        return f"patients.patient:{self.pk}"

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}.{self.family_name[:1]}."

    @property
    def called(self) -> str:
        """What to call him."""
        return self.preferred_name or self.given_name


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
    struck_reason = models.CharField(max_length=200, blank=True)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        abstract = True


OF_PATIENT_PLAIN = {"id", "patient", "recorded_at", "recorded_by", "struck_at"}
OF_PATIENT_IDENTIFYING = {"struck_reason"}


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

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"note"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {"at", "channel", "outcome", "about"}

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_outcome_display()}"
