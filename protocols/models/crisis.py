"""What a clinician learnt when he assessed the risk of suicide with a man."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


@pghistory.track()
class RiskAssessment(models.Model):
    """Asked of plan and intent, face to face or by telephone; what was done and agreed."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="risk_assessments"
    )
    finding = models.ForeignKey(
        "protocols.Finding", models.PROTECT, null=True, blank=True, related_name="assessments"
    )
    duty = models.OneToOneField("protocols.Duty", models.PROTECT, related_name="assessment")
    plan = models.BooleanField(help_text="He has thought of how")
    intent = models.BooleanField(help_text="He means to do it")
    done = models.TextField(max_length=2000, help_text="What was done and agreed")
    assessed_at = models.DateTimeField(default=timezone.now)
    assessed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["-assessed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="risk_assessment_says_what_was_done", condition=~Q(done="")
            ),
        ]
        indexes = [
            models.Index(fields=["enrolment", "-assessed_at"], name="assessment_by_enrolment")
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"plan", "intent", "done"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "finding", "duty", "assessed_at", "assessed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"risk assessment {self.pk}"
