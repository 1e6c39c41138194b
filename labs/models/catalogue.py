"""What can be measured, in which unit, and what a laboratory calls it. Knows no patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

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
    """What a coding system, or one laboratory, calls an analyte."""

    analyte = models.ForeignKey(Analyte, models.CASCADE, related_name="codes")
    system = models.CharField(max_length=20, help_text="LN, or a laboratory's own (L)")
    code = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "code"], name="analyte_code_means_one_thing"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {"id", "analyte", "system", "code"}

    def __str__(self) -> str:
        return f"{self.system} {self.code}"


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
    """What a laboratory prints beside an analyte; limits may be one-sided."""

    analyte = models.ForeignKey(Analyte, models.CASCADE, related_name="ranges")
    laboratory = models.ForeignKey(Laboratory, models.CASCADE, null=True, related_name="ranges")
    unit = models.CharField(max_length=20)
    low = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    high = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    text = models.CharField(max_length=40)
    source = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["analyte", "laboratory", "unit"],
                name="range_once_per_laboratory_and_unit",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="range_has_a_limit",
                condition=Q(low__isnull=False) | Q(high__isnull=False),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "analyte", "laboratory", "unit", "low", "high", "text", "source",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.analyte}: {self.text}"


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
