"""What is held back from its patient against harm: one result at a time, by two people, for days.

There is no row for a kind of result and none for a site: a delay for everybody cannot be written.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labs.models.results import OfDrawQuerySet
from labs.rules.release import UNCONFIRMED, Held


class WithholdingQuerySet(OfDrawQuerySet["Withholding"]):
    def standing(self, now: datetime) -> WithholdingQuerySet:
        """Those that hold now: not lifted, not over, seen by a second person or a day old."""
        return self.filter(lifted_at=None, held_until__gt=now).filter(
            Q(confirmed_at__isnull=False) | Q(placed_at__gt=now - UNCONFIRMED)
        )


@pghistory.track()
class Withholding(models.Model):
    """One result its patient does not see yet, why, until when, and who agreed."""

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="withholdings")
    draw = models.ForeignKey(
        "labs.Draw", models.PROTECT, null=True, blank=True, related_name="withholdings"
    )
    analysis = models.ForeignKey(
        "labs.SemenAnalysis", models.PROTECT, null=True, blank=True, related_name="withholdings"
    )
    harm = models.TextField(help_text="The harm to life or body that this man would come to")
    held_until = models.DateTimeField()
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_because = models.CharField(max_length=200, blank=True)

    objects = WithholdingQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="withholding_is_of_one_result",
                condition=Q(draw=None, analysis__isnull=False)
                | Q(draw__isnull=False, analysis=None),
            ),
            models.CheckConstraint(name="withholding_says_the_harm", condition=~Q(harm="")),
            models.CheckConstraint(
                name="withholding_ends_after_it_begins", condition=Q(held_until__gt=F("placed_at"))
            ),
            models.CheckConstraint(
                name="withholding_is_confirmed_by_another",
                condition=Q(confirmed_at=None, confirmed_by=None)
                | (
                    Q(confirmed_at__isnull=False, confirmed_by__isnull=False)
                    & ~Q(confirmed_by=F("placed_by"))
                ),
            ),
            models.CheckConstraint(
                name="withholding_lifted_has_why",
                condition=Q(lifted_at=None, lifted_by=None, lifted_because="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_because="")),
            ),
            models.UniqueConstraint(
                fields=["draw"], condition=Q(lifted_at=None), name="withholding_of_draw_stands_once"
            ),
            models.UniqueConstraint(
                fields=["analysis"],
                condition=Q(lifted_at=None),
                name="withholding_of_semen_stands_once",
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"harm", "lifted_because"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "draw", "analysis", "held_until", "placed_at", "placed_by",
            "confirmed_at", "confirmed_by", "lifted_at", "lifted_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"withholding {self.pk}"

    @property
    def held(self) -> Held:
        return Held(self.placed_at, self.held_until, self.confirmed_at)

    @property
    def until(self) -> datetime:
        """When it ends by itself."""
        return self.held.until
