"""What he agreed to: versioned texts, and his consent to one version of one text."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q

from patients.models.history import (
    OF_PATIENT_IDENTIFYING,
    OF_PATIENT_PLAIN,
    OfPatient,
    striking_is_signed,
)


class ConsentText(models.Model):
    """One version of one text; once anybody has agreed to it, it stays as it was."""

    class Kind(models.TextChoices):
        SCREENING = "screening", "Screening"
        TREATMENT = "treatment", "Treatment (off-label)"
        STORAGE = "storage", "Storage of sperm"
        MESSAGES = "messages", "Messages by e-mail"
        RESEARCH = "research", "Research"

    kind = models.CharField(max_length=10, choices=Kind)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    body = models.TextField()
    sha256 = models.CharField(max_length=64)
    effective_on = models.DateField()
    signed_off = models.BooleanField(default=False)

    class Meta:
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "version"], name="consent_text_version_exists_once"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "kind", "version", "title", "body", "sha256", "effective_on", "signed_off",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


@pghistory.track()
class Consent(OfPatient):
    """His agreement to one version of a text, and its withdrawal if he changes his mind."""

    class Method(models.TextChoices):
        PAPER = "paper", "Signed on paper"
        PORTAL = "portal", "Signed in the portal"
        SPOKEN = "spoken", "Spoken, witnessed"

    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="consents")
    given_on = models.DateField()
    method = models.CharField(max_length=6, choices=Method)
    witness = models.CharField(max_length=120, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawal_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "text"],
                condition=Q(withdrawn_on=None, struck_at=None),
                name="consent_is_given_once_per_text",
                violation_error_message="He has already agreed to this version.",
            ),
            models.CheckConstraint(
                name="consent_withdrawal_is_signed",
                condition=Q(withdrawn_on=None, withdrawn_by=None)
                | Q(withdrawn_on__gte=F("given_on"), withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_spoken_has_witness",
                condition=~Q(method="spoken") | ~Q(witness=""),
            ),
            striking_is_signed("consent"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = OF_PATIENT_IDENTIFYING | {"witness", "withdrawal_reason"}
        plain: ClassVar[set[str]] = OF_PATIENT_PLAIN | {
            "text", "given_on", "method", "withdrawn_on", "withdrawn_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"consent to {self.text}"
