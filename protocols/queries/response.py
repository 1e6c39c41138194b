"""What the record says of the response: the answer that holds, its samples, those before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from labs.models import Container, SemenAnalysis
from labs.queries.series import azoospermia_over
from labs.rules.azoospermia import AzoospermiaReason, AzoospermiaVerdict
from labs.rules.semen import INVALID_SENTENCES, InvalidReason, invalid_reasons
from labs.rules.semen_class import SemenClass
from labs.rules.semen_reading import SheetError, read_sheet
from patients.models import Patient
from protocols.models import Enrolment, ResponseAdjudication, ResponseEvaluation
from protocols.rules.portal_results import response_words

STATUS_WORDS = {
    "NONE": ("", "circle", "No response yet"),
    "PROVISIONAL": ("info", "half", "Provisional response"),
    "CONFIRMED": ("good", "ok", "Confirmed response"),
}
REASON_WORDS = {
    AzoospermiaReason.PELLET_PENDING: "In one sample the pellet was not examined, or not enough.",
    AzoospermiaReason.FIRST_FRACTION_LOST: (
        "A sample whose first fraction was lost does not count here."
    ),
    AzoospermiaReason.SPERM_FOUND_IN_ANOTHER_SAMPLE: "Another sample held sperm.",
}


@dataclass(frozen=True, slots=True)
class Used:
    """One sample as the rule was given it."""

    analysis: int
    on: date
    words: str
    used: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the rule, in words; the last one holds."""

    row: ResponseEvaluation

    @property
    def kind(self) -> str:
        return STATUS_WORDS[self.row.status][0]

    @property
    def icon(self) -> str:
        return STATUS_WORDS[self.row.status][1]

    @property
    def word(self) -> str:
        return STATUS_WORDS[self.row.status][2]

    @property
    def samples(self) -> list[Used]:
        return [
            Used(row["analysis"], date.fromisoformat(row["on"]), sample_words(row), row["used"])
            for row in self.row.samples
        ]


def sample_words(row: dict[str, Any]) -> str:
    seen = {True: "motile sperm", False: "none motile", None: "motility not known"}[row["motile"]]
    if row["sperm"] is False:
        seen = "none seen"
    counts = {True: "", False: ", does not count", None: ", not known whether it counts"}
    included = ", counted by a clinician" if row["included"] else ""
    return f"{seen}{counts[row['valid']]}{included}"


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer that holds, all of them newest first, and what a clinician declared enough."""

    now: Answer | None
    before: list[Answer]
    adjudication: ResponseAdjudication | None
    azoospermia: AzoospermiaVerdict
    side_reasons: list[str]
    #: Why a sample does not count, by its key: a few words for the graph, sentences for the list.
    why_short: dict[int, str]
    why: dict[int, str]
    #: Samples of which something has been stored: only these can be declared enough.
    frozen: set[int]


SHORT = {
    InvalidReason.NO_EJACULATE: "no ejaculate",
    InvalidReason.FIRST_FRACTION_LOST: "first part lost",
    InvalidReason.ANALYSIS_LATE: "begun late",
    InvalidReason.PELLET_MISSING: "no pellet",
}
NOT_RECORDED = "Whether it counts cannot be told: something is not recorded."


def reasons_of(sample: SemenAnalysis) -> list[InvalidReason]:
    """Why a final sample does not count, by its sheet."""
    words = {"unusual_reason", "remark", "status", "technologist", "verified_by"}
    answers = {key: value for key, value in sample.sheet.items() if key not in words}
    try:
        sheet = read_sheet(answers | {"collected_at": sample.collected_at})
    except SheetError:  # an old sheet is shown as it is, whatever the rules read today
        return []
    return [one for one in invalid_reasons(sheet, SemenClass(sample.result_class)) if one in SHORT]


def adjudication_of(answers: list[Answer]) -> ResponseAdjudication | None:
    """What stands of what a clinician declared enough; asked only where one ever did."""
    declared = [one.row for one in answers if one.row.cause == ResponseEvaluation.Cause.ADJUDICATED]
    if not declared:
        return None
    rows = ResponseAdjudication.objects.filter(
        enrolment=declared[0].enrolment_id, withdrawn_at=None
    )
    return rows.select_related("decided_by", "analysis").first()


def standing_of(patient: Patient, enrolment: Enrolment | None) -> Standing:
    """Everything the page of samples says of the response; two queries, or three."""
    rows = ResponseEvaluation.objects.filter(enrolment=enrolment) if enrolment else ()
    answers = [Answer(row) for row in rows]
    stored = Container.objects.filter(
        patient=OuterRef("patient"), analysis__collected_at=OuterRef("collected_at")
    )
    rows_of = SemenAnalysis.objects.final().filter(patient=patient.pk)
    samples = list(rows_of.annotate(stored=Exists(stored)).order_by("collected_at", "pk"))
    verdict = azoospermia_over(samples, patient)
    left_out = {row.pk: reasons_of(row) for row in samples if not row.valid}
    return Standing(
        now=answers[0] if answers else None,
        before=answers[1:],
        adjudication=adjudication_of(answers),
        azoospermia=verdict,
        side_reasons=[REASON_WORDS[one] for one in verdict.reasons if one in REASON_WORDS],
        why_short={
            key: "not valid: " + ", ".join(SHORT[one] for one in found)
            for key, found in left_out.items()
            if found
        },
        why={
            key: " ".join(INVALID_SENTENCES[one] for one in found) or NOT_RECORDED
            for key, found in left_out.items()
        },
        frozen={row.pk for row in samples if row.motile_seen and vars(row)["stored"]},
    )


def response_told(enrolment: Enrolment | None, open_to_him: set[int]) -> str:
    """What he reads of it: nothing as long as a sample it rests on is not open to him."""
    if enrolment is None:
        return ""
    row = ResponseEvaluation.objects.filter(enrolment=enrolment).first()
    if row is None or not {sample["analysis"] for sample in row.samples} <= open_to_him:
        return ""
    used = any(sample["used"] for sample in row.samples)
    return response_words(row.status, by_samples=used)
