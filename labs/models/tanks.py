"""Where frozen samples stand: tanks, what their nitrogen was, and what was counted in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labs.rules.storage import Size

if TYPE_CHECKING:
    from clinic.models import Account

M = TypeVar("M", bound=models.Model)


class OfTankQuerySet(models.QuerySet[M]):
    """Tanks and what is noted of them: visible to whoever works at their site."""

    site_path = "tank__site"

    def visible_to(self, user: Account) -> Self:
        return self.filter(**{self.site_path: user.member.site_id}) if user.member else self.none()


class TankQuerySet(OfTankQuerySet["Tank"]):
    site_path = "site"


class Tank(models.Model):
    """One vessel of nitrogen: canisters, in each so many canes, on each so many positions."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="tanks")
    name = models.CharField(max_length=40)
    # For samples of men whose blood is not known to be free of infection.
    quarantine = models.BooleanField(default=False)
    canisters = models.PositiveSmallIntegerField(default=6)
    canes = models.PositiveSmallIntegerField(default=10, help_text="Canes or goblets in a canister")
    positions = models.PositiveSmallIntegerField(default=5, help_text="Positions on a cane")
    nitrogen_every_days = models.PositiveSmallIntegerField(default=7)
    nitrogen_least_cm = models.PositiveSmallIntegerField(default=15)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = TankQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="tank_name_once_a_site"),
            models.CheckConstraint(
                name="tank_has_room",
                condition=Q(
                    canisters__range=(1, 40), canes__range=(1, 60), positions__range=(1, 40)
                )
                & ~Q(name=""),
            ),
            models.CheckConstraint(
                name="tank_nitrogen_is_read_now_and_then",
                condition=Q(nitrogen_every_days__range=(1, 60), nitrogen_least_cm__gte=1),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "name", "quarantine", "canisters", "canes", "positions",
            "nitrogen_every_days", "nitrogen_least_cm", "added_at", "added_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def size(self) -> Size:
        return Size(self.canisters, self.canes, self.positions)


class NitrogenReading(models.Model):
    """The level of one tank as somebody has read it; never changed."""

    tank = models.ForeignKey(Tank, models.PROTECT, related_name="readings")
    read_at = models.DateTimeField()
    level_cm = models.PositiveSmallIntegerField()
    filled_to_cm = models.PositiveSmallIntegerField(null=True, blank=True)
    by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    objects = OfTankQuerySet.as_manager()

    class Meta:
        ordering = ["-read_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="nitrogen_is_filled_up_not_down",
                condition=Q(filled_to_cm=None) | Q(filled_to_cm__gte=models.F("level_cm")),
            ),
        ]
        indexes = [models.Index(fields=["tank", "-read_at"], name="nitrogen_by_tank")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note"}
        plain: ClassVar[set[str]] = {
            "id", "tank", "read_at", "level_cm", "filled_to_cm", "by", "recorded_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"nitrogen of {self.tank} {self.pk}"

    @property
    def stands_at(self) -> int:
        """What it was left at."""
        return self.level_cm if self.filled_to_cm is None else self.filled_to_cm


class TankCount(models.Model):
    """What should have been in a tank and what two people found there; never changed."""

    tank = models.ForeignKey(Tank, models.PROTECT, related_name="counts")
    counted_at = models.DateTimeField()
    by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    witness = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    expected = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    missing = models.JSONField(default=list, blank=True)
    unexpected = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = OfTankQuerySet.as_manager()

    class Meta:
        ordering = ["-counted_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="tank_count_has_two_people", condition=~Q(witness=models.F("by"))
            ),
            models.CheckConstraint(
                name="tank_count_difference_has_reason",
                condition=Q(missing=[], unexpected=[]) | ~Q(reason=""),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"missing", "unexpected", "reason"}
        plain: ClassVar[set[str]] = {
            "id", "tank", "counted_at", "by", "witness", "expected", "found",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"count of {self.tank} {self.pk}"
