"""What a laboratory sent, kept to the byte before anybody tries to understand it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from labs.rules.reported import ROW_APART

if TYPE_CHECKING:
    from clinic.models import Account


#: The states in which a person must look at a message.
OPEN = ("staged", "unmatched", "partly", "refused")


class InboundMessageQuerySet(models.QuerySet["InboundMessage"]):
    def visible_to(self, user: Account) -> InboundMessageQuerySet:
        """Those for the member's site, and those nobody could yet tell the site of."""
        if not user.member:
            return self.none()
        return self.filter(Q(site=user.member.site_id) | Q(site=None))

    def waiting(self) -> InboundMessageQuerySet:
        return self.filter(state="received")

    def stuck(self) -> InboundMessageQuerySet:
        """What a person must look at."""
        return self.filter(state__in=OPEN, settled_at=None)


class InboundMessage(models.Model):
    """One message or one uploaded file, raw, with what became of it."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received"
        FILED = "filed", "Filed"
        PARTLY = "partly", "Filed in part"
        UNMATCHED = "unmatched", "Nobody found it belongs to"
        REFUSED = "refused", "Not understood"
        SETTLED = "settled", "Settled by hand"
        STAGED = "staged", "Waiting for a look"
        WITHDRAWN = "withdrawn", "Thrown away"

    class Format(models.TextChoices):
        HL7 = "hl7", "HL7"
        CSV = "csv", "Table (CSV)"
        XLSX = "xlsx", "Workbook (Excel)"
        FHIR = "fhir", "FHIR"

    site = models.ForeignKey("clinic.Site", models.PROTECT, null=True, related_name="+")
    raw = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=60, help_text="Where it came in: mllp, upload")
    sending = models.CharField(max_length=180, blank=True, help_text="MSH-3 and MSH-4")
    control_id = models.CharField(max_length=199, blank=True, help_text="MSH-10")
    # Sender and control id when it could be read, else the hash of the bytes.
    dedupe_key = models.CharField(max_length=400, unique=True)
    format = models.CharField(max_length=8, choices=Format, default=Format.HL7)
    # Whom it is from: chosen at the upload, or known by what the message calls itself.
    laboratory = models.ForeignKey("labs.Laboratory", models.PROTECT, null=True, related_name="+")
    uploaded_by = models.ForeignKey("clinic.Account", models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200, blank=True)
    # How to read it (the columns of a table), and whom a member matched by hand ("matched").
    options = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    times_received = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.RECEIVED)
    explanation = models.CharField(max_length=300, blank=True)
    # Messages of one lane are filed one after another: those about one man share his.
    lane = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    filed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        "clinic.Account", models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_reason = models.CharField(max_length=200, blank=True)

    objects = InboundMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("lane", "id", name="inbound_received", condition=Q(state="received")),
            models.Index(
                "site",
                name="inbound_stuck",
                condition=Q(state__in=OPEN, settled_at=None),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="inbound_settling_is_signed",
                condition=Q(settled_at=None, settled_by=None)
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(settled_reason="")),
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {
            "raw", "explanation", "settled_reason", "file_name", "options",
        }  # fmt: skip
        plain: ClassVar[set[str]] = {
            "id", "site", "sha256", "source", "sending", "control_id", "dedupe_key",
            "received_at", "times_received", "state", "attempts", "filed_at", "settled_at",
            "settled_by", "format", "laboratory", "uploaded_by", "lane",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"message {self.pk}"

    @property
    def is_open(self) -> bool:
        """Does it still wait for a person?"""
        return self.settled_at is None and self.state in OPEN


class StagedRow(models.Model):
    """One value of a message, with why it was or was not filed."""

    class State(models.TextChoices):
        NEW = "new", "Filed"
        DUPLICATE = "duplicate", "Already there"
        CORRECTION = "correction", "Corrects an earlier value"
        TAKEN_BACK = "taken_back", "Taken back by the laboratory"
        UNMATCHED = "unmatched", "No such patient"
        UNKNOWN_CODE = "unknown_code", "Unknown code"
        UNKNOWN_UNIT = "unknown_unit", "Unknown unit"
        IMPLAUSIBLE = "implausible", "Implausible"

    message = models.ForeignKey(InboundMessage, models.PROTECT, related_name="rows")
    # Its place in the message, or its row in the table.
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State)
    system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=80, blank=True)
    code_text = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    explanation = models.CharField(max_length=300, blank=True)
    # What it became: "labs.draw:9" or "labs.semenanalysis:4".
    became = models.CharField(max_length=80, blank=True)
    # The row exactly as it came, and whom it says it is about.
    original = models.TextField(blank=True)
    person = models.CharField(max_length=120, blank=True)
    person_key = models.CharField(max_length=16, blank=True)
    patient = models.ForeignKey("patients.Patient", models.PROTECT, null=True, related_name="+")
    collected_at = models.DateTimeField(null=True)
    specimen = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["message", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["message", "position"], name="staged_row_once_per_position"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = {"value", "explanation", "original", "person"}
        plain: ClassVar[set[str]] = {
            "id", "message", "position", "state", "code", "code_text", "unit", "became",
            "system", "person_key", "patient", "collected_at", "specimen",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"row {self.position} of message {self.message_id}"

    @property
    def place(self) -> int:
        """The number a person finds it by: its row in a table, else its place in the message."""
        in_table = self.message.format in (InboundMessage.Format.CSV, InboundMessage.Format.XLSX)
        return self.position // ROW_APART if in_table else self.position
