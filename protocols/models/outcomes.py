"""How he is: the nine questions about mood, and the one-tap answer in the portal."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


@pghistory.track()
class MoodQuestionnaire(models.Model):
    """PHQ-9 (LOINC 44249-1): nine answers of 0–3, item 9 never missing once it is scored."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="mood_questionnaires"
    )
    visit = models.ForeignKey(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="mood_questionnaires"
    )
    answers = ArrayField(models.PositiveSmallIntegerField(null=True), size=9)
    difficulty = models.PositiveSmallIntegerField(null=True, help_text="Item 10, not scored")
    total = models.PositiveSmallIntegerField(null=True)
    item9 = models.PositiveSmallIntegerField()
    band = models.CharField(max_length=20, blank=True)
    words = models.TextField(blank=True, help_text="What he added in his own words")
    wants_call = models.BooleanField(default=False)
    answered_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["answered_at"]
        constraints = [
            models.CheckConstraint(name="mood_item_nine_is_answered", condition=Q(item9__lte=3)),
            models.UniqueConstraint(
                fields=["visit"],
                condition=Q(visit__isnull=False),
                name="mood_is_asked_once_per_visit",
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"answers", "words", "item9"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "difficulty", "total", "band", "wants_call",
            "answered_at", "answered_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"questionnaire {self.pk}"


class Feeling(models.Model):
    """One tap on one day: 1 very low … 5 very good."""

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="feelings")
    on = models.DateField()
    mood = models.PositiveSmallIntegerField()
    tapped_at = models.DateTimeField(default=timezone.now)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "on"], name="feeling_once_a_day"),
            models.CheckConstraint(
                name="feeling_is_one_to_five", condition=Q(mood__gte=1, mood__lte=5)
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"mood"}
        plain: ClassVar[set[str]] = {"id", "enrolment", "on", "tapped_at"}

    def __str__(self) -> str:
        return f"feeling {self.pk}"
