"""A partner's pregnancy near treatment: told, counselled, followed to its outcome."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


@pghistory.track()
class PartnerPregnancy(models.Model):
    """One pregnancy of his partner, whoever told of it, until how it ended is known."""

    class ToldBy(models.TextChoices):
        HIM = "him", "Him"
        PARTNER = "partner", "His partner"
        CLINIC = "clinic", "Another clinic"

    class Conceived(models.TextChoices):
        NATURAL = "natural", "Naturally"
        ART = "art", "By IVF or ICSI"
        UNKNOWN = "unknown", "Not known"

    class Outcome(models.TextChoices):
        LIVE_BIRTH = "live_birth", "Live birth"
        ANOMALY = "anomaly", "Live birth with a congenital anomaly"
        MISCARRIAGE = "miscarriage", "Miscarriage"
        ECTOPIC = "ectopic", "Ectopic pregnancy"
        TERMINATION = "termination", "Termination"
        STILLBIRTH = "stillbirth", "Stillbirth"
        UNKNOWN = "unknown", "Could not be learnt"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="pregnancies")
    told_on = models.DateField()
    told_by = models.CharField(max_length=7, choices=ToldBy)
    conceived = models.CharField(max_length=7, choices=Conceived, default=Conceived.UNKNOWN)
    last_period_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # What they were told: domain reference §2.6, never "free of risk".
    counselled_on = models.DateField(null=True, blank=True)
    counselled_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    counselling = models.TextField(blank=True)
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    outcome_note = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-told_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(outcome=""),
                name="pregnancy_is_followed_one_at_a_time",
            ),
            models.CheckConstraint(
                name="pregnancy_counselling_is_signed_for",
                condition=Q(counselled_on=None, counselled_by=None, counselling="")
                | (
                    Q(counselled_on__isnull=False, counselled_by__isnull=False) & ~Q(counselling="")
                ),
            ),
            models.CheckConstraint(
                name="pregnancy_outcome_is_signed_for",
                condition=Q(outcome="", closed_at=None, closed_by=None)
                | (~Q(outcome="") & Q(closed_at__isnull=False, closed_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="pregnancy_ends_after_it_began",
                condition=Q(ended_on=None)
                | Q(last_period_on=None)
                | Q(ended_on__gte=F("last_period_on")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note", "counselling", "outcome_note"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "told_on", "told_by", "conceived", "last_period_on", "due_on",
            "recorded_at", "recorded_by", "counselled_on", "counselled_by", "outcome", "ended_on",
            "closed_at", "closed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"pregnancy {self.pk}"


class PregnancyFollowUp(models.Model):
    """What was heard at one call on the way to the outcome."""

    pregnancy = models.ForeignKey(PartnerPregnancy, models.PROTECT, related_name="follow_ups")
    on = models.DateField()
    reached = models.BooleanField()
    note = models.CharField(max_length=300)
    noted_at = models.DateTimeField(default=timezone.now)
    noted_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    class Meta:
        ordering = ["on", "pk"]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note"}
        plain: ClassVar[set[str]] = {"id", "pregnancy", "on", "reached", "noted_at", "noted_by"}

    def __str__(self) -> str:
        return f"follow-up {self.pk}"
