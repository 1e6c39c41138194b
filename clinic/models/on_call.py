"""Who is on call at a site, and every page that was sent: to whom, when, and who answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models.staff import Account


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    TELEPHONE = "telephone", "Telephone, by the desk"


class ShiftQuerySet(models.QuerySet["OnCallShift"]):
    def visible_to(self, user: Account) -> ShiftQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def standing(self) -> ShiftQuerySet:
        return self.filter(withdrawn_at=None)

    def at(self, now: datetime) -> ShiftQuerySet:
        """Who is on call at this moment, first to be paged first."""
        return self.standing().filter(during__contains=now).order_by("rank")


class OnCallShift(models.Model):
    """One member's turn: from when to when, and whether he is paged first, second or third."""

    class Rank(models.IntegerChoices):
        FIRST = 1, "First"
        SECOND = 2, "Second"
        THIRD = 3, "Third"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="on_call_shifts")
    member = models.ForeignKey("clinic.Member", models.PROTECT, related_name="on_call_shifts")
    rank = models.PositiveSmallIntegerField(choices=Rank)
    during = DateTimeRangeField(help_text="[from, to)")
    channel = models.CharField(max_length=9, choices=Channel, default=Channel.EMAIL)
    phone = models.CharField(max_length=30, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering = ["during", "rank"]
        constraints = [
            ExclusionConstraint(
                name="on_call_has_one_person_in_each_place",
                expressions=[
                    ("site", RangeOperators.EQUAL),
                    ("rank", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at=None),
            ),
            ExclusionConstraint(
                name="on_call_person_has_one_place_at_a_time",
                expressions=[
                    ("member", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="on_call_begins_and_ends",
                condition=Q(
                    during__isempty=False, during__lower_inf=False, during__upper_inf=False
                ),
            ),
            models.CheckConstraint(
                name="on_call_by_telephone_has_a_number",
                condition=~Q(channel="telephone") | ~Q(phone=""),
            ),
            models.CheckConstraint(
                name="on_call_withdrawal_is_signed",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"phone"}
        plain: ClassVar[set[str]] = {
            "id", "site", "member", "rank", "during", "channel", "added_at", "added_by",
            "withdrawn_at", "withdrawn_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"on call {self.pk}"


class PageQuerySet(models.QuerySet["Page"]):
    def visible_to(self, user: Account) -> PageQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()

    def open(self) -> PageQuerySet:
        return self.filter(state=Page.State.OPEN)


class Page(models.Model):
    """Somebody is needed now: calls go out, one after another, until one is answered."""

    class State(models.TextChoices):
        OPEN = "open", "Nobody has answered"
        ANSWERED = "answered", "Answered"
        WITHDRAWN = "withdrawn", "Not needed any more"

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="pages")
    about = models.CharField(max_length=80, help_text="Label of what somebody is needed for")
    person = models.CharField(max_length=80, blank=True, help_text="Label of whom it concerns")
    raised_at = models.DateTimeField(default=timezone.now)
    # When the next call goes out if nobody has answered by then.
    next_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["about"], condition=Q(state="open"), name="page_is_open_once_for_a_thing"
            ),
            models.CheckConstraint(
                name="page_answer_is_signed",
                condition=Q(state="answered", answered_at__isnull=False, answered_by__isnull=False)
                | Q(~Q(state="answered"), answered_at=None, answered_by=None),
            ),
        ]
        indexes = [
            models.Index("next_at", name="page_waiting", condition=Q(state="open")),
            models.Index(fields=["site", "-raised_at"], name="page_by_site"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "site", "about", "person", "raised_at", "next_at", "state", "answered_at",
            "answered_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"page {self.pk}"


class PageCall(models.Model):
    """One try to reach one member about a page."""

    page = models.ForeignKey(Page, models.PROTECT, related_name="calls")
    member = models.ForeignKey("clinic.Member", models.PROTECT, related_name="+")
    round = models.PositiveSmallIntegerField(help_text="1 the first time round")
    channel = models.CharField(max_length=9, choices=Channel)
    phone = models.CharField(max_length=30, blank=True)
    called_at = models.DateTimeField()
    # The e-mail that was sent; its state and attempts are the outbox's.
    message = models.ForeignKey(
        "clinic.Message", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "member", "round"], name="page_calls_a_member_once_a_round"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"phone"}
        plain: ClassVar[set[str]] = {
            "id", "page", "member", "round", "channel", "called_at", "message",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"call {self.pk}"
