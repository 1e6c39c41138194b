"""Where we work and who works there: sites, sign-in accounts, a member's role at a site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from clinic.access import Role


class Site(models.Model):
    """One clinic: its clock, its paper and the neutral name it signs messages with."""

    class Paper(models.TextChoices):
        LETTER = "letter", "Letter"
        A4 = "a4", "A4"

    name = models.CharField(max_length=80, unique=True)
    code = models.SlugField(max_length=12, unique=True)
    record_prefix = models.CharField(max_length=6, default="HF")
    time_zone = models.CharField(max_length=40)
    zone_word = models.CharField(max_length=20, help_text="How people say the zone: Pacific")
    # What an outsider may read on a lock screen (domain reference §9.4): never what we treat.
    neutral_name = models.CharField(max_length=40)
    phone = models.CharField(max_length=30)
    phone_hours = models.CharField(max_length=60, default="weekdays 8 to 5")
    address = models.CharField(max_length=200)
    paper = models.CharField(max_length=6, choices=Paper, default=Paper.LETTER)
    # How long a paged member has before the next one is paged: a default the clinic signs off.
    page_answer_minutes = models.PositiveSmallIntegerField(default=15)
    # What a patient in danger reads at once, as the clinic's country has it.
    crisis_line = models.CharField(max_length=30, default="988")

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "name", "code", "record_prefix", "time_zone", "zone_word", "neutral_name",
            "phone", "phone_hours", "address", "paper", "page_answer_minutes", "crisis_line",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def localdate(self, now: datetime) -> date:
        """The calendar day it is here at that instant; windows are counted in these days."""
        return now.astimezone(self.zone).date()


class AccountManager(BaseUserManager["Account"]):
    def create_account(
        self, *, email: str, name: str, kind: str, password: str | None = None, **more: Any
    ) -> Account:
        """Open a sign-in; without a password nobody can use it until its owner sets one."""
        if more.get("is_demonstration") and not settings.DEMONSTRATION:
            raise ImproperlyConfigured("Demonstration accounts exist in the embedded mode alone.")
        account = self.model(
            email=self.normalize_email(email).lower(), name=name, kind=kind, **more
        )
        account.set_password(password)
        account.save()
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email__iexact=username or "")


class Account(AbstractBaseUser):
    """One sign-in, of a member of staff or of a patient, never both."""

    class Kind(models.TextChoices):
        STAFF = "staff", "Staff"
        PATIENT = "patient", "Patient"
        PARTNER = "partner", "Partner"

    class Units(models.TextChoices):
        CONVENTIONAL = "conventional", "Conventional"
        SI = "si", "SI"

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind)
    is_active = models.BooleanField(default=True)
    is_demonstration = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    # In which units he reads results; what was received stays as it was received.
    units = models.CharField(max_length=12, choices=Units, default=Units.CONVENTIONAL)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    # Who this account is at the site it works at now; the middleware fills it in.
    member: Member | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="account_email_is_used_once",
                violation_error_message="Another account uses this e-mail address.",
            ),
            models.CheckConstraint(
                name="account_kind_is_known", condition=Q(kind__in=["staff", "patient", "partner"])
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"email", "name", "password"}
        plain: ClassVar[set[str]] = {
            "id", "kind", "is_active", "is_demonstration", "joined_at", "last_login", "units",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def is_staff_kind(self) -> bool:
        return self.kind == self.Kind.STAFF


class MemberQuerySet(models.QuerySet["Member"]):
    def active(self) -> MemberQuerySet:
        return self.filter(deactivated_at=None, account__is_active=True)

    def visible_to(self, user: Account) -> MemberQuerySet:
        """The colleagues at the site this account works at now."""
        return self.filter(site=user.member.site_id) if user.member else self.none()


class Member(models.Model):
    """An account's role at one site."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="memberships")
    site = models.ForeignKey(Site, models.PROTECT, related_name="members")
    role = models.CharField(max_length=16, choices=[(r.value, r.value.title()) for r in Role])
    since_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    deactivated_by = models.ForeignKey(
        Account, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site"],
                condition=Q(deactivated_at=None),
                name="member_has_one_role_per_site",
                violation_error_message="This person already has a role at this site.",
            ),
            models.CheckConstraint(
                name="member_deactivation_is_signed",
                condition=Q(deactivated_at=None, deactivated_by=None)
                | Q(deactivated_at__isnull=False, deactivated_by__isnull=False),
            ),
        ]
        ordering = ["account__name"]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "account", "site", "role", "since_at", "deactivated_at", "deactivated_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.account} ({self.get_role_display()})"


class AccessLinkQuerySet(models.QuerySet["AccessLink"]):
    def usable(self, now: datetime) -> AccessLinkQuerySet:
        return self.filter(used_at=None, withdrawn_at=None, expires_at__gt=now)


class AccessLink(models.Model):
    """A single-use link that lets the owner of an account set a password; only its hash is kept."""

    class Purpose(models.TextChoices):
        MEMBER = "member", "Invitation of a member"
        PORTAL = "portal", "Invitation of a patient"

    account = models.ForeignKey(Account, models.PROTECT, related_name="access_links")
    purpose = models.CharField(max_length=8, choices=Purpose)
    token_sha256 = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.ForeignKey(Account, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AccessLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="access_link_expires_after_issue",
                condition=Q(expires_at__gt=F("issued_at")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"token_sha256"}
        plain: ClassVar[set[str]] = {
            "id", "account", "purpose", "issued_at", "issued_by", "expires_at", "used_at",
            "withdrawn_at",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}"
