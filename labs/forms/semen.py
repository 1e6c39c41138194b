"""The semen sheet as it is typed; the rules read it the same way before and after it is saved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils import timezone

from clinic.forms import MomentInput
from clinic.refusal import Refusal
from labs.actions.semen_columns import sheet_of
from labs.forms.results import laboratory_field
from labs.forms.semen_layout import LINES, PAIRS, SECTIONS, Line
from labs.models import Laboratory
from labs.rules.counting import MESSAGE_SENTENCES
from labs.rules.quantities import QuantityError
from labs.rules.semen import INVALID_SENTENCES, SemenAssessment, assess
from labs.rules.semen_checks import Problem, Severity, check_sheet, errors_of, warnings_of
from labs.rules.semen_class import CLASS_NAMES
from labs.rules.semen_hints import hints, limit_notes
from labs.rules.semen_reading import QUANTITY_FIELDS, as_quantity
from labs.rules.semen_sheet import Edition, SemenSheet
from patients.models import Patient

TIMES = ("received_at", "analysis_started_at")
WHOLE = frozenset(
    {"fresh_sperm_n", "fresh_fields_examined", "pellet_sperm_n", "pellet_motile_n",
     "motility_n_assessed", "morphology_n_assessed", *(line.key for line in PAIRS)}
)  # fmt: skip
WORDS = frozenset(
    {"fever_3mo", "medications", "stain", "lab_id", "method_version", "unusual_reason", "remark"}
)
TYPED = {"autocomplete": "off", "spellcheck": "false"}


def field_for(line: Line) -> forms.Field:
    """The kind of field a line needs; every answer may be left open."""
    given: dict[str, Any] = {"label": line.label, "required": False}
    if line.choices:
        empty = [] if line.key == "edition" else [("", "not recorded")]
        return forms.ChoiceField(choices=[*empty, *line.choices], **given)
    if line.key in TIMES:
        return forms.TimeField(
            widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **given
        )
    if line.key in WORDS:
        return forms.CharField(max_length=200, widget=forms.TextInput(attrs=TYPED), **given)
    typed = forms.TextInput(attrs={**TYPED, "inputmode": "decimal"})
    if line.key in QUANTITY_FIELDS:
        return forms.CharField(max_length=20, widget=typed, **given)
    kind = forms.IntegerField if line.key in WHOLE else forms.DecimalField
    words = "Write a whole number." if line.key in WHOLE else "Write a number like 2.8."
    return kind(widget=typed, error_messages={"invalid": words}, **given)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field on the page with what is to be said beside it."""

    line: Line
    field: BoundField
    problems: list[Problem]
    hints: tuple[str, ...] = ()
    note: str = ""

    @property
    def wrong(self) -> list[str]:
        return [*map(str, self.field.errors), *self.said(Severity.ERROR)]

    @property
    def unusual(self) -> list[str]:
        return self.said(Severity.WARNING)

    def said(self, severity: Severity) -> list[str]:
        return [p.sentence for p in self.problems if p.severity is severity]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    entries: list[Entry]
    stands_open: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of the sheet as it stands; None of it is kept until it is saved."""

    assessment: SemenAssessment
    sheet: SemenSheet
    problems: tuple[Problem, ...]

    @property
    def name(self) -> str:
        return CLASS_NAMES[self.assessment.name]

    @property
    def errors(self) -> tuple[Problem, ...]:
        return errors_of(self.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return warnings_of(self.problems)

    @property
    def kind(self) -> str:
        return "warning" if self.errors else "info"

    @property
    def why_invalid(self) -> list[str]:
        return [INVALID_SENTENCES[reason] for reason in self.assessment.invalid_reasons]

    @property
    def validity(self) -> str:
        """What the validity gate says; not being final yet is no fault of the sample."""
        if self.assessment.valid:
            final = "" if self.sheet.status is not None else " once it is final"
            return f"It counts for the response{final}."
        if self.assessment.valid is None:
            return "Whether it counts for the response cannot be told: something is not recorded."
        return ""

    @property
    def count(self) -> list[str]:
        """What the chamber gives: the concentration, and what to do about the pairs."""
        counted = self.sheet.chamber_count
        if counted is None:
            return []
        shown = f"From the chamber: {counted.display}."
        return [shown, *(MESSAGE_SENTENCES[message] for message in counted.messages)]


class SheetForm(forms.Form):
    """Every field of domain reference §4.1, and the second look that unusual values ask for."""

    collected_at = forms.DateTimeField(label="Collected", widget=MomentInput())
    specimen = forms.CharField(label="Specimen number", max_length=80, required=False)
    confirmed = forms.BooleanField(
        label="I have looked at the unusual values again; they are as read.", required=False
    )

    def __init__(
        self, *args: Any, patient: Patient, now: datetime, corrects: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.sheet: SemenSheet | None = None
        self.problems: tuple[Problem, ...] = ()
        self.hints: Mapping[str, tuple[str, ...]] = {}
        for key, line in LINES.items():
            if key != "collected_at":
                self.fields[key] = field_for(line)
        rows = Laboratory.objects.filter(site=patient.site_id).order_by("-andrology", "name")
        self.fields["laboratory"] = laboratory_field(rows)
        self.fields["collected_at"].initial = now
        if corrects:
            self.fields["reason"] = forms.CharField(
                label="Why is it corrected?",
                max_length=200,
                help_text="The patient reads it too: plain words, no names.",
            )
        for key in LINES:
            self.fields[key].widget.attrs["aria-describedby"] = f"id_{key}-why"

    def clean(self) -> dict[str, Any]:
        """Read the sheet by the rules; what they find stands beside its field."""
        cleaned = super().clean() or self.cleaned_data
        for key in QUANTITY_FIELDS & cleaned.keys():
            try:
                as_quantity(cleaned[key] or 0)
            except QuantityError as why:
                self.add_error(key, str(why))
        collected_at = cleaned.get("collected_at")
        if collected_at is None:
            return cleaned
        try:
            self.sheet = sheet_of(self.answers(), collected_at=collected_at)
        except Refusal as why:
            self.add_error(why.field if why.field in self.fields else None, str(why))
            return cleaned
        self.problems = check_sheet(self.sheet, now=self.now)
        self.hints = hints(self.sheet)
        self.mark_wrong()
        if self.asks_to_confirm and cleaned.get("confirmed") and not cleaned.get("unusual_reason"):
            self.add_error("unusual_reason", "Say in a few words why the unusual values stand.")
        return cleaned

    def mark_wrong(self) -> None:
        """A field that cannot be so looks it, and says so to who cannot see it."""
        for problem in errors_of(self.problems):
            key = "count_a1" if problem.field == "count_pairs" else problem.field
            self.fields[key].widget.attrs |= {"class": "is-invalid", "aria-invalid": "true"}

    def answers(self) -> dict[str, object]:
        """What was typed, keyed as the sheet is; the counts as pairs, the times on the day."""
        cleaned = self.cleaned_data
        given = {key: cleaned[key] for key in LINES if cleaned.get(key) not in (None, "")}
        for key in TIMES:
            if key in given:
                given[key] = self.on_the_day(given[key])
        pairs = [
            (given.pop(f"count_a{n}", None), given.pop(f"count_b{n}", None)) for n in (1, 2, 3)
        ]
        whole = [pair for pair in pairs if None not in pair]
        return given | ({"count_pairs": whole} if whole else {})

    def on_the_day(self, clock: Any) -> datetime:
        day = timezone.localtime(self.cleaned_data["collected_at"]).date()
        return timezone.make_aware(datetime.combine(day, clock))

    @property
    def verdict(self) -> Verdict | None:
        """What the rules make of it so far; None while it cannot be read at all."""
        if self.sheet is None:
            return None
        return Verdict(assess(self.sheet), self.sheet, self.problems)

    @property
    def is_acceptable(self) -> bool:
        """Nothing impossible on it; whether the unusual is confirmed is the action's to ask."""
        return self.is_valid() and not errors_of(self.problems)

    @property
    def asks_to_confirm(self) -> bool:
        return bool(warnings_of(self.problems))

    @property
    def wrong_number(self) -> int:
        return len(self.errors) + len(errors_of(self.problems))

    def entry(self, key: str) -> Entry:
        found = [problem for problem in self.problems if problem.field == key]
        if key == "count_a1":
            found += [problem for problem in self.problems if problem.field == "count_pairs"]
        line = LINES.get(key, Line(key, ""))
        note = limit_notes(self.edition).get(key, line.note)
        return Entry(line, self[key], found, self.hints.get(key, ()), note)

    @property
    def edition(self) -> Edition:
        """Whose limits are written beside the fields: never those of two editions."""
        said = self["edition"].value()
        return Edition(said) if said in set(Edition) else Edition.WHO_6

    @property
    def why_unusual(self) -> Entry:
        return self.entry("unusual_reason")

    def sections(self) -> Iterator[Section]:
        for title, lines, stands_open in SECTIONS:
            entries = [self.entry(line.key) for line in lines if line.key != "unusual_reason"]
            filled = any(self[line.key].value() not in (None, "") for line in lines)
            yield Section(title, entries, stands_open or filled)

    def entries(self) -> Iterator[Entry]:
        for section in self.sections():
            yield from section.entries


def initial_of(sheet: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A kept sheet as the first answers of the form."""
    given: dict[str, Any] = dict(sheet)
    for number, pair in enumerate(given.pop("count_pairs", []), start=1):
        given[f"count_a{number}"], given[f"count_b{number}"] = pair
    for key in ("pellet_done", "erythrocytes_seen"):
        if key in given:
            given[key] = str(given[key]).lower()
    for key in TIMES:
        if key in given:
            given[key] = timezone.localtime(datetime.fromisoformat(given[key])).time()
    given["collected_at"] = datetime.fromisoformat(given["collected_at"])
    return given | more
