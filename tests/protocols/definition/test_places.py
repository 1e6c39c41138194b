"""The schema as fields: whatever a programme can say has one, and what is typed is written."""

from decimal import Decimal
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from protocols.rules.definition import Definition, document, load, restore, shipped
from protocols.rules.differences import differences, within
from protocols.rules.differences import shown as shown_row
from protocols.rules.explain import bare
from protocols.rules.fields import ABSENT, Kind, choice, heading, model_at, shapes, shown, typed
from protocols.rules.places import changed, slug_of, way_of
from protocols.rules.written import ordered, plain, written

CONTENT = plain(shipped())


def models(kind: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Every kind of part a programme is made of."""
    seen.add(kind)
    for field in kind.model_fields.values():
        inner = bare(field.annotation)
        if get_origin(inner) is tuple:
            inner = bare(get_args(inner)[0])
        if isinstance(inner, type) and issubclass(inner, BaseModel) and inner not in seen:
            models(inner, seen)
    return seen


@pytest.mark.parametrize("kind", sorted(models(Definition, set()), key=lambda k: k.__name__))
def test_every_key_of_the_schema_has_a_field_with_a_label(kind):
    fields = {shape.name: shape for shape in shapes(kind)}

    untyped = {"signed_off"} | ({"version"} if kind is Definition else set())
    assert set(fields) == set(kind.model_fields) - untyped
    assert all(shape.label for shape in fields.values())
    assert all(shape.choices for shape in fields.values() if shape.kind is Kind.CHOICE)


def leaves(kind: type[BaseModel], content: Any):
    for shape in shapes(kind):
        value = content.get(shape.name)
        if shape.is_leaf:
            yield shape, value
        elif shape.inner is not None:
            rows = value or [] if shape.kind is Kind.ROWS else [value]
            for row in rows:
                yield from leaves(shape.inner, row)


def test_what_a_field_shows_is_written_as_it_was_when_it_is_typed_again():
    for shape, value in leaves(Definition, CONTENT):
        again = typed(shape, shown(shape, value))
        assert (None if again is ABSENT else again) == value, shape.name


@pytest.mark.parametrize(
    ("way", "text", "written_as"),
    [
        (("dose",), "cycles: 9", 9),
        (("dose",), "cycles: nine", "nine"),
        (("dose",), "cycles:", ABSENT),
        (("dose",), "adequate_from_percent: 82.5", Decimal("82.5")),
        (("dose",), "adequate_from_percent: 82,5", Decimal("82.5")),
        (("dose",), "adequate_from_percent: NaN", "NaN"),
        (("dose",), "run_out_reminder_days: 7, 3\n1", [7, 3, 1]),
        (("dose",), "with_meal: true", True),
        (("dose",), "with_meal:", False),
        (("panels",), "fasting:", ABSENT),
        (("visits",), "offset_days: −7", -7),
        (("visits",), "mode: in_person", ABSENT),
        (("visits",), "mode: phone", "phone"),
        (("medicines",), "names: Minocin\n\n Doryx ", ["Minocin", "Doryx"]),
    ],
)
def test_typing(way, text, written_as):
    name, _, typed_in = text.partition(":")
    kind, _ = model_at(way)
    [shape] = [shape for shape in shapes(kind) if shape.name == name]

    found = typed(shape, typed_in.strip())
    assert found is ABSENT if written_as is ABSENT else found == written_as


@pytest.mark.parametrize(
    "slug", ["about", "visits", "visits-3", "visits-3-items", "safety-holds-restart-0-units"]
)
def test_a_place_is_carried_by_its_address(slug):
    assert slug_of(way_of(slug)) == slug
    assert model_at(way_of(slug)) is not None


@pytest.mark.parametrize("slug", ["nowhere", "visits-items", "dose-3", "dose-drug", "3"])
def test_what_is_no_place_is_none(slug):
    assert model_at(way_of(slug)) is None


def codes(content):
    return [row["code"] for row in content["visits"]]


@pytest.mark.parametrize(
    ("step", "first_codes"),
    [
        (("up", ("visits", 1)), ["V1", "V0", "M1"]),
        (("down", ("visits", 1)), ["V0", "M1", "V1"]),
        (("remove", ("visits", 1)), ["V0", "M1", "M2"]),
        (("up", ("visits", 0)), ["V0", "V1", "M1"]),
        (("remove", ("visits", 99)), ["V0", "V1", "M1"]),
        (("dance", ("visits", 1)), ["V0", "V1", "M1"]),
        (None, ["V0", "V1", "M1"]),
    ],
)
def test_rows_move(step, first_codes):
    assert codes(changed(CONTENT, {}, step))[:3] == first_codes
    assert codes(CONTENT)[:3] == ["V0", "V1", "M1"]


def test_a_row_is_added_with_what_the_house_can_say_itself():
    added = changed(CONTENT, {}, ("add", ("counselling",)))["counselling"][-1]
    assert added == {"source": "Programme default", "signed_off": False}


def test_unknown_keys_are_kept_behind_the_known_ones():
    content = {"zeal": 1, "dose": {"zest": 2, "drug": "x"}, "key": "y"}
    assert ordered(Definition, content) == {
        "key": "y",
        "dose": {"drug": "x", "zest": 2},
        "zeal": 1,
    }


def test_a_document_with_a_changed_value_reads_as_the_same_with_that_value():
    text = written(changed(CONTENT, {("eligibility", "max_age"): 65}, None))
    expected = document(shipped())
    expected["eligibility"]["max_age"] = 65
    assert document(load(text)) == expected


def test_what_is_no_row_is_left_as_it_is():
    content = {"visits": ["not a row", {"code": "V1"}]}
    values = {("visits", 0, "code"): "V0", ("visits", 1, "code"): "V2"}
    assert changed(content, values, None) == {"visits": ["not a row", {"code": "V2"}]}


def test_a_group_that_is_missing_is_made():
    assert changed({}, {("safety", "fasting", "min_hours"): 9}, None) == {
        "safety": {"fasting": {"min_hours": 9}}
    }


@pytest.mark.parametrize(
    ("word", "read"),
    [("STOP", "stop"), ("CONTINUE_ADVISE", "continue advise"), ("first_dose", "first dose"),
     ("times_uln", "× upper limit"), ("phq9", "PHQ-9"), ("ipledge", "iPLEDGE")],
)  # fmt: skip
def test_a_word_of_the_schema_is_read_as_the_clinic_says_it(word, read):
    assert choice(word) == read


@pytest.mark.parametrize(
    ("key", "alone", "inside"),
    [("max_age", "Highest age", "highest age"), ("after_days", "Closes after", "closes after"),
     ("hys_law", "Hy’s law", "Hy’s law"),
     ("phq9_max_total", "Highest PHQ-9 total", "highest PHQ-9 total")],
)  # fmt: skip
def test_a_field_is_called_the_same_in_its_form_and_in_what_changes(key, alone, inside):
    assert (heading(key), within(key)) == (alone, inside)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param({"code": "M3", "offset_days": 90, "missed": "MAJOR", "key": True},
                     "offset 90 days; when missed major; a key visit", id="a visit"),
        pytest.param({"anchor": "first_dose", "after_days": 7},
                     "counted from first dose; closes after 7 days", id="words and days"),
        pytest.param({"daily_capsules": 2, "blood_donation_months": 1},
                     "capsules a day 2; no blood donation after the last dose for 1 month",
                     id="one month"),
        pytest.param([{"kind": "labs", "panel": "blood_count"}, {"kind": "phq9"}],
                     "blood test blood count, PHQ-9", id="what a visit asks for"),
        pytest.param(["Take one.", "Take two."], "Take one. Take two.", id="sentences"),
        pytest.param({"rule": "TG_HOLD", "action": "HOLD"}, "rule TG_HOLD; action hold", id="rule"),
        pytest.param({"title": "Room_4 A"}, "title Room_4 A", id="words of the clinic"),
    ],
)  # fmt: skip
def test_what_is_signed_is_read_in_the_words_of_the_clinic(value, said):
    assert shown_row(value) == said


def test_what_changes_is_said_with_its_unit():
    content = plain(shipped())
    content["visits"][4]["offset_days"] = 97
    after = restore(content)

    assert [(row.where, row.was, row.becomes) for row in differences(shipped(), after)] == [
        ("M3, offset", "90 days", "97 days")
    ]
