"""The programme as versioned data. Knows no patient."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Protocol(models.Model):
    """A programme by name; what it asks for is in its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "key", "name"}

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One version: a draft may change, a published one never does (a trigger refuses)."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    # Validated by protocols.rules.definition; `sha256` is its content hash.
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "number"], name="protocol_version_exists_once"
            ),
            models.CheckConstraint(
                name="version_published_has_time",
                condition=Q(state="draft", published_at=None)
                | (~Q(state="draft") & Q(published_at__isnull=False)),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "protocol", "number", "state", "definition", "sha256", "published_at",
            "published_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.protocol}, version {self.number}"


class PlannedVisit(models.Model):
    """One visit a version plans: its code, when it is due and what it needs, as columns."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="planned_visits")
    code = models.CharField(max_length=8)
    title = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=12, help_text="first_dose, enrolment or last_dose")
    offset_days = models.SmallIntegerField()
    days_before = models.PositiveSmallIntegerField()
    days_after = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"], name="planned_visit_once_per_version"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "version", "code", "title", "position", "anchor", "offset_days", "days_before",
            "days_after",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.code


class PublishedDefault(models.Model):
    """Which version new enrolments at a site take."""

    site = models.OneToOneField("clinic.Site", models.CASCADE, related_name="default_protocol")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "site", "version", "set_at"}

    def __str__(self) -> str:
        return f"{self.site}: {self.version}"
