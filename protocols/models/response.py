"""Whether a man has responded: every answer the rule has given, and what a clinician decided."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labs.rules.response import ResponseStatus
from protocols.models.conduct import OfEnrolmentQuerySet


class ResponseEvaluation(models.Model):
    """One answer of the response rule, with the samples it was given; never changed.

    A new row is written when the answer or a sample it rests on has changed; the last one holds.
    """

    class Cause(models.TextChoices):
        SAMPLE = "sample", "A sample became final"
        CORRECTED = "corrected", "A sample was corrected, struck out or moved"
        INCLUDED = "included", "A clinician decided whether a sample counts"
        ADJUDICATED = "adjudicated", "A clinician decided that what was frozen is enough"
        PROGRAMME = "programme", "His enrolment or his first dose changed"
        BACK_FILLED = "back_filled", "Worked out from what was on file"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="responses")
    at = models.DateTimeField(default=timezone.now)
    cause = models.CharField(max_length=12, choices=Cause)
    about = models.CharField(max_length=60, blank=True, help_text="Label of what caused it")
    ruleset = models.CharField(max_length=80)
    first_dose_on = models.DateField()
    stratum = models.CharField(max_length=20)
    status = models.CharField(
        max_length=12, choices=[(one.value, one.name.title()) for one in ResponseStatus]
    )
    first_sperm_on = models.DateField(null=True)
    first_motile_on = models.DateField(null=True)
    response_on = models.DateField(null=True)
    days = models.IntegerField(null=True)
    month = models.IntegerField(null=True)
    evaluable = models.BooleanField()
    sentence = models.TextField()
    samples = models.JSONField(help_text="Every sample since Day 1, as the rule was given it")

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["enrolment", "-id"], name="response_by_enrolment")]
        constraints = [
            models.CheckConstraint(
                name="response_confirmed_has_its_day",
                condition=Q(status="CONFIRMED", response_on__isnull=False, days__isnull=False)
                | (~Q(status="CONFIRMED") & Q(response_on=None, days=None, month=None)),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "at", "cause", "about", "ruleset", "first_dose_on", "stratum",
            "status", "first_sperm_on", "first_motile_on", "response_on", "days", "month",
            "evaluable", "sentence", "samples",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"response evaluation {self.pk}"


@pghistory.track()
class ResponseAdjudication(models.Model):
    """A clinician declares that motile sperm frozen from one sample are enough (§1.3)."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="adjudications"
    )
    analysis = models.ForeignKey("labs.SemenAnalysis", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    decided_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=Q(withdrawn_at=None),
                name="adjudication_stands_once_each",
            ),
            models.CheckConstraint(name="adjudication_says_why_it_stands", condition=~Q(reason="")),
            models.CheckConstraint(
                name="adjudication_withdrawal_is_signed",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_reason="")
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason", "withdrawn_reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "analysis", "decided_at", "decided_by", "withdrawn_at",
            "withdrawn_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"response adjudication {self.pk}"
