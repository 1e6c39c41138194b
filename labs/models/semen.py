"""A semen analysis: the whole WHO sheet as read, and what the rules make of it."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labs.models.results import OfDrawQuerySet


class SemenQuerySet(OfDrawQuerySet["SemenAnalysis"]):
    def current(self) -> SemenQuerySet:
        return self.filter(superseded_by=None).exclude(status="entered_in_error")

    def final(self) -> SemenQuerySet:
        return self.current().filter(status__in=["final", "corrected"])

    def unreviewed(self) -> SemenQuerySet:
        return self.final().filter(reviewed_at=None)


@pghistory.track()
class SemenAnalysis(models.Model):
    """One sample. Fields are those of domain reference §4.1; a correction is a new row.

    `sheet` holds the answers keyed as there (validated by labs.rules.semen_sheet); the columns
    below it are what lists, graphs and rules ask for, computed from the sheet by the rules.
    """

    class Status(models.TextChoices):
        PRELIMINARY = "preliminary", "Preliminary"
        FINAL = "final", "Final"
        CORRECTED = "corrected", "Corrected"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="semen_analyses")
    laboratory = models.ForeignKey("labs.Laboratory", models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(
        "labs.Order", models.PROTECT, null=True, blank=True, related_name="semen_analyses"
    )
    specimen = models.CharField(max_length=80, blank=True)
    collected_at = models.DateTimeField()
    sheet = models.JSONField(default=dict)
    edition = models.CharField(max_length=10, default="6th-2021")
    ruleset = models.CharField(max_length=40, blank=True)
    # --- what the rules made of the sheet ---
    result_class = models.CharField(max_length=40)
    severity = models.CharField(max_length=12, blank=True)
    labels = models.JSONField(default=list, blank=True)
    notes = models.JSONField(default=list, blank=True)
    valid = models.BooleanField(null=True, help_text="For response; None: nobody can tell")
    deviations = models.JSONField(default=list, blank=True)
    sperm_seen = models.BooleanField(null=True)
    motile_seen = models.BooleanField(null=True)
    volume_ml = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    concentration_comparator = models.CharField(max_length=2, blank=True)
    concentration_m_per_ml = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    total_sperm_m = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    progressive_pct = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    total_motility_pct = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    normal_pct = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    tmsc_m = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    pellet_sperm_n = models.PositiveIntegerField(null=True)
    pellet_motile_n = models.PositiveIntegerField(null=True)
    estimate_per_ml = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, help_text="Sperm per mL, for the log graph"
    )
    detection_limit_per_ml = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    sentence = models.TextField()
    plain_sentence = models.TextField()
    # --- who ---
    status = models.CharField(max_length=16, choices=Status, default=Status.PRELIMINARY)
    source = models.CharField(max_length=4, default="form")
    entered_at = models.DateTimeField(default=timezone.now)
    entered_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # A verifier who finds something wrong sends the sheet back, with what to look at again.
    sent_back_at = models.DateTimeField(null=True, blank=True)
    sent_back_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    sent_back_reason = models.CharField(max_length=200, blank=True)
    # A clinician may let a sample count that the rules leave out; a correction is judged anew.
    included_at = models.DateTimeField(null=True, blank=True)
    included_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    included_reason = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    comment = models.TextField(blank=True)
    correction_reason = models.CharField(max_length=200, blank=True)
    superseded_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    # The same sample on the record it belongs to, where it stood on the wrong one.
    moved_to = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="moved_from"
    )

    objects = SemenQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "semen analyses"
        ordering = ["-collected_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="semen_verifier_is_a_second_person",
                condition=Q(verified_by=None) | ~Q(verified_by=F("entered_by")),
                violation_error_message="A second person verifies the sheet.",
            ),
            models.CheckConstraint(
                name="semen_final_from_a_form_is_verified",
                condition=~Q(status__in=["final", "corrected"])
                | ~Q(source="form")
                | Q(verified_by__isnull=False, verified_at__isnull=False),
            ),
            models.CheckConstraint(
                name="semen_review_is_signed",
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="semen_sent_back_is_signed",
                condition=Q(sent_back_at=None, sent_back_by=None, sent_back_reason="")
                | (
                    Q(sent_back_at__isnull=False, sent_back_by__isnull=False)
                    & ~Q(sent_back_reason="")
                ),
            ),
            models.CheckConstraint(
                name="semen_included_sample_is_signed_and_counts",
                condition=Q(included_at=None, included_by=None, included_reason="")
                | (
                    Q(included_at__isnull=False, included_by__isnull=False, valid=True)
                    & ~Q(included_reason="")
                ),
            ),
            models.UniqueConstraint(
                fields=["patient", "specimen"],
                condition=~Q(specimen="") & Q(superseded_by=None) & ~Q(status="entered_in_error"),
                name="semen_specimen_is_filed_once",
            ),
            models.CheckConstraint(
                name="semen_moved_is_struck",
                condition=Q(moved_to=None) | Q(status="entered_in_error"),
            ),
            models.CheckConstraint(
                name="semen_motile_are_among_those_found",
                condition=Q(pellet_motile_n=None) | Q(pellet_sperm_n__gte=F("pellet_motile_n")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-collected_at"], name="semen_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = {
            "sheet", "comment", "correction_reason", "sent_back_reason", "included_reason",
        }  # fmt: skip
        plain: ClassVar[set[str]] = {
            "id", "patient", "moved_to", "laboratory", "order", "specimen", "collected_at",
            "edition",
            "ruleset", "result_class", "severity", "labels", "notes", "valid", "deviations",
            "sperm_seen", "motile_seen", "volume_ml", "concentration_comparator",
            "concentration_m_per_ml", "total_sperm_m", "progressive_pct", "total_motility_pct",
            "normal_pct", "tmsc_m", "pellet_sperm_n", "pellet_motile_n", "estimate_per_ml",
            "detection_limit_per_ml", "sentence", "plain_sentence", "status", "source",
            "entered_at", "entered_by", "verified_at", "verified_by", "sent_back_at",
            "sent_back_by", "included_at", "included_by", "reviewed_at", "reviewed_by",
            "superseded_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"semen analysis {self.pk}"
