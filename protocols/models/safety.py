"""What might harm him: proposals raised by the rules, side effects, and mood."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
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
        identifying: ClassVar[set[str]] = {"headline", "reasons", "inputs", "decision_reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "kind", "action", "urgency", "ruleset", "evidence", "evidence_at",
            "repeat_by", "contact_by", "raised_at", "state", "decided_at", "decided_by",
            "decided_action",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"finding {self.pk}"


@pghistory.track()
class AdverseEvent(models.Model):
    """A side effect with its CTCAE grade, from when to when, and what was done about it."""

    class Relation(models.TextChoices):
        UNRELATED = "unrelated", "Unrelated"
        UNLIKELY = "unlikely", "Unlikely"
        POSSIBLE = "possible", "Possible"
        PROBABLE = "probable", "Probable"
        DEFINITE = "definite", "Definite"

    class DrugAction(models.TextChoices):
        NONE = "none", "None"
        REDUCED = "reduced", "Dose reduced"
        HELD = "held", "Held"
        STOPPED = "stopped", "Stopped"

    class Outcome(models.TextChoices):
        ONGOING = "ongoing", "Ongoing"
        RESOLVED = "resolved", "Resolved"
        LASTING = "lasting", "Resolved with lasting effect"

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="adverse_events"
    )
    visit = models.ForeignKey(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="adverse_events"
    )
    term = models.CharField(max_length=60, help_text="Key of the checklist: cheilitis")
    title = models.CharField(max_length=80)
    grade = models.PositiveSmallIntegerField()
    worst_grade = models.PositiveSmallIntegerField()
    onset_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    serious = models.BooleanField(default=False)
    relation = models.CharField(max_length=9, choices=Relation, default=Relation.PROBABLE)
    drug_action = models.CharField(max_length=7, choices=DrugAction, default=DrugAction.NONE)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.ONGOING)
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["onset_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "term"],
                condition=Q(ended_on=None),
                name="adverse_event_runs_once_per_term",
            ),
            models.CheckConstraint(
                name="adverse_event_grade_exists",
                condition=Q(grade__gte=1, grade__lte=5, worst_grade__gte=F("grade")),
            ),
            models.CheckConstraint(
                name="adverse_event_ends_after_onset",
                condition=Q(ended_on=None) | Q(ended_on__gte=F("onset_on")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "term", "title", "grade", "worst_grade", "onset_on",
            "ended_on", "serious", "relation", "drug_action", "outcome", "recorded_at",
            "recorded_by", "reviewed_at", "reviewed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title} {self.pk}"


class SymptomGrade(models.Model):
    """The grade of one checklist item at one visit: 0 is "asked, and not there"."""

    visit = models.ForeignKey("protocols.Visit", models.PROTECT, related_name="symptom_grades")
    term = models.CharField(max_length=60)
    grade = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "term"], name="symptom_is_graded_once_per_visit"
            ),
            models.CheckConstraint(name="symptom_grade_exists", condition=Q(grade__lte=5)),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note"}
        plain: ClassVar[set[str]] = {"id", "visit", "term", "grade"}

    def __str__(self) -> str:
        return f"{self.term} {self.grade}"
