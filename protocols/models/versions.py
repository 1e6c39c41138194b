"""Which version of the programme a man is on, and what was kept when he was moved to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet

if TYPE_CHECKING:
    from clinic.models import Account


class VersionChange(models.Model):
    """One man moved from one version to another, or back: what moved with him, and why."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="version_changes"
    )
    was = models.ForeignKey("protocols.Version", models.PROTECT, related_name="+")
    became = models.ForeignKey("protocols.Version", models.PROTECT, related_name="+")
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    # [{visit, code, what, was, became}]: each visit that was touched, so that it can be undone.
    moves = models.JSONField(default=list)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="version_change_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="version_change_leads_elsewhere", condition=~Q(was=F("became"))
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "was", "became", "on", "at", "by", "moves", "undoes",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"version change {self.pk}"


class PinQuerySet(models.QuerySet["Pin"]):
    def visible_to(self, user: Account) -> PinQuerySet:
        if user.kind == "patient" or not user.member:
            return self.none()
        return self.filter(visit__enrolment__patient__site=user.member.site_id)

    def standing(self) -> PinQuerySet:
        return self.filter(lifted_at=None)


@pghistory.track()
class Pin(models.Model):
    """A visit whose days are agreed with the man: no new version and no new anchor moves it."""

    visit = models.ForeignKey("protocols.Visit", models.PROTECT, related_name="pins")
    reason = models.CharField(max_length=200)
    pinned_at = models.DateTimeField(default=timezone.now)
    pinned_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # Set where it was pinned because its window in the new version was over already.
    change = models.ForeignKey(
        VersionChange, models.PROTECT, null=True, blank=True, related_name="pins"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["visit"], condition=Q(lifted_at=None), name="visit_is_pinned_once"
            ),
            models.CheckConstraint(name="pin_has_reason_given", condition=~Q(reason="")),
            models.CheckConstraint(
                name="pin_lifting_is_signed",
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "visit", "pinned_at", "pinned_by", "change", "lifted_at", "lifted_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"pin {self.pk}"


class Displacement(models.Model):
    """A booking that a change of version put outside its visit's window: somebody settles it."""

    appointment = models.ForeignKey(
        "protocols.Appointment", models.PROTECT, related_name="displacements"
    )
    change = models.ForeignKey(VersionChange, models.PROTECT, related_name="displacements")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "change"], name="displacement_once_per_change"
            )
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "appointment", "change"}

    def __str__(self) -> str:
        return f"displacement {self.pk}"
