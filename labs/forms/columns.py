"""What each column of a table means: one question per heading, asked of a person."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django import forms

from labs.rules.catalogue import GROUP_NAMES, Group, published_catalogue
from labs.rules.judging import BARE
from labs.rules.table_columns import MEANINGS, Columns, analyte_of, missing
from labs.rules.table_dates import DayOrder, Orders
from labs.rules.table_numbers import DecimalMark, Marks
from labs.rules.table_semen import SHEET_COLUMNS
from labs.rules.units import printed_unit
from labs.tables.reading import Sight

IGNORED = ("", "Nothing we read")


@cache
def meaning_choices() -> list[Any]:
    """Everything a column can hold, in groups."""
    catalogue = published_catalogue()
    groups = [
        (
            GROUP_NAMES[group],
            [(f"value:{a.key}", a.name) for a in catalogue.analytes if a.group == group],
        )
        for group in Group
    ]
    sheet = [(f"sheet:{key}", column.label) for key, column in SHEET_COLUMNS.items()]
    return [
        IGNORED, ("Whose, when, and one value a row", list(MEANINGS.items())), *groups,
        ("The rest of a semen sheet", sheet),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One column as the form shows it: its heading, its first cells and what is asked of it."""

    heading: str
    first: list[str]
    meaning: Any
    unit: Any
    why: str = ""


class ColumnsForm(forms.Form):
    """`sight` is what the table shows; `before` what is proposed for each column."""

    def __init__(self, *args: Any, sight: Sight, before: Columns, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sight, self.before = sight, before
        for at, heading in enumerate(sight.headings):
            self.fields[f"meaning_{at}"] = forms.ChoiceField(
                label=f"What “{heading or at + 1}” holds",
                choices=meaning_choices(),
                required=False,
                initial=before.meanings.get(at, ""),
            )
        asked = self.said() if self.is_bound else before
        for at, meaning in asked.meanings.items():
            if units := units_of(meaning):
                self.fields[f"unit_{at}"] = forms.ChoiceField(
                    label=f"Unit of “{sight.headings[at]}”",
                    choices=[("", "Unit"), *units],
                    required=False,
                    initial=before.units.get(at, ""),
                )
        self.marks, self.orders = sight.questions(replace(asked, headings_in=sight.headings_in))
        self._ask()

    def _ask(self) -> None:
        """The two questions a file cannot answer itself, where it raises them."""
        if self.marks.question:
            self.fields["decimal"] = forms.ChoiceField(
                label="The decimal mark of this file",
                help_text=self.marks.question,
                choices=[(DecimalMark.POINT, "a point: 5.6"), (DecimalMark.COMMA, "a comma: 5,6")],
                widget=forms.RadioSelect,
                initial=self.before.decimal,
                error_messages={"required": "Say which: nobody guesses it."},
            )
        if self.orders.asked:
            proven = self.orders.proven
            self.fields["days"] = forms.ChoiceField(
                label="Days in this file are written",
                help_text=self.orders.question,
                choices=[
                    (DayOrder.DAY_FIRST, "day first: 31/12/2026"),
                    (DayOrder.MONTH_FIRST, "month first: 12/31/2026"),
                ],
                widget=forms.RadioSelect,
                initial=proven or self.before.days,
                error_messages={"required": "Say which: nobody guesses it."},
            )

    def said(self) -> Columns:
        """The columns as they were posted, whatever is wrong with them."""
        places = range(len(self.sight.headings))
        return Columns(
            meanings={at: word for at in places if (word := self.data.get(f"meaning_{at}", ""))},
            units={at: unit for at in places if (unit := self.data.get(f"unit_{at}", ""))},
            headings_in=self.sight.headings_in,
        )

    def columns(self) -> Columns:
        """What a person said, with what the file itself says of its numbers."""
        said = self.said()
        days, decimal = self.cleaned_data.get("days"), self.cleaned_data.get("decimal")
        return replace(
            said,
            units={at: unit for at, unit in said.units.items() if f"unit_{at}" in self.fields}
            | bare_units(said),
            days=DayOrder(days) if days else None,
            decimal=DecimalMark(decimal) if decimal else self.marks.proven,
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            for at, sentence in missing(self.columns()):
                self.add_error(f"meaning_{at}" if at else None, sentence)
        return cleaned

    @property
    def lines(self) -> Iterator[Line]:
        for at, heading in enumerate(self.sight.headings):
            unit = f"unit_{at}"
            yield Line(
                heading=heading,
                first=[row[at] for row in self.sight.first if at < len(row) and row[at]],
                meaning=self[f"meaning_{at}"],
                unit=self[unit] if unit in self.fields else None,
                why=" ".join(str(why) for why in self[f"meaning_{at}"].errors),
            )


def units_of(meaning: str) -> list[tuple[str, str]]:
    """The units to choose from for a column that holds one analyte."""
    analyte = analyte_of(meaning)
    if analyte is None or not analyte.unit or analyte.unit in BARE:
        return []
    return [(unit, printed_unit(unit)) for unit in analyte.units]


def bare_units(columns: Columns) -> dict[int, str]:
    found = {}
    for at, meaning in columns.meanings.items():
        analyte = analyte_of(meaning)
        if analyte is not None and analyte.unit in BARE:
            found[at] = analyte.unit
    return found


def still_right(columns: Columns, marks: Marks, orders: Orders) -> Columns | None:
    """Remembered columns for a new file, unless the file raises a question they do not answer."""
    decimal = columns.decimal or marks.proven
    contradicted = marks.proven and columns.decimal and marks.proven is not columns.decimal
    if contradicted or (marks.question and (columns.decimal is None or marks.point)):
        return None
    if orders.asked and (columns.days is None or orders.proven not in (None, columns.days)):
        return None
    if orders.day_first and orders.month_first:
        return None
    return replace(columns, decimal=decimal)
