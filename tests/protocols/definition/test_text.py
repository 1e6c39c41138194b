"""A programme as text: written in one order, read back, and every mistake found by its line."""

import pytest
from pydantic import ValidationError

from protocols.rules.definition import (
    MOST_TOLD,
    SHIPPED,
    Definition,
    DefinitionError,
    Known,
    content_hash,
    load,
    shipped,
)
from protocols.rules.written import document_text, has_inner_comments, head_of
from protocols.rules.yaml_text import LONGEST, MOST_LINES, MOST_ROWS, read_yaml
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
                 "The key 'version' is written twice. Keep one of the two.", id="key twice"),
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


@pytest.mark.parametrize(
    ("text", "loses"),
    [
        pytest.param("# head\nkey: x\n", False, id="above the first key"),
        pytest.param("# head\n\n# more\nkey: x\n", False, id="above it, with a gap"),
        pytest.param("# head\nkey: x  # why\n", True, id="behind a value"),
        pytest.param("# head\nkey: x\n# why\n", True, id="on a line of its own"),
        pytest.param("key: x\nvisits: [ # why\n  1]\n", True, id="within a list"),
        pytest.param("key: | # why\n  words\n", True, id="behind the bar of a long text"),
        pytest.param('key: x\ntitle: "Room #3, bed # 4"\n', False, id="in double quotes"),
        pytest.param("key: x\ntitle: 'Room # 4'\n", False, id="in single quotes"),
        pytest.param("key: x\ntitle: 'Room\n  # 4'\n", False, id="in quotes over two lines"),
        pytest.param("key: x\ntitle: Room#4\n", False, id="within a word"),
        pytest.param("key: x\ntext: |\n  # words\n", False, id="within a long text"),
    ],
)
def test_comments_a_form_would_lose_are_told_from_a_sign_in_a_text(text, loses):
    assert has_inner_comments(text, read_yaml(text)) is loses


BASE = "key: x\nversion: 1\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param(f"{BASE}title: {'9' * 5000}\n", 3,
                     "“999999999999…” has 5,000 characters: a number here has at most 30, and a "
                     "text of digits stands in quotes.", id="a number of 5,000 digits"),
        pytest.param(f"{BASE}title: {'1:' * 5000}1\n", 3,
                     "“1:1:1:1:1:1:…” has 10,001 characters: a number here has at most 30, and a "
                     "text of digits stands in quotes.", id="a number on a clock without end"),
        pytest.param(f"{BASE}title: 2026-02-31\n", 3,
                     "There is no day or time 2026-02-31 in the calendar. Write one that there is; "
                     "a text that only looks like one stands in quotes.", id="a day that is none"),
        pytest.param(f"{BASE}title: 2026-02-28T25:00:00Z\n", 3,
                     "There is no day or time 2026-02-28T25:00:00Z in the calendar. Write one that "
                     "there is; a text that only looks like one stands in quotes.",
                     id="a time that is none"),
        pytest.param(f"{BASE}title: !!int ''\n", 3,
                     "A word after ! does not fit what follows: take it out.", id="a tag"),
        pytest.param(f"{BASE}title: {{a: 1\n", 4,
                     "This is not readable. A group of keys is not ended. What begins with { ends "
                     "with }; a text with a comma or a colon in it stands in quotes.",
                     id="a group without an end"),
        pytest.param(f"{BASE}title: a: b\n", 3,
                     "This is not readable. There is a colon too many: a text with a colon in it "
                     "stands in quotes.", id="a colon too many"),
        pytest.param(f"{BASE}title: @home\n", 3,
                     "This is not readable. A text that begins with %, @ or ` stands in quotes.",
                     id="a sign that begins nothing"),
    ],
)  # fmt: skip
def test_what_the_reader_of_yaml_cannot_take_is_said_in_our_words_at_its_line(text, line, said):
    problem = first_problem(text)

    assert (problem.line, problem.message) == (line, said)


@pytest.mark.parametrize("digits", [29, 30])
def test_a_long_number_is_read_up_to_the_limit(digits):
    assert read_yaml(f"a: {'9' * digits}").content == {"a": int("9" * digits)}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("key: x\n" + "#" * (LONGEST - 6), None,
                     "This is too long: it has 150,001 characters, and a programme is read up to "
                     "150,000.", id="characters"),
        pytest.param("\n" * MOST_LINES, None,
                     "This is too long: it has 10,001 lines, and a programme is read up to "
                     "10,000.", id="lines"),
        pytest.param("key: x\nvisits:\n" + "- a\n" * (MOST_ROWS + 1), 3,
                     "This list goes on and on: one has at most 500 rows.", id="rows"),
        pytest.param("".join(f"k{n}: a\n" for n in range(MOST_ROWS + 1)), 1,
                     "This group of keys goes on and on: one has at most 500 rows.", id="keys"),
        pytest.param("a:\n" + "- [" + "1," * 499 + "]\n", None, "", id="rows within it"),
        pytest.param("- " * 41 + "a", 1, "This stands more than 40 levels deep; nothing in a "
                     "programme does.", id="levels"),
        pytest.param("a:\n" + ("- [" + "1," * 499 + "]\n") * 41, 41,
                     "It unfolds into more than 20,000 pieces, where a whole programme has about "
                     "2,000: leave out what repeats itself.", id="pieces"),
    ],
)  # fmt: skip
def test_a_text_larger_than_any_programme_is_not_read_to_its_end(text, line, said):
    if not said:
        assert read_yaml(text).content
        return
    problem = first_problem(text)

    assert (problem.line, problem.message) == (line, said)


def test_a_text_at_its_limits_is_read():
    assert read_yaml("key: x\n" + "#" * (LONGEST - 7)).content == {"key": "x"}
    assert read_yaml("a: b" + "\n" * (MOST_LINES - 1)).content == {"a": "b"}
    assert len(read_yaml("- a\n" * MOST_ROWS).content) == MOST_ROWS


def test_of_mistakes_without_number_the_first_are_said_and_the_rest_counted():
    rows = "key: x\nsafety:\n  symptoms:\n" + "  - {}\n" * MOST_ROWS
    with pytest.raises(DefinitionError) as caught:
        load(rows)

    with pytest.raises(ValidationError) as whole:
        Definition.model_validate(read_yaml(rows).content)
    assert len(caught.value.problems) == MOST_TOLD
    assert caught.value.more == whole.value.error_count() - MOST_TOLD
