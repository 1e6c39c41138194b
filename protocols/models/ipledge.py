"""iPLEDGE: which of its rules a site works by, from when, and what was confirmed there for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import pghistory
from django.db import models
from django.db.models import Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet

if TYPE_CHECKING:
    from clinic.models import Account


class RulesetChoiceQuerySet(models.QuerySet["RulesetChoice"]):
    def visible_to(self, user: Account) -> Self:
        return self.filter(site=user.member.site_id) if user.member else self.none()


class RulesetChoice(models.Model):
    """From this day on the site works by these rules; rows never change (a trigger refuses)."""

    class Ruleset(models.TextChoices):
        PRE_2026 = "PRE_2026", "Until the change of 2026: pick-up window, monthly confirmation"
        MOD_2026 = "MOD_2026", "Since the change of 2026: no window, confirmed once"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="ipledge_choices")
    ruleset = models.CharField(max_length=8, choices=Ruleset)
    effective_on = models.DateField()
    reason = models.CharField(max_length=300)
    chosen_at = models.DateTimeField(default=timezone.now)
    chosen_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = RulesetChoiceQuerySet.as_manager()

    class Meta:
        # The choice that counts on a day is the first of those in effect by then.
        ordering = ["-effective_on", "-pk"]
        constraints = [
            models.CheckConstraint(name="ruleset_choice_has_reason", condition=~Q(reason="")),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "ruleset", "effective_on", "reason", "chosen_at", "chosen_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_ruleset_display()}, from {self.effective_on}"


@pghistory.track()
class Attestation(models.Model):
    """It was confirmed in iPLEDGE that he was counselled for one month of capsules."""

    enrolment = models.ForeignKey(
        "protocols.Enrolment", models.PROTECT, related_name="attestations"
    )
    # The number of the bottle it is for; 1 is the confirmation when he was entered there.
    month = models.PositiveSmallIntegerField()
    on = models.DateField()
    ruleset = models.CharField(max_length=8, choices=RulesetChoice.Ruleset)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ["month"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "month"],
                name="attestation_is_given_once_a_month",
                violation_error_message="This month is confirmed already.",
            ),
            models.CheckConstraint(name="attestation_counts_from_one", condition=Q(month__gte=1)),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "enrolment", "month", "on", "ruleset", "recorded_at", "recorded_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"iPLEDGE, month {self.month}"
