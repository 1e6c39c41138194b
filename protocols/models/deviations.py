"""What departed from the plan: drafted by the program, classified and closed by a person."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


class DeviationQuerySet(OfEnrolmentQuerySet["Deviation"]):
    def open(self) -> DeviationQuerySet:
        return self.filter(closed_at=None)

    def standing(self) -> DeviationQuerySet:
        """Departures that did happen, open or closed."""
        return self.filter(outcome__in=["", "closed"])


@pghistory.track()
class Deviation(models.Model):
    """A departure from the protocol, drafted with its evidence, closed by a person."""

    class Weight(models.TextChoices):
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"

    class Outcome(models.TextChoices):
        CLOSED = "closed", "Closed"
        NOT_ONE = "not_one", "Not a deviation"
        WITHDRAWN = "withdrawn", "Withdrawn: the facts were corrected"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="deviations")
    visit = models.ForeignKey(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="deviations"
    )
    code = models.CharField(max_length=30)
    weight = models.CharField(max_length=5, choices=Weight)
    sentence = models.CharField(max_length=300)
    about = models.CharField(max_length=80, blank=True)
    # [[what, value]]: the dates and numbers it was drafted from, as they stood
    evidence = models.JSONField(default=list, blank=True)
    repeat_by = models.DateField(null=True, blank=True)
    raised_on = models.DateField()
    raised_at = models.DateTimeField(default=timezone.now)
    # What a person says of it; once somebody has, the draft no longer changes the class.
    cause = models.CharField(max_length=300, blank=True)
    corrective_action = models.CharField(max_length=300, blank=True)
    classified_at = models.DateTimeField(null=True, blank=True)
    classified_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_note = models.CharField(max_length=300, blank=True)
    reopened_because = models.CharField(max_length=300, blank=True)

    objects = DeviationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "code", "about"], name="deviation_is_raised_once"
            ),
            # A person closes it; only the program withdraws one, when its facts were corrected.
            models.CheckConstraint(
                name="deviation_closing_is_signed",
                condition=Q(outcome="", closed_at=None, closed_by=None)
                | Q(outcome="withdrawn", closed_at__isnull=False)
                | Q(
                    outcome__in=["closed", "not_one"],
                    closed_at__isnull=False,
                    closed_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="deviation_refused_has_reason",
                condition=~Q(outcome="not_one") | ~Q(closing_note=""),
            ),
            models.CheckConstraint(
                name="deviation_class_is_signed",
                condition=Q(classified_at=None, classified_by=None)
                | Q(classified_at__isnull=False, classified_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-raised_at"], name="deviation_by_time")]

    class Privacy:
        identifying: ClassVar[set[str]] = {
            "sentence", "closing_note", "evidence", "cause", "corrective_action",
            "reopened_because",
        }  # fmt: skip
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "code", "weight", "about", "repeat_by", "raised_on",
            "raised_at", "classified_at", "classified_by", "outcome", "closed_at", "closed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"
