"""What might harm him: proposals raised by the rules."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


class FindingQuerySet(OfEnrolmentQuerySet["Finding"]):
    def open(self) -> FindingQuerySet:
        return self.filter(state="open")

    def critical(self) -> FindingQuerySet:
        return self.open().filter(urgency__lte=2)


@pghistory.track()
class Finding(models.Model):
    """A proposal of the rules, with its evidence; a clinician accepts, edits or declines it."""

    class Kind(models.TextChoices):
        SAFETY = "safety", "Safety"
        MOOD = "mood", "Mood"
        FREEZE = "freeze", "Freeze today"
        DOSE = "dose", "Dose again"

    class Action(models.TextChoices):
        CONTINUE_ADVISE = "CONTINUE_ADVISE", "Continue, advise"
        REPEAT = "REPEAT", "Repeat the test"
        REVIEW = "REVIEW", "Review"
        REDUCE = "REDUCE", "Reduce to 20 mg a day"
        HOLD = "HOLD", "Hold"
        STOP = "STOP", "Stop"
        FREEZE = "FREEZE", "Freeze today"
        RESTART = "RESTART", "Restart at 20 mg a day"
        RAISE = "RAISE", "Back to 40 mg a day"

    class State(models.TextChoices):
        OPEN = "open", "To decide"
        ACCEPTED = "accepted", "Accepted"
        EDITED = "edited", "Decided otherwise"
        DECLINED = "declined", "Declined"
        SUPERSEDED = "superseded", "Overtaken"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=6, choices=Kind)
    action = models.CharField(max_length=15, choices=Action)
    # 0 self-harm, 1 STOP/HOLD, 2 critical value or REDUCE, 3 motile sperm, 4 the rest
    urgency = models.PositiveSmallIntegerField()
    headline = models.CharField(max_length=160)
    # [{rule, action, grade, sentence}] and the inputs as used, from protocols.rules.safety
    reasons = models.JSONField()
    inputs = models.JSONField(default=dict)
    ruleset = models.CharField(max_length=60)
    evidence = models.CharField(max_length=80, help_text="Label: labs.draw:9")
    evidence_at = models.DateTimeField()
    repeat_by = models.DateField(null=True, blank=True)
    contact_by = models.DateTimeField(null=True, blank=True)
    raised_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_action = models.CharField(max_length=15, choices=Action, blank=True)
    decision_reason = models.CharField(max_length=500, blank=True)
    # Words to him about it: drafted with the decision, kept as edited, sent once.
    letter = models.TextField(blank=True)
    letter_sent_at = models.DateTimeField(null=True, blank=True)
    letter_sent_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["urgency", "contact_by", "raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["evidence", "kind"],
                condition=Q(state="open"),
                name="finding_is_open_once_per_evidence",
            ),
            models.CheckConstraint(
                name="finding_decision_is_signed",
                condition=Q(state__in=["open", "superseded"], decided_at=None, decided_by=None)
                | Q(
                    state__in=["accepted", "edited", "declined"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="finding_refused_has_reason",
                condition=~Q(state__in=["edited", "declined"]) | ~Q(decision_reason=""),
            ),
        ]
        indexes = [
            models.Index("urgency", "raised_at", name="finding_open", condition=Q(state="open")),
            models.Index(fields=["enrolment", "-raised_at"], name="finding_by_enrolment"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {
            "headline", "reasons", "inputs", "decision_reason", "letter",
        }  # fmt: skip
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "kind", "action", "urgency", "ruleset", "evidence", "evidence_at",
            "repeat_by", "contact_by", "raised_at", "state", "decided_at", "decided_by",
            "decided_action", "letter_sent_at", "letter_sent_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"finding {self.pk}"
