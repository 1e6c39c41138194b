"""What is frozen for a man: his word, his tests for infection, each container and its movements.

One action writes movements, labs.actions.storage.move; the database refuses what does not fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labs.models.results import OfDrawQuerySet
from labs.rules import storage as rules
from labs.rules.storage_numbers import cryosurvival_pct, recovery_pct, spoken

if TYPE_CHECKING:
    from clinic.models import Account

IN_TANK = [status.value for status in sorted(rules.IN_TANK)]
NOWHERE = Q(tank=None, canister=None, cane=None, position=None)
SOMEWHERE = Q(
    tank__isnull=False, canister__isnull=False, cane__isnull=False, position__isnull=False
)
STANDS_WHILE_KEPT = (Q(status__in=IN_TANK) & SOMEWHERE) | (~Q(status__in=IN_TANK) & NOWHERE)


@pghistory.track()
class StorageTerms(models.Model):
    """What he has agreed to for what is stored: until when, and what then. The newest holds."""

    class OnDeath(models.TextChoices):
        DISCARD = "discard", "It is discarded"
        PARTNER = "partner", "His partner may use it"
        UNDECIDED = "undecided", "Not decided yet"

    class OnSeparation(models.TextChoices):
        KEEP = "keep", "It is kept for him"
        DISCARD = "discard", "It is discarded"
        UNDECIDED = "undecided", "Not decided yet"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="storage_terms")
    consent = models.ForeignKey("patients.Consent", models.PROTECT, related_name="storage_terms")
    signed_on = models.DateField()
    expires_on = models.DateField(help_text="The last day it covers")
    on_death = models.CharField(max_length=9, choices=OnDeath)
    on_separation = models.CharField(max_length=9, choices=OnSeparation)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfDrawQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "storage terms"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="storage_terms_end_after_they_begin",
                condition=Q(expires_on__gt=F("signed_on")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-id"], name="terms_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "patient", "consent", "signed_on", "expires_on", "on_death", "on_separation",
            "recorded_at", "recorded_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"agreement to storage {self.pk}"


@pghistory.track()
class Screening(models.Model):
    """His four tests for infection, as one sampling; the newest holds."""

    class Answer(models.TextChoices):
        PENDING = "", "Not known yet"
        NEGATIVE = "negative", "Negative"
        POSITIVE = "positive", "Positive"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="screenings")
    tested_on = models.DateField()
    hiv = models.CharField("HIV", max_length=8, choices=Answer, blank=True)
    hbv = models.CharField("Hepatitis B", max_length=8, choices=Answer, blank=True)
    hcv = models.CharField("Hepatitis C", max_length=8, choices=Answer, blank=True)
    syphilis = models.CharField("Syphilis", max_length=8, choices=Answer, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = OfDrawQuerySet.as_manager()

    class Meta:
        ordering = ["-tested_on", "-pk"]
        indexes = [models.Index(fields=["patient", "-tested_on"], name="screening_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "patient", "tested_on", "hiv", "hbv", "hcv", "syphilis", "recorded_at",
            "recorded_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"screening {self.pk}"

    @property
    def answers(self) -> dict[str, str]:
        return {virus: getattr(self, virus) for virus in rules.VIRUSES}


class ContainerQuerySet(OfDrawQuerySet["Container"]):
    def kept(self) -> ContainerQuerySet:
        """What stands in a tank."""
        return self.filter(status__in=IN_TANK)


@pghistory.track()
class Container(models.Model):
    """One vial, straw or carrier with what was frozen in it, and where it stands now."""

    class Kind(models.TextChoices):
        VIAL = "vial", "Vial"
        STRAW = "straw", "Straw"
        MICRO_STRAW = "micro_straw", "Micro-straw"
        CRYOPIECE = "cryopiece", "Cryopiece"
        CRYOTOP = "cryotop", "Cryotop"
        CELL_SLEEPER = "cell_sleeper", "Cell Sleeper"
        OTHER = "other", "Other"

    class Source(models.TextChoices):
        EJACULATE = "ejaculate", "Ejaculate"
        TESE = "tese", "TESE"
        MICRO_TESE = "mtese", "Micro-TESE"

    class Method(models.TextChoices):
        SLOW = "slow", "Slow freezing"
        VAPOUR = "vapour", "Vapour"
        VITRIFICATION = "vitrification", "Vitrification"

    class Status(models.TextChoices):
        STORED = "stored", "Stored"
        RESERVED = "reserved", "Reserved"
        THAWED = "thawed", "Thawed"
        USED = "used", "Used"
        TRANSFERRED = "transferred", "Transferred"
        DISCARDED = "discarded", "Discarded"

    cryo_id = models.CharField(max_length=16, unique=True)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="containers")
    analysis = models.ForeignKey(
        "labs.SemenAnalysis", models.PROTECT, null=True, blank=True, related_name="containers"
    )
    specimen = models.CharField(max_length=80, blank=True)
    source = models.CharField(max_length=9, choices=Source, default=Source.EJACULATE)
    kind = models.CharField(max_length=12, choices=Kind)
    cryoprotectant = models.CharField(max_length=80)
    cryoprotectant_lot = models.CharField(max_length=40)
    volume_ml = models.DecimalField(max_digits=6, decimal_places=4)
    n_sperm = models.PositiveBigIntegerField()
    n_exact = models.BooleanField(default=False, help_text="Counted one by one, not estimated")
    n_motile = models.PositiveBigIntegerField()
    motility_pct = models.DecimalField(max_digits=4, decimal_places=1)
    method = models.CharField(max_length=13, choices=Method)
    frozen_at = models.DateTimeField()
    # What covered it and what was known of infection on the day it was frozen.
    terms = models.ForeignKey(StorageTerms, models.PROTECT, related_name="containers")
    screening = models.ForeignKey(
        Screening, models.PROTECT, null=True, blank=True, related_name="containers"
    )
    status = models.CharField(max_length=11, choices=Status, default=Status.STORED)
    tank = models.ForeignKey(
        "labs.Tank", models.PROTECT, null=True, blank=True, related_name="containers"
    )
    canister = models.PositiveSmallIntegerField(null=True, blank=True)
    cane = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(null=True, blank=True)

    objects = ContainerQuerySet.as_manager()

    class Meta:
        ordering = ["tank", "canister", "cane", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tank", "canister", "cane", "position"],
                condition=Q(status__in=IN_TANK),
                name="position_holds_one_container",
            ),
            models.CheckConstraint(
                name="container_stands_somewhere_while_kept", condition=STANDS_WHILE_KEPT
            ),
            models.CheckConstraint(
                name="container_few_sperm_are_counted",
                condition=Q(n_sperm__gte=100) | Q(n_exact=True),
            ),
            models.CheckConstraint(
                name="container_motile_are_among_those_frozen",
                condition=Q(n_sperm__gte=F("n_motile")),
            ),
            models.CheckConstraint(
                name="container_numbers_are_possible",
                condition=Q(motility_pct__range=(0, 100), volume_ml__gt=0, n_sperm__gte=1),
            ),
            models.CheckConstraint(
                name="container_protectant_has_lot",
                condition=~Q(cryoprotectant="") & ~Q(cryoprotectant_lot=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="container_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"cryo_id"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "analysis", "specimen", "source", "kind", "cryoprotectant",
            "cryoprotectant_lot", "volume_ml", "n_sperm", "n_exact", "n_motile", "motility_pct",
            "method", "frozen_at", "terms", "screening", "status", "tank", "canister", "cane",
            "position",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.spoken

    @property
    def spoken(self) -> str:
        return spoken(self.cryo_id)

    @property
    def spot(self) -> rules.Spot | None:
        if self.canister is None or self.cane is None or self.position is None:
            return None
        return rules.Spot(self.canister, self.cane, self.position)

    @property
    def is_kept(self) -> bool:
        return self.status in IN_TANK


class MovementQuerySet(models.QuerySet["ContainerMovement"]):
    def visible_to(self, user: Account) -> MovementQuerySet:
        if user.member is None:
            return self.none()
        return self.filter(container__patient__site=user.member.site_id)


class ContainerMovement(models.Model):
    """What two people did with a container, and how it stood afterwards; never changed."""

    class Kind(models.TextChoices):
        STORE = "store", "Stored"
        RECEIVE = "receive", "Taken in from another clinic"
        MOVE = "move", "Moved"
        RESERVE = "reserve", "Reserved"
        RELEASE = "release", "Released"
        THAW = "thaw", "Thawed"
        USE = "use", "Used"
        TRANSFER = "transfer", "Sent to another clinic"
        DISCARD = "discard", "Discarded"

    container = models.ForeignKey(Container, models.PROTECT, related_name="movements")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3 … within its container")
    kind = models.CharField(max_length=8, choices=Kind)
    status = models.CharField(max_length=11, choices=Container.Status)
    tank = models.ForeignKey("labs.Tank", models.PROTECT, null=True, blank=True, related_name="+")
    canister = models.PositiveSmallIntegerField(null=True, blank=True)
    cane = models.PositiveSmallIntegerField(null=True, blank=True)
    position = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    witness = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    # Between clinics only: whose, who drove, under which papers, with a record of the temperature.
    clinic = models.CharField(max_length=120, blank=True)
    courier = models.CharField(max_length=120, blank=True)
    papers = models.CharField(max_length=120, blank=True)
    temperature_logged = models.BooleanField(null=True, blank=True)

    objects = MovementQuerySet.as_manager()

    class Meta:
        ordering = ["container", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["container", "number"], name="container_movement_follows_one_other"
            ),
            models.CheckConstraint(
                name="container_movement_has_two_people", condition=~Q(witness=F("by"))
            ),
            models.CheckConstraint(
                name="container_movement_leaves_it_somewhere", condition=STANDS_WHILE_KEPT
            ),
            models.CheckConstraint(
                name="container_discard_has_reason", condition=~Q(kind="discard") | ~Q(reason="")
            ),
            models.CheckConstraint(
                name="container_transfer_has_papers",
                condition=(
                    Q(kind__in=["receive", "transfer"], temperature_logged__isnull=False)
                    & ~Q(clinic="")
                    & ~Q(courier="")
                    & ~Q(papers="")
                )
                | (
                    ~Q(kind__in=["receive", "transfer"])
                    & Q(clinic="", courier="", papers="", temperature_logged=None)
                ),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason", "clinic", "courier", "papers"}
        plain: ClassVar[set[str]] = {
            "id", "container", "number", "kind", "status", "tank", "canister", "cane", "position",
            "at", "by", "witness", "temperature_logged",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"movement {self.number} of {self.container}"

    @property
    def spot(self) -> rules.Spot | None:
        if self.canister is None or self.cane is None or self.position is None:
            return None
        return rules.Spot(self.canister, self.cane, self.position)


class ThawTest(models.Model):
    """What was found alive after a container was thawed; never changed."""

    container = models.OneToOneField(Container, models.PROTECT, related_name="thaw_test")
    found_n = models.PositiveBigIntegerField()
    motile_pct = models.DecimalField(max_digits=4, decimal_places=1)
    tested_at = models.DateTimeField(default=timezone.now)
    tested_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="thaw_motility_is_a_share", condition=Q(motile_pct__range=(0, 100))
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "container", "found_n", "motile_pct", "tested_at", "tested_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"test after the thaw of {self.container}"

    @property
    def recovery_pct(self) -> object:
        return recovery_pct(self.found_n, self.container.n_sperm)

    @property
    def cryosurvival_pct(self) -> object:
        return cryosurvival_pct(self.motile_pct, self.container.motility_pct)
