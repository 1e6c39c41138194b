"""What leaves the house: one row per message, kept in the same transaction as its cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models.staff import Account


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, user: Account) -> MessageQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def due(self, now: datetime) -> MessageQuerySet:
        """Waiting and ripe, or left half-sent by a worker whose lease has run out."""
        return self.filter(
            Q(state=Message.State.WAITING, not_before__lte=now)
            | Q(state=Message.State.SENDING, lease_until__lte=now)
        )

    def failed(self) -> MessageQuerySet:
        return self.filter(state=Message.State.FAILED)


class Message(models.Model):
    """One e-mail that must leave, once; the row is the truth, Redis only wakes the worker."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Not needed any more"
        EXPIRED = "expired", "Too late to be useful"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    recipient = models.EmailField(max_length=254)
    template = models.CharField(max_length=80)
    # Ids, dates and neutral words only; emptied once sent.
    context = models.JSONField(default=dict, blank=True)
    subject = models.CharField(max_length=80, blank=True, help_text="Label of what it is about")
    person = models.CharField(max_length=80, blank=True, help_text="Label of whom it is for")
    dedupe_key = models.CharField(max_length=160, unique=True)
    not_before = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The same Message-ID at every attempt: a repeat after a crash is the same letter.
    message_id = models.CharField(max_length=120)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "not_before", name="message_waiting", condition=Q(state__in=["waiting", "sending"])
            ),
            models.Index("site", name="message_failed", condition=Q(state="failed")),
            models.Index("subject", name="message_by_subject"),
        ]
        constraints = [
            models.CheckConstraint(
                name="message_sent_has_time",
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent"),
            ),
            models.CheckConstraint(
                name="message_sending_has_lease",
                condition=Q(state="sending", lease_until__isnull=False) | ~Q(state="sending"),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"recipient", "context", "last_error"}
        plain: ClassVar[set[str]] = {
            "id", "site", "template", "subject", "person", "dedupe_key", "not_before",
            "expires_at", "state", "lease_until", "attempts", "message_id", "sent_at", "created_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"message {self.pk}"
