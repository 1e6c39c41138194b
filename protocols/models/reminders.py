"""What he is to be told, and when: planned here, delivered by the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def visible_to(self, user: Account) -> ReminderQuerySet:
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()


class Reminder(models.Model):
    """One planned message about one thing at one time; the key makes it happen once."""

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        QUEUED = "queued", "In the outbox"
        CANCELLED = "cancelled", "Not needed any more"
        EXPIRED = "expired", "Too late to be useful"
        UNREACHABLE = "unreachable", "No address"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="reminders")
    rule = models.CharField(max_length=40, help_text="appointment_7d, visit_missed_1d …")
    about = models.CharField(max_length=80, help_text="Label: clinic.booking:9")
    target_at = models.DateTimeField(help_text="The instant it speaks of")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Why this instant: the zone arithmetic in words.
    explanation = models.CharField(max_length=300)
    dedupe_key = models.CharField(max_length=160, unique=True)
    state = models.CharField(max_length=11, choices=State, default=State.PLANNED)
    state_reason = models.CharField(max_length=200, blank=True)
    planned_at = models.DateTimeField(default=timezone.now)
    message = models.OneToOneField(
        "clinic.Message", models.PROTECT, null=True, blank=True, related_name="reminder"
    )

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        indexes = [
            models.Index("due_at", name="reminder_due", condition=Q(state="planned")),
            models.Index("about", name="reminder_by_subject"),
            models.Index(fields=["patient", "-due_at"], name="reminder_by_patient"),
        ]
        constraints = [
            models.CheckConstraint(
                name="reminder_queued_has_message",
                condition=~Q(state="queued") | Q(message__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "patient", "rule", "about", "target_at", "due_at", "expires_at", "explanation",
            "dedupe_key", "state", "state_reason", "planned_at", "message",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"reminder {self.pk}"
