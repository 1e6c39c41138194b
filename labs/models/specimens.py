"""What was taken for an order: the tube or the jar, and what became of it on its way."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, ClassVar, Self

import pghistory
from django.db import models
from django.db.models import F, Q

from labs.rules.accession import specimen_number

if TYPE_CHECKING:
    from clinic.models import Account


class SpecimenQuerySet(models.QuerySet["Specimen"]):
    def visible_to(self, user: Account) -> Self:
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()

    def usable(self) -> Self:
        return self.filter(rejected_at=None)


@pghistory.track()
class Specimen(models.Model):
    """One container of ours: collected, received, or rejected with the reason."""

    class Rejection(models.TextChoices):
        HAEMOLYSED = "haemolysed", "Haemolysed"
        CLOTTED = "clotted", "Clotted"
        TOO_LITTLE = "too_little", "Too little"
        TOO_OLD = "too_old", "Too old when it arrived"
        WRONG_TUBE = "wrong_tube", "Wrong tube"
        NOT_LABELLED = "not_labelled", "Not labelled, or for somebody else"
        LOST = "lost", "Lost or broken"
        OTHER = "other", "Another reason"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="specimens")
    orders: models.ManyToManyField[models.Model, models.Model] = models.ManyToManyField(
        "labs.Order", related_name="specimens"
    )
    collected_at = models.DateTimeField()
    collected_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejection = models.CharField(max_length=12, choices=Rejection, blank=True)
    rejection_note = models.CharField(max_length=200, blank=True)

    objects = SpecimenQuerySet.as_manager()

    class Meta:
        ordering = ["-collected_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="specimen_receipt_is_signed",
                condition=Q(received_at=None, received_by=None)
                | Q(received_at__gte=F("collected_at"), received_by__isnull=False),
            ),
            models.CheckConstraint(
                name="specimen_rejection_has_reason",
                condition=Q(rejected_at=None, rejected_by=None, rejection="", rejection_note="")
                | (
                    Q(rejected_at__gte=F("collected_at"), rejected_by__isnull=False)
                    & ~Q(rejection="")
                ),
            ),
        ]
        indexes = [models.Index("patient", name="specimen_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"rejection_note"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "collected_at", "collected_by", "received_at", "received_by",
            "rejected_at", "rejected_by", "rejection",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Our number for it, with its check digit: what its label says."""
        return specimen_number(self.collected_at.astimezone(UTC).year, self.pk)
