"""A programme as text: written in one order, read back, and every mistake found by its line."""

import pytest

from protocols.rules.definition import (
    SHIPPED,
    Definition,
    DefinitionError,
    Known,
    content_hash,
    load,
    shipped,
)
from protocols.rules.written import document_text, has_inner_comments, head_of
from tests.protocols.definition.test_places import models

TEXT = (SHIPPED / "isotretinoin_six_months.yaml").read_text(encoding="utf-8")


def line_of(piece: str) -> int:
    return next(n for n, row in enumerate(TEXT.splitlines(), start=1) if piece in row)


def first_problem(text: str, known: Known | None = None):
    with pytest.raises(DefinitionError) as caught:
        load(text, known)
    return caught.value.problems[0]


@pytest.mark.parametrize("name", ["isotretinoin_six_months", "isotretinoin_nine_months"])
def test_a_programme_written_and_read_back_is_the_same(name):
    definition = shipped(name)
    text = document_text(definition, "# By the medical lead")

    assert content_hash(load(text)) == content_hash(definition)
    assert document_text(load(text)) == document_text(definition)
    assert head_of(text) == "# By the medical lead"


#: What was written, what is written instead, the line it is found on (by what stands there in the
#: right text), and what is said.
MISTAKES = [
    pytest.param("max_age: 60", "max_age: sixty", "max_age: 60",
                 "“sixty” is not a whole number. Write for example “max_age: 30”.", id="word"),
    pytest.param("phase: screening", "phase: screning", "phase: screening",
                 "“screning” is not a word for this. Did you mean “screening”?", id="near word"),
    pytest.param("    offset_days: 30\n", "    ofset_days: 30\n", "offset_days: 30",
                 "There is no “ofset_days” here. Did you mean “offset_days”?", id="key misspelt"),
    pytest.param("    title: Month 2\n", "", "- <<: *month",
                 "“title” is missing. Write for example “title: Month 1”.", id="key left out"),
    pytest.param('quiet_from: "21:00"', "quiet_from: 21:00", "quiet_from",
                 'Write the time in quotes, as a clock shows it: "21:00".', id="time unquoted"),
    pytest.param('ctcae: "5.0"', "ctcae: 5.0", "ctcae",
                 'A text that looks like something else stands in quotes: ctcae: "5.0".',
                 id="number for a text"),
    pytest.param("strength_mg: 20", "strength_mg: 0", "strength_mg: 20",
                 "0 is out of range: write a number of more than 0.", id="out of range"),
    pytest.param("    code: M2\n", "    code: m2\n", "code: M2",
                 "“m2” is not a name here: capital letters, digits and _, a letter first.",
                 id="small letters"),
    pytest.param("with_meal: true", "with_meal: maybe", "with_meal",
                 "Write true or false, without quotes.", id="neither true nor false"),
    pytest.param("consents: [treatment]", "consents: []", "consents: [treatment]",
                 "This is empty: it needs at least 1.", id="nothing in a list"),
    pytest.param("run_out_reminder_days: [7, 3, 1]", "run_out_reminder_days: 7", "run_out",
                 "“7” is not a list. Write for example “run_out_reminder_days: [30]”.",
                 id="no list"),
    pytest.param("version: 1\n", "version: 1\nversion: 2\n", "title: Isotretinoin 20 mg twice",
                 "the key 'version' is written twice. Keep one of the two.", id="key twice"),
    pytest.param("over: 300", "over: '1e999999999'", "over: 300",
                 "1e999999999 is out of range: write a number of at most 1000000000.",
                 id="a number without end"),
    pytest.param("max_supply_days: 30", "max_supply_days: 3651", "max_supply_days",
                 "3651 is out of range: write a number of at most 3650.", id="over ten years"),
    pytest.param("cycles: 6", "cycles: 61", "cycles: 6",
                 "61 is out of range: write a number of at most 60.", id="cycles without end"),
    pytest.param("gap_days: 7\n", "gap_days: 7\n\tcycles: 3\n", "blood_donation_months",
                 "Lines are moved in with spaces, not with tabs.", id="tab"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "found_at", "said"), MISTAKES)
def test_a_mistake_is_found_on_its_line_with_what_would_be_right(right, wrong, found_at, said):
    assert right in TEXT
    problem = first_problem(TEXT.replace(right, wrong, 1))

    assert problem.line == line_of(found_at)
    assert said in problem.message


