"""Symptoms somebody tells between two visits: by telephone, in a message, in the portal."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


@pghistory.track()
class SymptomReport(models.Model):
    """What was told, by whom, how, when and in which words; the rules read the codes."""

    class Channel(models.TextChoices):
        PHONE = "phone", "By telephone"
        MESSAGE = "message", "In a message"
        PORTAL = "portal", "In the portal"
        IN_PERSON = "in_person", "In person"

    class Teller(models.TextChoices):
        PATIENT = "patient", "He himself"
        PARTNER = "partner", "His partner"
        RELATIVE = "relative", "Somebody else close to him"
        PROFESSIONAL = "professional", "Another clinician"

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="symptom_reports"
    )
    # Codes of the symptom table of his protocol version; empty where only words were told.
    codes = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    channel = models.CharField(max_length=9, choices=Channel)
    told_by = models.CharField(max_length=12, choices=Teller, default=Teller.PATIENT)
    told_at = models.DateTimeField()
    words = models.TextField(max_length=2000, blank=True)
    letter = models.ForeignKey(
        "patients.Letter", models.PROTECT, null=True, blank=True, related_name="+"
    )
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_because = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-told_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="symptom_report_says_something", condition=~Q(codes=[]) | ~Q(words="")
            ),
            models.CheckConstraint(
                name="symptom_report_told_before_recorded",
                condition=Q(told_at__lte=models.F("recorded_at")),
            ),
            models.CheckConstraint(
                name="symptom_report_striking_is_signed",
                condition=Q(struck_at=None, struck_by=None, struck_because="")
                | (Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_because="")),
            ),
        ]
        indexes = [models.Index(fields=["enrolment", "-told_at"], name="report_by_enrolment")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"words", "struck_because"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "codes", "channel", "told_by", "told_at", "letter", "recorded_at",
            "recorded_by", "struck_at", "struck_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"symptom report {self.pk}"

    @property
    def label(self) -> str:
        return f"protocols.symptomreport:{self.pk}"
