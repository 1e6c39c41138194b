"""Who reads in whose place, how long a result may wait unread, and what was done when it did."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from clinic.rules.reading import PROPOSED, Hours, Severity

if TYPE_CHECKING:
    from clinic.models.staff import Account

SEVERITIES = [
    (Severity.CRITICAL.value, "A critical value"),
    (Severity.OUT_OF_RANGE.value, "Out of range, or a semen analysis"),
    (Severity.IN_RANGE.value, "In range"),
]


class CoverQuerySet(models.QuerySet["Cover"]):
    def visible_to(self, user: Account) -> CoverQuerySet:
        return self.filter(member__site=user.member.site_id) if user.member else self.none()

    def standing(self) -> CoverQuerySet:
        return self.filter(ended_at=None)

    def on(self, day: date) -> CoverQuerySet:
        """Those that hold on this day of the clinic's calendar; over is over by itself."""
        return self.standing().filter(days__contains=day)


class Cover(models.Model):
    """While one member is away another reads what is hers; both see it."""

    member = models.ForeignKey("clinic.Member", models.PROTECT, related_name="covers")
    by = models.ForeignKey("clinic.Member", models.PROTECT, related_name="covering")
    days = DateRangeField(help_text="[first, day after the last)")
    arranged_at = models.DateTimeField(default=timezone.now)
    arranged_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CoverQuerySet.as_manager()

    class Meta:
        ordering = ["days", "pk"]
        constraints = [
            ExclusionConstraint(
                name="cover_is_one_person_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("days", RangeOperators.OVERLAPS),
                ],
                condition=Q(ended_at=None),
            ),
            models.CheckConstraint(name="cover_is_somebody_else", condition=~Q(member=F("by"))),
            models.CheckConstraint(
                name="cover_begins_and_ends",
                condition=Q(days__isempty=False, days__lower_inf=False, days__upper_inf=False),
            ),
            models.CheckConstraint(
                name="cover_end_is_signed",
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "member", "by", "days", "arranged_at", "arranged_by", "ended_at", "ended_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"cover {self.pk}"

    @property
    def last_day(self) -> date:
        """The last day of it, as people say it."""
        return date.fromordinal(self.days.upper.toordinal() - 1)


class ReadingHours(models.Model):
    """How long a result of one severity may wait unread before each step, as a site decided."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="reading_hours")
    severity = models.CharField(max_length=12, choices=SEVERITIES)
    responsible = models.PositiveSmallIntegerField()
    on_call = models.PositiveSmallIntegerField()
    everybody = models.PositiveSmallIntegerField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "severity"], name="reading_hours_are_said_once"
            ),
            models.CheckConstraint(
                name="reading_hours_come_one_after_another",
                condition=Q(
                    responsible__gte=1,
                    on_call__gt=F("responsible"),
                    everybody__gt=F("on_call"),
                    everybody__lte=336,
                ),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "severity", "responsible", "on_call", "everybody", "set_at", "set_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"reading hours {self.pk}"

    @property
    def hours(self) -> Hours:
        return (self.responsible, self.on_call, self.everybody)

    @property
    def proposed(self) -> bool:
        """Are these what the programme proposes?"""
        return self.hours == PROPOSED[Severity(self.severity)]


class ReadingStepQuerySet(models.QuerySet["ReadingStep"]):
    def visible_to(self, user: Account) -> ReadingStepQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()


class ReadingStep(models.Model):
    """Nobody had looked, and somebody was told of it; written down once for each step."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    about = models.CharField(max_length=80, help_text="Label of the result")
    person = models.CharField(max_length=80, blank=True, help_text="Label of whom it concerns")
    severity = models.CharField(max_length=12, choices=SEVERITIES)
    # Since when it waits: a correction waits anew, with steps of its own.
    since_at = models.DateTimeField()
    step = models.PositiveSmallIntegerField(help_text="1 responsible, 2 cover and on call, 3 all")
    after_hours = models.PositiveSmallIntegerField()
    taken_at = models.DateTimeField()
    told = models.ManyToManyField("clinic.Member", related_name="+")

    objects = ReadingStepQuerySet.as_manager()

    class Meta:
        ordering = ["since_at", "step"]
        constraints = [
            models.UniqueConstraint(
                fields=["about", "since_at", "step"], name="reading_step_is_taken_once"
            ),
            models.CheckConstraint(
                name="reading_step_is_known", condition=Q(step__gte=1, step__lte=3)
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "about", "person", "severity", "since_at", "step", "after_hours",
            "taken_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"reading step {self.pk}"
