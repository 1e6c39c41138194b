"""What can be measured, in which unit, and what a laboratory calls it. Knows no patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class Analyte(models.Model):
    """One thing that is measured; loaded from labs/definitions/analytes.yaml."""

    class Group(models.TextChoices):
        SEMEN = "semen", "Semen"
        LIPIDS = "lipids", "Lipids"
        LIVER_MUSCLE = "liver_muscle", "Liver and muscle"
        METABOLIC = "metabolic", "Sugar and kidney"
        HORMONES = "hormones", "Hormones"
        BLOOD = "blood", "Blood count"

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    plain_name = models.CharField(max_length=80)
    group = models.CharField(max_length=12, choices=Group)
    unit = models.CharField(max_length=20, help_text="UCUM, conventional")
    si_unit = models.CharField(max_length=20, blank=True)
    decimals = models.PositiveSmallIntegerField(default=0)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "key"]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "key", "name", "plain_name", "group", "unit", "si_unit", "decimals", "position",
        }  # fmt: skip

    def __str__(self) -> str:
        return self.name


class AnalyteCode(models.Model):
    """What a coding system, or one laboratory, calls an analyte.

    Without a laboratory it comes from the definition files and holds for everybody; with one, a
    person has said what that laboratory means by it.
    """

    analyte = models.ForeignKey(Analyte, models.CASCADE, related_name="codes")
    laboratory = models.ForeignKey(
        "labs.Laboratory", models.CASCADE, null=True, blank=True, related_name="codes"
    )
    system = models.CharField(max_length=200, blank=True, help_text="LN, L, or as it was sent")
    code = models.CharField(max_length=80)
    mapped_at = models.DateTimeField(null=True, blank=True)
    mapped_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "code", "laboratory"],
                name="analyte_code_means_one_thing",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="analyte_code_mapping_is_signed",
                condition=Q(laboratory=None, mapped_at=None, mapped_by=None)
                | Q(laboratory__isnull=False, mapped_at__isnull=False, mapped_by__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "analyte", "laboratory", "system", "code", "mapped_at", "mapped_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.system} {self.code}".strip()


class UnitAlias(models.Model):
    """What one laboratory writes for a unit: "Mio/ml" is 10*6/mL; said by a person."""

    laboratory = models.ForeignKey("labs.Laboratory", models.CASCADE, related_name="unit_aliases")
    # Folded: capitals and spaces say nothing where a person has said what is meant.
    text = models.CharField(max_length=60)
    unit = models.CharField(max_length=20, help_text="UCUM")
    mapped_at = models.DateTimeField(default=timezone.now)
    mapped_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "unit aliases"
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "text"], name="unit_alias_means_one_unit"
            ),
            models.CheckConstraint(name="unit_alias_says_something", condition=~Q(text="")),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "laboratory", "text", "unit", "mapped_at", "mapped_by"}

    def __str__(self) -> str:
        return f"{self.text} is {self.unit}"


class LaboratoryQuerySet(models.QuerySet["Laboratory"]):
    def visible_to(self, user: Account) -> LaboratoryQuerySet:
        return self.filter(site=user.member.site_id) if user.member else self.none()


class Laboratory(models.Model):
    """Who measured it; `facility` is MSH-4 of its messages."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="laboratories")
    name = models.CharField(max_length=80)
    facility = models.CharField(max_length=80, blank=True)
    andrology = models.BooleanField(default=False)

    objects = LaboratoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "laboratories"
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="laboratory_name_once_per_site"),
            models.UniqueConstraint(
                fields=["site", "facility"],
                condition=~Q(facility=""),
                name="laboratory_facility_once_per_site",
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "site", "name", "facility", "andrology"}

    def __str__(self) -> str:
        return self.name


class ReferenceRange(models.Model):
    """What a laboratory prints beside an analyte, for whom and from which day on.

    A range that changes is a new row, never another word in an old one: PostgreSQL refuses. The
    rows without a laboratory are the defaults of the definition files and come with a release.
    """

    class Sex(models.TextChoices):
        ANY = "", "Everybody"
        MALE = "male", "Men"
        FEMALE = "female", "Women"

    analyte = models.ForeignKey(Analyte, models.CASCADE, related_name="ranges")
    laboratory = models.ForeignKey(Laboratory, models.PROTECT, null=True, related_name="ranges")
    unit = models.CharField(max_length=20)
    low = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    high = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    text = models.CharField(max_length=40)
    source = models.CharField(max_length=120)
    sex = models.CharField(max_length=6, choices=Sex, default=Sex.ANY, blank=True)
    age_from = models.PositiveSmallIntegerField(null=True, help_text="Whole years, included")
    age_to = models.PositiveSmallIntegerField(null=True, help_text="Whole years, included")
    valid_from = models.DateField(null=True)
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "analyte", "laboratory", "unit", "sex", "age_from", "age_to", "valid_from",
                ],
                name="range_once_for_whom_and_when",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="range_has_a_limit",
                condition=Q(low__isnull=False) | Q(high__isnull=False),
            ),
            models.CheckConstraint(
                name="range_ages_are_in_order",
                condition=Q(age_from=None) | Q(age_to=None) | Q(age_to__gte=F("age_from")),
            ),
            models.CheckConstraint(
                name="range_of_a_laboratory_has_a_day",
                condition=Q(laboratory=None) | Q(valid_from__isnull=False),
            ),
        ]  # fmt: skip

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "analyte", "laboratory", "unit", "low", "high", "text", "source", "sex",
            "age_from", "age_to", "valid_from", "written_at", "written_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.analyte}: {self.text}"


class LimitsSignature(models.Model):
    """A clinic's word that the critical limits are right for it; changed ones are unsigned."""

    site = models.ForeignKey("clinic.Site", models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64)
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "fingerprint"], name="limits_are_signed_once_per_site"
            )
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "site", "fingerprint", "signed_at", "signed_by"}

    def __str__(self) -> str:
        return f"{self.site}: {self.fingerprint[:8]}"


class Panel(models.Model):
    """Analytes that are ordered and shown together."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    loinc = models.CharField(max_length=12, blank=True)
    analytes: models.ManyToManyField[Analyte, Analyte] = models.ManyToManyField(
        Analyte, related_name="panels"
    )
    position = models.PositiveSmallIntegerField(default=0)
    needs_fasting = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "key", "name", "loinc", "position", "needs_fasting"}

    def __str__(self) -> str:
        return self.name
