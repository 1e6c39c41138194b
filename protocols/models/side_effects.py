"""Side effects: each with its grade, its course entry by entry, and what a clinician says of it."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet

STRUCK = Q(struck_at=None, struck_by=None, struck_because="") | (
    Q(struck_at__isnull=False) & ~Q(struck_because="")
)


class AdverseEventQuerySet(OfEnrolmentQuerySet["AdverseEvent"]):
    def standing(self) -> AdverseEventQuerySet:
        """Not entered in error."""
        return self.filter(struck_at=None)


@pghistory.track()
class AdverseEvent(models.Model):
    """A side effect with its CTCAE grade, from when to when, and what was done about it.

    The rules and whoever was with him draft it; what it is, a clinician says (domain reference
    §3.1). Nothing is deleted: what was entered in error is struck out with its reason.
    """

    class Seriousness(models.TextChoices):
        DEATH = "death", "Death"
        LIFE_THREATENING = "life_threatening", "Life-threatening"
        HOSPITALISATION = "hospitalisation", "Hospital, or a longer stay there"
        DISABILITY = "disability", "Lasting disability"
        CONGENITAL_ANOMALY = "congenital_anomaly", "Congenital anomaly"
        MEDICALLY_IMPORTANT = "medically_important", "Medically important"

    class Relation(models.TextChoices):
        UNRELATED = "unrelated", "Unrelated"
        UNLIKELY = "unlikely", "Unlikely"
        POSSIBLE = "possible", "Possible"
        PROBABLE = "probable", "Probable"
        DEFINITE = "definite", "Definite"

    class Expected(models.TextChoices):
        EXPECTED = "expected", "Expected: the label names it"
        UNEXPECTED = "unexpected", "Unexpected: the label does not name it"

    class DrugAction(models.TextChoices):
        NONE = "none", "None"
        REDUCED = "reduced", "Dose reduced"
        HELD = "held", "Held"
        STOPPED = "stopped", "Stopped"
        NOT_APPLICABLE = "not_applicable", "Not applicable: he does not take it"

    class Outcome(models.TextChoices):
        ONGOING = "ongoing", "Ongoing"
        RESOLVING = "resolving", "Resolving"
        RESOLVED = "resolved", "Resolved"
        LASTING = "lasting", "Over, with a lasting effect"
        FATAL = "fatal", "Fatal"
        UNKNOWN = "unknown", "Not known"

    class Reporter(models.TextChoices):
        PATIENT = "patient", "He himself"
        PARTNER = "partner", "His partner, or somebody close to him"
        CLINIC = "clinic", "The clinic"
        DOCTOR = "doctor", "Another doctor"

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="adverse_events"
    )
    visit = models.ForeignKey(
        "protocols.Visit", models.PROTECT, null=True, blank=True, related_name="adverse_events"
    )
    term = models.CharField(max_length=60, help_text="Key of the checklist, or other: cheilitis")
    title = models.CharField(max_length=80)
    ctcae_term = models.CharField(max_length=80, blank=True, help_text="Blank: graded by severity")
    ctcae_version = models.CharField(max_length=8, default="5.0")
    grade = models.PositiveSmallIntegerField()
    worst_grade = models.PositiveSmallIntegerField()
    onset_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    # The laboratory says it is over; a person confirms the day.
    proposed_end_on = models.DateField(null=True, blank=True)
    seriousness = models.CharField(max_length=19, choices=Seriousness, blank=True)
    relation = models.CharField(max_length=9, choices=Relation, default=Relation.PROBABLE)
    expected = models.CharField(max_length=10, choices=Expected, default=Expected.EXPECTED)
    drug_action = models.CharField(max_length=14, choices=DrugAction, default=DrugAction.NONE)
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.ONGOING)
    reporter = models.CharField(max_length=7, choices=Reporter, default=Reporter.PATIENT)
    note = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    # Nobody's is drafted by the rules.
    recorded_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # When the rules learnt something new after the review; None once a clinician has looked.
    news_at = models.DateTimeField(null=True, blank=True)
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_because = models.CharField(max_length=300, blank=True)

    objects = AdverseEventQuerySet.as_manager()

    class Meta:
        ordering = ["onset_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "term"],
                condition=Q(ended_on=None, struck_at=None) & ~Q(term="other"),
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
            models.CheckConstraint(
                name="adverse_event_review_is_signed",
                condition=Q(reviewed_at=None, reviewed_by=None, news_at=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
            models.CheckConstraint(name="adverse_event_striking_has_a_reason", condition=STRUCK),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"title", "note", "struck_because"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "visit", "term", "ctcae_term", "ctcae_version", "grade",
            "worst_grade", "onset_on", "ended_on", "proposed_end_on", "seriousness", "relation",
            "expected", "drug_action", "outcome", "reporter", "recorded_at", "recorded_by",
            "reviewed_at", "reviewed_by", "news_at", "struck_at", "struck_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.title} {self.pk}"

    @property
    def serious(self) -> bool:
        return bool(self.seriousness)

    @property
    def label(self) -> str:
        return f"protocols.adverseevent:{self.pk}"


@pghistory.track()
class AdverseEventEntry(models.Model):
    """One link in the course of a side effect: its grade on a day, from whom or from what."""

    event = models.ForeignKey(AdverseEvent, models.PROTECT, related_name="entries")
    on = models.DateField()
    grade = models.PositiveSmallIntegerField(help_text="0: not there any more")
    note = models.CharField(max_length=300, blank=True)
    evidence = models.CharField(max_length=80, blank=True, help_text="Label: labs.draw:9")
    recorded_at = models.DateTimeField(default=timezone.now)
    # Nobody's comes from the rules.
    recorded_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "evidence"],
                condition=Q(struck_at=None) & ~Q(evidence=""),
                name="adverse_event_is_told_once_by_its_evidence",
            ),
            models.CheckConstraint(
                name="adverse_event_entry_grade_exists", condition=Q(grade__lte=5)
            ),
            models.CheckConstraint(
                name="adverse_event_entry_striking_has_a_reason", condition=STRUCK
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note", "struck_because"}
        plain: ClassVar[set[str]] = {
            "id", "event", "on", "grade", "evidence", "recorded_at", "recorded_by", "struck_at",
            "struck_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"entry {self.pk}"


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
