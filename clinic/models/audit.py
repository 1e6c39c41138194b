"""The trail of what people did and read: append-only, each row signed, all of them chained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models.staff import Account


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def visible_to(self, user: Account) -> AuditEventQuerySet:
        """What happened at the site this account works at."""
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def about(self, label: str) -> AuditEventQuerySet:
        """Everything done to, or read of, the person with this label."""
        return self.filter(person=label)


class AuditEvent(models.Model):
    """One thing somebody did or read. It names its subject by label and so survives it."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, related_name="+", db_constraint=True
    )
    actor_role = models.CharField(max_length=16, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    # Whose record it concerns ("patients.patient:12"), so that he can ask who looked.
    person = models.CharField(max_length=80, blank=True)
    site = models.ForeignKey("clinic.Site", models.PROTECT, null=True, related_name="+")
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    # HMAC of the row under AUDIT_KEY: an edit shows at once, before the chain reaches it.
    digest = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-at"], name="audit_by_person", condition=~Q(person="")),
            models.Index(fields=["site", "-at", "-id"], name="audit_by_site"),
            models.Index("subject", name="audit_by_subject"),
            models.Index(fields=["actor", "-at"], name="audit_by_actor"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"detail", "reason"}
        plain: ClassVar[set[str]] = {
            "id", "at", "actor", "actor_role", "action", "subject", "person", "site", "digest",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditSeal(models.Model):
    """One link of the chain: the hash of an event's digest and of the link before it."""

    event = models.OneToOneField(
        AuditEvent, models.DO_NOTHING, related_name="seal", db_constraint=False
    )
    event_digest = models.CharField(max_length=64)
    chain_sha256 = models.CharField(max_length=64, unique=True)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "event", "event_digest", "chain_sha256"}

    def __str__(self) -> str:
        return f"seal {self.pk}"
