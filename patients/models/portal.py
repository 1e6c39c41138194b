"""The patient's own door: his account, when he sees results, and our letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


@pghistory.track()
class PortalAccount(models.Model):
    """Ties one sign-in to one patient."""

    class Release(models.TextChoices):
        IMMEDIATE = "immediate", "As soon as they are final"
        REVIEWED = "reviewed", "After a clinician has read them, at the latest after 14 days"
        DELAYED = "delayed", "A few days after they are final"

    patient = models.OneToOneField("patients.Patient", models.PROTECT, related_name="portal")
    account = models.OneToOneField("clinic.Account", models.PROTECT, related_name="portal")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=200, blank=True)
    # Domain reference §9.3: release is immediate unless the patient himself asks otherwise.
    release = models.CharField(max_length=9, choices=Release, default=Release.IMMEDIATE)
    release_days = models.PositiveSmallIntegerField(default=0)
    discreet = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="portal_delay_is_at_most_fourteen_days", condition=Q(release_days__lte=14)
            ),
            models.CheckConstraint(
                name="portal_revocation_has_reason",
                condition=Q(revoked_at=None, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"revoked_reason"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "account", "opened_at", "opened_by", "revoked_at", "release",
            "release_days", "discreet",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"portal of patient {self.patient_id}"


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: Account) -> LetterQuerySet:
        if user.kind == "patient":
            return self.filter(patient__portal__account=user, patient__portal__revoked_at=None)
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()

    def unanswered(self) -> LetterQuerySet:
        """From a patient and not yet read by anybody here."""
        return self.filter(from_patient=True, read_at=None)


class Letter(models.Model):
    """One message between a patient and the clinic, inside the portal."""

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="letters")
    body = models.TextField(max_length=4000)
    from_patient = models.BooleanField()
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = [
            models.Index(
                "patient", name="letter_unread", condition=Q(from_patient=True, read_at=None)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="letter_reading_is_signed",
                condition=Q(read_at=None, read_by=None)
                | Q(read_at__isnull=False, read_by__isnull=False),
            ),
            models.CheckConstraint(name="letter_says_something", condition=~Q(body="")),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"body"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "from_patient", "written_at", "written_by", "read_at", "read_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"letter {self.pk}"
