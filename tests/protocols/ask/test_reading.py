"""Whatever stands on standard input: a question, or every reason why it is none."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.rules.ask import RULES, RefusedError, answer_to, schemas
from protocols.rules.definition import SHIPPED, shipped
from tests.protocols.ask.asked import RULESET, ask, refused, refused_text

NAMES = [
    "semen", "count", "replicates", "azoospermia", "response", "lipids", "grade", "safety", "phq9",
    "eligibility", "schedule", "assign", "missed", "adherence", "supply", "cumulative", "dispense",
    "dates", "lost", "convert", "proportion", "incidence", "message", "code", "reminder_time",
    "transition",
]  # fmt: skip


def test_every_name_can_be_asked():
    assert list(RULES) == NAMES


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "nothing", "[]", "7", '"text"', "null", "{} {}", "{'a': 1}", '{"a": }',
        '{"n": NaN}', '{"n": Infinity}', '{"n": -Infinity}', "[" * 100_000,
        '{"n": ' + "9" * 5000 + "}", '{"a": "' + "x" * 1_100_000 + '"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["proportion", "semen"])
def test_what_is_no_json_object_is_refused_as_a_whole(name, text):
    assert list(refused_text(name, text)) == [""]


@pytest.mark.parametrize("depth", [10, 500, 900, 990, 2000])
def test_a_value_nested_deeply_is_refused_like_any_other(depth):
    assert refused_text("proportion", '{"x": ' + "[" * depth + "]" * depth + ', "n": 3}')


@pytest.mark.parametrize(
    "text", ['{"x": 1, "x": 2, "n": 3}', '{"x": {"n": 1, "n": 2}}', '{"n": 1, "n": 1, "x": 1}']
)
def test_a_key_given_twice_is_refused_by_its_name(text):
    assert list(refused_text("proportion", text).values()) == ["This key is given twice."]


@pytest.mark.parametrize(
    "number",
    ["1e400", "-1e400", "1e13", "1e-40", "3." + "1" * 40, "true", '"5"', '""', "[]", "{}", "null"],
)
def test_what_is_no_number_to_reckon_with_is_refused_at_its_field(number):
    assert list(refused_text("replicates", f'{{"p1": {number}, "p2": 3, "n": 200}}')) == ["p1"]


def test_every_problem_is_told_at_once_each_at_its_field():
    found = refused("semen", volume_ml="much", complete="half", colour="red", pellet_done="yes")
    assert set(found) == {"volume_ml", "complete", "colour", "pellet_done"}
    assert all(sentence.endswith(".") for sentence in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_key_is_refused(name):
    assert refused(name, shoe_size=43)["shoe_size"] == "There is no such key."


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_names_every_key_of_question_and_answer(name):
    rule = RULES[name]
    found = json.loads(json.dumps(schemas(rule, shipped())))
    given_keys = {row.alias or key for key, row in rule.given.model_fields.items()}
    assert set(found["input"]["properties"]) == given_keys
    assert "ruleset" in found["output"]["properties"]
    assert found["input"]["additionalProperties"] is False
    assert '"words"' not in json.dumps(found)


@pytest.mark.parametrize("name", sorted(f.stem for f in SHIPPED.glob("isotretinoin_*.yaml")))
def test_every_shipped_definition_can_be_asked(name):
    own = shipped(name)
    answer = answer_to(RULES["schedule"], {"first_dose_on": "2026-01-01"}, own)
    months = [row["code"] for row in answer["visits"] if row["code"].startswith("M")]
    assert len(months) == own.dose.cycles
    assert answer["ruleset"] == own.label
    assert answer_to(RULES["phq9"], {"items": [0] * 9}, own)["action"] == "CONTINUE"
    assert answer_to(RULES["safety"], {"symptoms": ["hearing"]}, own)["action"] == "STOP"
    assert all(schemas(rule, own) for rule in RULES.values())


def test_the_schema_lists_the_words_an_answer_may_hold():
    found = json.dumps(schemas(RULES["safety"], shipped()))
    for word in ("TG_HOLD", "SECOND_HOLD", "LIPASE", "PROHIBITED_MED", "icp_headache"):
        assert f'"{word}"' in found
    assert '"PELLET_G_UNUSUAL"' in json.dumps(schemas(RULES["semen"], shipped()))


def test_a_reason_outside_the_listed_words_does_not_occur():
    output = schemas(RULES["safety"], shipped())["output"]
    rules = output["$defs"]["ReasonAnswer"]["properties"]["rule"]["enum"]
    answer = ask(
        "safety",
        results=[
            {"analyte": key, "value": value, "unit": unit}
            for key, value, unit in (
                ("alt", 99, "U/L"), ("ck", "<5", "U/L"), ("triglycerides", ">400", "mg/dL"),
                ("bilirubin", 9, "mg/dL"), ("anc", "<2", "10*9/L"), ("hemoglobin", 9, "g/L"),
            )
        ],
        medications=["minocycline", "warfarin", "methotrexate"],
        history={"hold_days": 30},
    )  # fmt: skip
    assert {row["rule"] for row in answer["reasons"]} <= set(rules)


@pytest.mark.parametrize(
    ("name", "question"),
    [("proportion", {"x": 1, "n": 2}), ("phq9", {"items": [0] * 9}), ("semen", {})],
)
def test_every_answer_names_its_rules_and_their_version(name, question):
    assert ask(name, **question)["ruleset"].startswith(RULESET)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["", "<5", "2026-02-29", "2026-03-01", "M1", "ACTIVE", "alt", "mg/dL", "\ud800"]
    )
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(st.data())
@pytest.mark.parametrize("name", NAMES)
def test_anything_at_all_is_answered_or_refused(name, data):
    """Nothing that a field may be given makes a rule break."""
    keys = [row.alias or key for key, row in RULES[name].given.model_fields.items()]
    question = data.draw(st.dictionaries(st.sampled_from(keys), JSON, max_size=len(keys)))
    with suppress(RefusedError):
        said = answer_to(RULES[name], question, shipped())
        assert json.loads(json.dumps(said, allow_nan=False)).keys() == said.keys()


@pytest.mark.parametrize(
    ("name", "given", "key"),
    [
        ("assign", {"first_dose_on": "2026-01-05", "visit_on": "2026-02-04"}, "done"),
        ("adherence", {"days": 30, "daily_capsules": 2, "dispensed": 60, "returned": 0}, "lost"),
        ("safety", {"symptoms": ["jaundice"]}, "results"),
        ("schedule", {"first_dose_on": "2026-01-05"}, "last_dose_on"),
    ],
)
def test_a_key_that_is_null_is_as_if_not_given(name, given, key):
    assert ask(name, **given, **{key: None}) == ask(name, **given)
