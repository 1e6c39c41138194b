"""What a rule asks a person to do for a man, by a moment, ticked off by whoever did it."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet


class DutyQuerySet(OfEnrolmentQuerySet["Duty"]):
    def open(self) -> DutyQuerySet:
        return self.filter(done_at=None)


@pghistory.track()
class Duty(models.Model):
    """One thing to do: measure lipase, phone him, write the report of a serious event."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        NOT_NEEDED = "not_needed", "Not needed"

    enrolment = models.ForeignKey("protocols.Enrolment", models.PROTECT, related_name="duties")
    finding = models.ForeignKey(
        "protocols.Finding", models.PROTECT, null=True, blank=True, related_name="duties"
    )
    code = models.CharField(max_length=60, help_text="The task as the rule names it: LIPASE")
    title = models.CharField(max_length=120)
    about = models.CharField(max_length=80, help_text="Label: protocols.finding:9")
    # Nobody's is everybody's who works at the site.
    owner = models.ForeignKey(
        "clinic.Member", models.PROTECT, null=True, blank=True, related_name="duties"
    )
    due_at = models.DateTimeField()
    raised_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "code", "about"],
                condition=Q(done_at=None),
                name="duty_is_open_once",
            ),
            # Without a person it was taken back by the program: what asked for it is gone.
            models.CheckConstraint(
                name="duty_done_says_how",
                condition=Q(done_at=None, outcome="", done_by=None)
                | Q(done_at__isnull=False, outcome="done", done_by__isnull=False)
                | (Q(done_at__isnull=False, outcome="not_needed") & ~Q(note="")),
            ),
        ]
        indexes = [models.Index("due_at", name="duty_open", condition=Q(done_at=None))]

    class Privacy:
        identifying: ClassVar[set[str]] = {"title", "note"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "finding", "code", "about", "owner", "due_at", "raised_at",
            "outcome", "done_at", "done_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.pk}"
