"""Who is treated: identity and how to reach him."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from patients.rules.identifiers import phone_digits
from patients.rules.matching import Identity
from patients.rules.names import folded, squeezed

if TYPE_CHECKING:
    from clinic.models import Account


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: Account) -> PatientQuerySet:
        """A member's own site; a patient himself; nobody else anything."""
        if user.kind == "patient":
            return self.filter(portal__account=user, portal__revoked_at=None)
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Like one by one: everybody who is stored can be found."""
        patients = list(objs)
        for patient in patients:
            patient.fold()
        return super().bulk_create(patients, *args, **kwargs)


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
    # " given family preferred record phone-digits birth date e-mail", folded: one index finds
    # any fragment; the space in front lets a word's beginning be asked for.
    search_text = models.TextField(editable=False)
    # By bytes, whatever the database's language: pages and beginnings then use the index.
    sort_name = models.CharField(max_length=170, editable=False, db_collation="C")

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
        self.fold()
        fields = kwargs.get("update_fields")
        if isinstance(fields, list | tuple | set):
            kwargs["update_fields"] = {*fields, "sort_name", "search_text"}
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def fold(self) -> None:
        """Keep what search and sorting read in step with what was entered."""
        self.sort_name = folded(f"{self.family_name} {self.given_name}")[:170]
        self.search_text = " " + folded(
            f"{self.given_name} {self.family_name} {self.preferred_name}"
            f" {squeezed(self.family_name)} {self.record_number} {phone_digits(self.phone)}"
            f" {self.born_on:%Y-%m-%d} {self.email}"
        )

    @property
    def label(self) -> str:
        return f"patients.patient:{self.pk}"

    @property
    def record_url(self) -> str:
        """His record; the address belongs to an upper floor, settings join it."""
        return settings.PERSON_URL.format(pk=self.pk)

    @property
    def identity(self) -> Identity:
        return Identity(
            self.given_name,
            self.family_name,
            self.born_on,
            self.record_number,
            self.phone,
            self.email,
        )

    @property
    def initials(self) -> str:
        return f"{self.given_name[:1]}.{self.family_name[:1]}."

    @property
    def called(self) -> str:
        """What to call him."""
        return self.preferred_name or self.given_name


class RecordCounter(models.Model):
    """The last record number a site gave out; its row is the queue at the counter."""

    site = models.OneToOneField(
        "clinic.Site", models.PROTECT, primary_key=True, related_name="record_counter"
    )
    last = models.PositiveIntegerField(default=0)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"site", "last"}

    def __str__(self) -> str:
        return f"last record number of {self.site_id}: {self.last}"
