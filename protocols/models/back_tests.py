"""A rule tried on everything stored: how far the look has come, and what it would have said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from protocols.models.conduct import OfEnrolmentQuerySet

if TYPE_CHECKING:
    from clinic.models import Account


class BackTestQuerySet(models.QuerySet["BackTest"]):
    def visible_to(self, user: Account) -> BackTestQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()


class BackTest(models.Model):
    """One rule of one version, as written or with another threshold, against a site's past."""

    site = models.ForeignKey("clinic.Site", models.CASCADE, related_name="back_tests")
    version = models.ForeignKey("protocols.Version", models.CASCADE, related_name="back_tests")
    rule = models.CharField(max_length=60)
    # The number it was tried with; none where it was tried as the version has it.
    threshold = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    title = models.CharField(max_length=200)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    # The look goes through the enrolments in their order; it is done when the last was looked at.
    looked = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    last_enrolment = models.BigIntegerField(default=0)
    done = models.BooleanField(default=False)
    # Pieces of evidence looked at, and between which days they lie.
    evidence = models.PositiveIntegerField(default=0)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)

    objects = BackTestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="back_test_days_are_ordered",
                condition=Q(first_on=None, last_on=None) | Q(first_on__lte=F("last_on")),
            )
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "version", "rule", "threshold", "title", "asked_at", "asked_by",
            "looked", "of", "last_enrolment", "done", "evidence", "first_on", "last_on",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.title


class BackTestHit(models.Model):
    """One time the rule would have fired, or did fire and would not any more. No name is kept."""

    class Fate(models.TextChoices):
        ACCEPTED = "accepted", "Fired, accepted"
        EDITED = "edited", "Fired, decided otherwise"
        DECLINED = "declined", "Fired, declined"
        WAITING = "waiting", "Fired, to decide"
        ANOTHER = "another", "Another rule fired"
        NOT_FIRED = "not_fired", "Did not fire"

    run = models.ForeignKey(BackTest, models.CASCADE, related_name="hits")
    enrolment = models.ForeignKey("protocols.Enrolment", models.CASCADE, related_name="+")
    on = models.DateField()
    evidence = models.CharField(max_length=80, help_text="Label: labs.draw:9")
    sentence = models.CharField(max_length=300)
    action = models.CharField(max_length=15)
    would_fire = models.BooleanField()
    fate = models.CharField(max_length=9, choices=Fate)

    objects = OfEnrolmentQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["run", "-on", "-id"], name="back_test_hit_by_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "evidence"], name="back_test_hit_once_per_evidence"
            )
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"sentence"}
        plain: ClassVar[set[str]] = {
            "id", "run", "enrolment", "on", "evidence", "action", "would_fire", "fate",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"hit {self.pk}"