def test_a_mistake_behind_an_alias_is_on_the_line_where_it_is_written():
    problem = first_problem(TEXT.replace("&lipids {kind: labs,", "&lipids {kind: labz,", 1))

    assert problem.line == line_of("&lipids {kind: labs")
    assert "Did you mean “labs”?" in problem.message


def test_a_mistake_in_a_merged_key_is_on_the_line_of_the_merged_group():
    problem = first_problem(TEXT.replace("phase: treatment, anchor: first_dose,", "phase: x,", 1))

    assert problem.line == line_of("phase: treatment, anchor: first_dose,")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
            f"{x}: &{x} [*{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}]\n"
            for y, x in zip("abcdefgh", "bcdefghi", strict=True)), id="aliases within aliases"),
        pytest.param("a: &a {x: 1}\n" + "".join(
            f"{x}: &{x} {{<<: [*{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}, *{y}]}}\n"
            for y, x in zip("abcdefgh", "bcdefghi", strict=True)), id="merges within merges"),
        pytest.param("? [a, b]\n: 1\n", id="a list for a key"),
        pytest.param("? {a: b}\n: 1\n", id="a group for a key"),
        pytest.param("key: a\x07b\n", id="a character that cannot be seen"),
        pytest.param('key: "a\\0b"\n', id="nothing as an escape"),
        pytest.param('key: "a\\ud800b"\n', id="half a character as an escape"),
        pytest.param('"a\\0b": 1\n', id="nothing as an escape in a key"),
        pytest.param("key: !!bool maybe\n", id="a tag that does not fit"),
        pytest.param("key: !!timestamp soon\n", id="a day by its tag that is none"),
        pytest.param("key: !!int ''\n", id="a number by its tag that is none"),
        pytest.param("key: !!set [3]\n", id="a set by its tag that is none"),
        pytest.param("a: &a [*a]\n", id="an alias of itself"),
        pytest.param("[" * 3000, id="nested without end"),
        pytest.param("just words", id="no keys"),
        pytest.param("", id="nothing"),
        pytest.param("key: 2026-02-31\n", id="a day that is none"),
    ],
)  # fmt: skip
def test_a_text_made_to_break_the_reader_gets_a_sentence(text):
    assert first_problem(text).message


def test_a_name_the_house_does_not_know_is_said_with_those_it_knows():
    known = Known(analytes=frozenset({"alt"}), consents=frozenset({"screening"}))
    problems = {str(p.path): p.message for p in failing(TEXT, known)}

    assert problems["gates.consents[0]"] == "There is no consent treatment. There are: screening."
    assert "panels[1].analytes[1]" in problems
    assert "panels[1].analytes[0]" not in problems


def failing(text: str, known: Known):
    with pytest.raises(DefinitionError) as caught:
        load(text, known)
    return caught.value.problems


#: What could be left out of the first definitions. A hash is of everything a definition says, so
#: whatever can be left out since then is named in `later` and not said while it is left out.
FIRST = {
    "AnalyteTable": {"units", "not_fasting_bands"},
    "Consequence": {"repeat_within_days", "contact_within_hours", "tasks"},
    "DeviationRule": {"repeat_within_days", "contact_within_hours"},
    "Item": {"panel", "need", "note"},
    "LabLimit": {"units", "fasting"},
    "Limit": {"over", "at_least", "under"},
    "MedicineRule": {"exclusion", "prohibited"},
    "Panel": {"optional_analytes", "fasting", "preparation"},
    "PlannedVisit": {"mode", "tolerance_days", "key", "items", "offset_days"},
    "ReminderRule": {"days", "hours", "for_staff"},
    "RestartLimit": {"units", "fasting"},
    "Band": {"symptoms"},
}


@pytest.mark.parametrize("kind", sorted(models(Definition, set()), key=lambda k: k.__name__))
def test_a_field_that_came_later_changes_no_hash_of_what_was_published(kind):
    optional = {name for name, field in kind.model_fields.items() if not field.is_required()}
    first = set().union(*(FIRST.get(base.__name__, set()) for base in kind.__mro__))

    assert optional - kind.later == first & set(kind.model_fields)


def test_comments_a_form_would_lose_are_noticed():
    assert has_inner_comments("# head\nkey: x  # why\n")
    assert not has_inner_comments("# head\nkey: x\n")
