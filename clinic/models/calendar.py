"""Where and when: people, rooms and chairs, their hours, and bookings that cannot collide."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models.staff import Account

#: The states in which a booking holds its time.
HOLDING = ["held", "booked", "arrived", "in_progress", "completed"]


class ResourceQuerySet(models.QuerySet["Resource"]):
    def visible_to(self, user: Account) -> ResourceQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def open(self) -> ResourceQuerySet:
        return self.filter(retired_on=None)


class Resource(models.Model):
    """Somebody or something that serves one patient at a time."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        ROOM = "room", "Room"
        CHAIR = "chair", "Draw chair"
        LABORATORY = "laboratory", "Laboratory seat"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="resources")
    name = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40, help_text="Shown under the name: Clinician")
    kind = models.CharField(max_length=10, choices=Kind)
    member = models.ForeignKey(
        "clinic.Member", models.PROTECT, null=True, blank=True, related_name="resources"
    )
    position = models.PositiveSmallIntegerField(default=0)
    slot_minutes = models.PositiveSmallIntegerField(default=30)
    retired_on = models.DateField(null=True, blank=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="resource_name_once_per_site"),
            models.CheckConstraint(
                name="resource_slot_is_quarter_hours",
                condition=Q(slot_minutes__in=[15, 30, 45, 60, 90, 120]),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "name", "purpose", "kind", "member", "position", "slot_minutes",
            "retired_on",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When a resource serves, on one weekday, on the clinic's clock; several rows leave breaks."""

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(help_text="Monday is 0")
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                name="hours_close_after_opening", condition=Q(closes__gt=F("opens"))
            ),
            models.CheckConstraint(name="hours_weekday_exists", condition=Q(weekday__lte=6)),
            models.UniqueConstraint(
                fields=["resource", "weekday", "opens"], name="hours_open_once_at_a_time"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "resource", "weekday", "opens", "closes"}

    def __str__(self) -> str:
        return f"{self.resource} {self.weekday} {self.opens:%H:%M}–{self.closes:%H:%M}"


class ClosedDay(models.Model):
    """A day on which the whole site is shut."""

    site = models.ForeignKey("clinic.Site", models.CASCADE, related_name="closed_days")
    on = models.DateField()
    name = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "on"], name="closed_day_once_per_site"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "site", "on", "name"}

    def __str__(self) -> str:
        return f"{self.name}, {self.on}"


class BookingQuerySet(models.QuerySet["Booking"]):
    def visible_to(self, user: Account) -> BookingQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def holding(self) -> BookingQuerySet:
        return self.filter(status__in=HOLDING)

    def between(self, start: datetime, end: datetime) -> BookingQuerySet:
        return self.filter(during__overlap=(start, end))

    def upcoming(self, now: datetime) -> BookingQuerySet:
        return self.filter(status="booked", during__startswith__gte=now)


@pghistory.track()
class Booking(models.Model):
    """A person or a room for a while, for somebody known here only by a label."""

    class Status(models.TextChoices):
        HELD = "held", "Held"
        BOOKED = "booked", "Booked"
        ARRIVED = "arrived", "Arrived"
        IN_PROGRESS = "in_progress", "With somebody"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        NO_SHOW = "no_show", "Did not come"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="bookings")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="bookings")
    attendee = models.CharField(max_length=80, help_text="Label: patients.patient:12")
    during = DateTimeRangeField()
    status = models.CharField(max_length=11, choices=Status, default=Status.BOOKED)
    # Shown on a tile and in a calendar entry; never what we treat (domain reference §9.4).
    title = models.CharField(max_length=60, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    # Rises with every change, for the calendar entry (RFC 5545 SEQUENCE).
    sequence = models.PositiveIntegerField(default=0)
    booked_at = models.DateTimeField(default=timezone.now)
    booked_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    arrived_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    cancel_reason = models.CharField(max_length=200, blank=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="booking_resource_serves_one_at_a_time",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=HOLDING),
                violation_error_message="That time has just been taken.",
            ),
            ExclusionConstraint(
                name="booking_attendee_is_in_one_place",
                expressions=[
                    ("attendee", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=HOLDING),
                violation_error_message="The patient has another booking at that time.",
            ),
            models.CheckConstraint(
                name="booking_lasts_a_while",
                condition=Q(during__isempty=False)
                & Q(during__lower_inf=False)
                & Q(during__upper_inf=False),
            ),
            models.CheckConstraint(
                name="booking_cancellation_has_reason",
                condition=Q(status="cancelled", cancelled_at__isnull=False) & ~Q(cancel_reason="")
                | ~Q(status="cancelled") & Q(cancelled_at=None),
            ),
            models.CheckConstraint(
                name="booking_hold_runs_out",
                condition=Q(status="held", held_until__isnull=False)
                | ~Q(status="held") & Q(held_until=None),
            ),
        ]
        indexes = [
            models.Index("attendee", "status", name="booking_by_attendee"),
            models.Index("site", Func("during", function="lower"), name="booking_by_day"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"cancel_reason"}
        plain: ClassVar[set[str]] = {
            "id", "site", "resource", "attendee", "during", "status", "title", "held_until",
            "sequence", "booked_at", "booked_by", "arrived_at", "cancelled_at", "cancelled_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"booking {self.pk}"

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper
