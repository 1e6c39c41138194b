"""Who may hand in results over the FHIR door: one key for each system of a laboratory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class LaboratoryTokenQuerySet(models.QuerySet["LaboratoryToken"]):
    def visible_to(self, user: Account) -> LaboratoryTokenQuerySet:
        return self.filter(laboratory__site=user.member.site_id) if user.member else self.none()

    def in_force(self) -> LaboratoryTokenQuerySet:
        return self.filter(revoked_at=None)


class LaboratoryToken(models.Model):
    """A bearer token. It is shown once; what is kept is its SHA-256 and its first letters."""

    laboratory = models.ForeignKey("labs.Laboratory", models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80, help_text="Which system of theirs uses it")
    sha256 = models.CharField(max_length=64, unique=True)
    begins = models.CharField(max_length=12, help_text="To tell two apart")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_reason = models.CharField(max_length=200, blank=True)

    objects = LaboratoryTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="token_revocation_is_signed",
                condition=Q(revoked_at=None, revoked_by=None, revoked_reason="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_reason="")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"revoked_reason", "sha256"}
        plain: ClassVar[set[str]] = {
            "id", "laboratory", "name", "begins", "created_at", "created_by", "last_used_at",
            "revoked_at", "revoked_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name} ({self.begins}…)"
