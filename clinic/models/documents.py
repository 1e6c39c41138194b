"""Files the house has made and must never lose or change: reports, kept with their hash."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models.staff import Account


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, user: Account) -> DocumentQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def of(self, person: str) -> DocumentQuerySet:
        """Everything about one person, newest first, without the bytes."""
        return self.filter(person=person).defer("content").order_by("-created_at", "-pk")


@pghistory.track(exclude=["content"])
class Document(models.Model):
    """One PDF: its bytes, their SHA-256, and whether something newer has replaced it."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    person = models.CharField(max_length=80, help_text="Label of whom it is about")
    subject = models.CharField(max_length=80, help_text="Label of what it was made from")
    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=120)
    version = models.PositiveSmallIntegerField(default=1)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    # Printed on the page; typing it on the check page says genuine or superseded.
    check_code = models.CharField(max_length=16, unique=True)
    pages = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    for_patient = models.BooleanField(default=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_because = models.CharField(max_length=200, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "kind", "version"], name="document_version_exists_once"
            ),
            models.CheckConstraint(
                name="document_superseded_has_reason",
                condition=Q(superseded_at=None, superseded_because="")
                | (Q(superseded_at__isnull=False) & ~Q(superseded_because="")),
            ),
        ]
        indexes = [models.Index(fields=["person", "-created_at"], name="document_by_person")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"content", "title", "superseded_because"}
        plain: ClassVar[set[str]] = {
            "id", "site", "person", "subject", "kind", "version", "sha256", "check_code", "pages",
            "created_at", "created_by", "for_patient", "superseded_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"document {self.pk}"

    @property
    def intact(self) -> bool:
        """Whether the bytes are still those that were stored."""
        return hashlib.sha256(bytes(self.content)).hexdigest() == self.sha256


class Drawing(models.Model):
    """A graph drawn by the worker, kept by what it shows: the same data is drawn once."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    specification = models.JSONField()
    svg = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    drawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("asked_at", name="drawing_waiting", condition=Q(drawn_at=None))]

    class Privacy:
        identifying: ClassVar[set[str]] = {"specification", "svg"}
        plain: ClassVar[set[str]] = {"sha256", "asked_at", "drawn_at"}

    def __str__(self) -> str:
        return self.sha256[:12]
