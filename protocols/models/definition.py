"""The programme as versioned data. Knows no patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class Protocol(models.Model):
    """A programme by name; what it asks for is in its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "key", "name"}

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(models.QuerySet["Version"]):
    def published(self) -> VersionQuerySet:
        """Those a man can be enrolled in."""
        return self.filter(state="published")

    def drafts(self) -> VersionQuerySet:
        """Those that are being worked on."""
        return self.filter(state="draft", discarded_at=None)


class Version(models.Model):
    """One version: a draft may change, a published one never does (a trigger refuses)."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="versions")
    # Given when it is published: drafts of one programme have none.
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    # What is typed, kept though it may not be a programme yet; of a draft it is what is edited.
    source = models.TextField(blank=True)
    # Validated by protocols.rules.definition; `sha256` is its content hash. Both are empty while
    # the source of a draft is not a programme.
    definition = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # Counts the times a draft was saved: who edits an older one is told.
    revision = models.PositiveIntegerField(default=0)
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="drafts"
    )
    saved_at = models.DateTimeField(null=True, blank=True)
    saved_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    discarded_at = models.DateTimeField(null=True, blank=True)
    discarded_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_because = models.CharField(max_length=300, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["protocol", "number"], name="protocol_version_exists_once"
            ),
            models.CheckConstraint(
                name="version_draft_has_no_number",
                condition=Q(state="draft", number=None)
                | (~Q(state="draft") & Q(number__isnull=False) & ~Q(sha256="")),
            ),
            models.CheckConstraint(
                name="version_retirement_has_reason",
                condition=Q(state="retired", retired_at__isnull=False) & ~Q(retired_because="")
                | ~Q(state="retired") & Q(retired_at=None, retired_because=""),
            ),
            models.CheckConstraint(
                name="version_discarded_was_draft",
                condition=Q(discarded_at=None, discarded_by=None)
                | Q(state="draft", discarded_at__isnull=False, discarded_by__isnull=False),
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
            "id", "protocol", "number", "state", "source", "definition", "sha256", "revision",
            "based_on", "saved_at", "saved_by", "discarded_at", "discarded_by", "published_at",
            "published_by", "retired_at", "retired_by", "retired_because",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.protocol}, {self.name}"

    @property
    def name(self) -> str:
        """version 3, or draft."""
        return "draft" if self.number is None else f"version {self.number}"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class PlannedVisit(models.Model):
    """One visit a version plans: its code, when it is due and what it needs, as columns."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="planned_visits")
    code = models.CharField(max_length=8)
    title = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField()
    anchor = models.CharField(max_length=12, help_text="first_dose, enrolment, last_dose or visit")
    # Code of the visit it is counted from, when the anchor is one.
    anchor_visit = models.CharField(max_length=8, blank=True)
    # Due so many calendar months and then so many days after its anchor.
    offset_months = models.SmallIntegerField(default=0)
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
            "id", "version", "code", "title", "position", "anchor", "anchor_visit", "offset_months",
            "offset_days", "days_before", "days_after",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.code


class SignOffQuerySet(models.QuerySet["SignOff"]):
    def visible_to(self, user: Account) -> SignOffQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def standing(self) -> SignOffQuerySet:
        return self.filter(withdrawn_at=None)


@pghistory.track()
class SignOff(models.Model):
    """The medical lead of a site stands for one value of a programme, exactly as it reads."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="sign_offs")
    # In which version he read it; the same value in a later one stays signed.
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    place = models.CharField(max_length=200)
    # Of the place and the value together: another value is another fingerprint.
    fingerprint = models.CharField(max_length=64)
    signed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=120)
    signed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_because = models.CharField(max_length=300, blank=True)

    objects = SignOffQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "protocol", "fingerprint"],
                condition=Q(withdrawn_at=None),
                name="sign_off_stands_once",
            ),
            models.CheckConstraint(
                name="sign_off_withdrawal_has_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_because="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                & ~Q(withdrawn_because=""),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"printed_name"}
        plain: ClassVar[set[str]] = {
            "id", "site", "protocol", "version", "place", "fingerprint", "signed_by", "signed_at",
            "withdrawn_at", "withdrawn_by", "withdrawn_because",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.place}, signed {self.signed_at:%Y-%m-%d}"


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
