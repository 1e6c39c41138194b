"""What came back: a draw with its results, as received, each with the range it was printed with."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

import pghistory
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from labs.rules.accession import order_number

if TYPE_CHECKING:
    from clinic.models import Account


M = TypeVar("M", bound=models.Model)


class OfDrawQuerySet(models.QuerySet[M]):
    """Draws, results and orders: visible to whoever may see the patient."""

    def visible_to(self, user: Account) -> Self:
        if user.kind == "patient":
            return self.filter(patient__portal__account=user, patient__portal__revoked_at=None)
        return self.filter(patient__site=user.member.site_id) if user.member else self.none()


class OrderQuerySet(OfDrawQuerySet["Order"]):
    def open(self) -> OrderQuerySet:
        return self.filter(status="open")


@pghistory.track()
class Order(models.Model):
    """A panel or a semen analysis somebody asked for, and by when it is due."""

    class Status(models.TextChoices):
        OPEN = "open", "Waiting"
        RESULTED = "resulted", "Resulted"
        CANCELLED = "cancelled", "Cancelled"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="orders")
    panel = models.ForeignKey("labs.Panel", models.PROTECT, null=True, related_name="orders")
    semen = models.BooleanField(default=False)
    fasting = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(default=timezone.now)
    ordered_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    about = models.CharField(max_length=80, blank=True, help_text="Label: protocols.finding:3")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="order_asks_for_one_thing",
                condition=Q(panel=None, semen=True) | Q(panel__isnull=False, semen=False),
            ),
        ]
        indexes = [models.Index("patient", "status", name="order_by_patient")]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reason"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "panel", "semen", "fasting", "ordered_at", "ordered_by", "due_on",
            "about", "status",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"order {self.pk}"

    @property
    def number(self) -> str:
        """Our number for it, with its check digit: what the request form says."""
        return order_number(self.ordered_at.astimezone(UTC).year, self.pk)


class DrawQuerySet(OfDrawQuerySet["Draw"]):
    def unreviewed(self) -> DrawQuerySet:
        return self.filter(reviewed_at=None, status__in=["final", "corrected"])

    def with_results(self) -> DrawQuerySet:
        """Each draw with its standing results in the order of the catalogue, in one more query."""
        standing = Result.objects.current().select_related("analyte").order_by("analyte__position")
        return self.prefetch_related(models.Prefetch("results", standing))


@pghistory.track()
class Draw(models.Model):
    """One collection of blood and everything measured in it."""

    class Status(models.TextChoices):
        PRELIMINARY = "preliminary", "Preliminary"
        FINAL = "final", "Final"
        CORRECTED = "corrected", "Corrected"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    class Source(models.TextChoices):
        FORM = "form", "Typed in"
        HL7 = "hl7", "Received from the laboratory"
        FILE = "file", "From a file"
        FHIR = "fhir", "From another system"

    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="draws")
    laboratory = models.ForeignKey("labs.Laboratory", models.PROTECT, null=True, related_name="+")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="draws")
    # OBR-3 (or our own number): a correction names the same one.
    specimen = models.CharField(max_length=80, blank=True)
    collected_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True, blank=True)
    # None is "nobody said": never taken as fasting (domain reference §2.4).
    fasting = models.BooleanField(null=True)
    fasting_hours = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    alcohol_hours = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    note = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.FINAL)
    source = models.CharField(max_length=4, choices=Source)
    filed_at = models.DateTimeField(default=timezone.now)
    filed_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What the clinician wrote to the patient beside these results.
    comment = models.TextField(blank=True)
    # Never deleted: what was filed for the wrong man or by mistake is struck out with a reason.
    struck_at = models.DateTimeField(null=True, blank=True)
    struck_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    struck_reason = models.CharField(max_length=200, blank=True)
    # The same collection on the record it belongs to, where it stood on the wrong one.
    moved_to = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="moved_from"
    )

    objects = DrawQuerySet.as_manager()

    class Meta:
        ordering = ["-collected_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="draw_review_is_signed",
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="draw_strike_has_reason",
                condition=(
                    ~Q(status="entered_in_error")
                    & Q(struck_at=None, struck_by=None, struck_reason="")
                )
                | (Q(status="entered_in_error", struck_at__isnull=False) & ~Q(struck_reason="")),
            ),
            models.CheckConstraint(
                name="draw_moved_is_struck",
                condition=Q(moved_to=None) | Q(status="entered_in_error"),
            ),
            models.UniqueConstraint(
                fields=["patient", "laboratory", "specimen"],
                condition=~Q(specimen="") & ~Q(status="entered_in_error"),
                name="draw_specimen_is_filed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-collected_at"], name="draw_by_patient"),
            models.Index("patient", name="draw_unreviewed", condition=Q(reviewed_at=None)),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"note", "comment", "struck_reason"}
        plain: ClassVar[set[str]] = {
            "id", "patient", "laboratory", "order", "specimen", "collected_at", "reported_at",
            "fasting", "fasting_hours", "alcohol_hours", "status", "source", "filed_at",
            "filed_by", "reviewed_at", "reviewed_by", "struck_at", "struck_by", "moved_to",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"draw {self.pk}"

    @property
    def wholly_in_range(self) -> bool:
        """Every result is known to lie in its range; ask `with_results` first."""
        flags = {(result.flag, bool(result.grade)) for result in self.results.all()}
        return flags == {(Result.Flag.NORMAL, False)}


class ResultQuerySet(OfDrawQuerySet["Result"]):
    def current(self) -> ResultQuerySet:
        """Neither superseded by a correction nor struck out."""
        return self.filter(superseded_by=None).exclude(status__in=["entered_in_error", "cannot"])


@pghistory.track()
class Result(models.Model):
    """One value as the laboratory reported it; never overwritten, only superseded."""

    class Status(models.TextChoices):
        PRELIMINARY = "preliminary", "Preliminary"
        FINAL = "final", "Final"
        CORRECTED = "corrected", "Corrected"
        CANNOT = "cannot", "Could not be measured"
        ENTERED_IN_ERROR = "entered_in_error", "Entered in error"

    class Flag(models.TextChoices):
        LOW = "low", "low"
        NORMAL = "normal", "in range"
        HIGH = "high", "high"
        UNKNOWN = "unknown", "cannot be told"

    draw = models.ForeignKey(Draw, models.PROTECT, related_name="results")
    # Copied from the draw so that series and grants need no join; a constraint-like test keeps it.
    patient = models.ForeignKey("patients.Patient", models.PROTECT, related_name="results")
    collected_at = models.DateTimeField()
    analyte = models.ForeignKey("labs.Analyte", models.PROTECT, related_name="results")
    comparator = models.CharField(max_length=2, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    # What stood in the message or on the form, to the letter.
    reported = models.CharField(max_length=80)
    unit = models.CharField(max_length=20, blank=True)
    range_low = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    range_high = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    range_text = models.CharField(max_length=40, blank=True)
    flag = models.CharField(max_length=7, choices=Flag, default=Flag.UNKNOWN)
    grade = models.PositiveSmallIntegerField(null=True, help_text="CTCAE 5.0, in the unit reported")
    # Beyond a limit for which a clinician is paged, or nobody can tell that it is not.
    critical = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=Status, default=Status.FINAL)
    # A value we computed (non-HDL, LDL by a named formula) is marked, with formula and version.
    formula = models.CharField(max_length=40, blank=True)
    superseded_by = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    # Why it replaced an earlier value, where it did.
    correction_reason = models.CharField(max_length=200, blank=True)
    filed_at = models.DateTimeField(default=timezone.now)
    filed_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")

    objects = ResultQuerySet.as_manager()

    # Of a copy in its reader's units alone: what was received (see labs.queries.display).
    received: str = ""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draw", "analyte", "formula"],
                condition=Q(superseded_by=None) & ~Q(status="entered_in_error"),
                name="result_once_per_draw_and_analyte",
            ),
            models.CheckConstraint(
                name="result_comparator_is_known",
                condition=Q(comparator__in=["", "<", "<=", ">", ">="]),
            ),
            models.CheckConstraint(
                name="result_does_not_supersede_itself",
                condition=~Q(superseded_by=F("id")) | Q(superseded_by=None),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "analyte", "-collected_at"], name="result_series"),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"reported", "correction_reason"}
        plain: ClassVar[set[str]] = {
            "id", "draw", "patient", "collected_at", "analyte", "comparator", "value", "unit",
            "range_low", "range_high", "range_text", "flag", "grade", "critical", "status",
            "formula", "superseded_by", "filed_at", "filed_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"result {self.pk}"

    @property
    def shown(self) -> str:
        """The value as a person reads it: comparator and all, no needless zeros."""
        if self.value is None:
            return self.reported
        value = Decimal(self.value)
        digits = format(value if self.received else value.normalize(), "f")
        return f"{self.comparator} {digits}".strip()

    @property
    def formula_words(self) -> str:
        """How it was computed, and by which version of our formula."""
        key, _, name = self.formula.partition(" ")
        version = key.partition("/")[2]
        return f"{name}, version {version}" if name and version else name or key

    @property
    def corrected(self) -> bool:
        return self.status == self.Status.CORRECTED
