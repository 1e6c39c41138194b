"""A programme that contradicts itself gets a sentence at the place of the contradiction."""

from copy import deepcopy

import pytest

from protocols.rules.definition import DefinitionError, document, restore, shipped
from protocols.rules.places import at, put

PROGRAMME = document(shipped())


def said(*changes):
    """What is wrong once these places say something else: {path: sentence}."""
    changed = deepcopy(PROGRAMME)
    for way, value in changes:
        put(changed, way, value)
    with pytest.raises(DefinitionError) as caught:
        restore(changed)
    return {problem.path: problem.message for problem in caught.value.problems}


def visit(code: str) -> int:
    return [row["code"] for row in PROGRAMME["visits"]].index(code)


FU1, FU2, M1, M2 = (visit(code) for code in ("FU1", "FU2", "M1", "M2"))
BANDS = ("safety", "analytes", 0, "bands")
MISSED = [row["code"] for row in PROGRAMME["reminders"]["rules"]].index("MISSED_1D")


def after(row: int, code: str, days: int = 30):
    return [
        (("visits", row, "anchor"), "visit"),
        (("visits", row, "anchor_visit"), code),
        (("visits", row, "offset_days"), days),
    ]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        pytest.param([(("visits", M2, "code"), "M1")], f"visits[{M2}].code",
                     "The visit M1 is given twice, here and as number 3", id="a code twice"),
        pytest.param([(("visits", M2, "offset_days"), 44)], f"visits[{M2}]",
                     "M1 closes on day +37, M2 opens on day +37", id="a day of two visits"),
        pytest.param([*after(FU1, "FU2"), *after(FU2, "FU1")], f"visits[{FU1}].anchor_visit",
                     "FU1 is counted from FU2 is counted from FU1: in a circle", id="circle"),
        pytest.param(after(FU1, "FU1"), f"visits[{FU1}].anchor_visit",
                     "FU1 is counted from FU1", id="from itself"),
        pytest.param(after(FU1, "M99"), f"visits[{FU1}].anchor_visit",
                     "There is no visit M99. There are: V0, V1", id="an unknown anchor"),
        pytest.param([(("visits", 1, "offset_days"), 1)], "visits",
                     "No visit is the start", id="no Day 1"),
        pytest.param([(("visits", M1, "offset_days"), 0)], f"visits[{M1}]",
                     "V1 and M1 are both Day 1", id="two starts"),
        pytest.param([((*BANDS, 3, "over"), "500")], "safety.analytes[0].bands[3]",
                     "TG_REDUCE and TG_HOLD both begin at 500", id="one value, two bands"),
        pytest.param([((*BANDS, 3, "over"), "499")], "safety.analytes[0].bands[3]",
                     "The ladder is out of order: TG_HOLD at 499 must lie above", id="order"),
        pytest.param([((*BANDS, 3, "action"), "REVIEW")], "safety.analytes[0].bands[3].action",
                     "TG_HOLD is milder (REVIEW) than TG_REDUCE (REDUCE)", id="milder"),
        pytest.param([(("safety", "holds", "restart", 0, "at_most"), "801")],
                     "safety.holds.restart[0].at_most",
                     "Treatment would restart at 801, and Triglycerides holds it from 800",
                     id="restart above the hold"),
        pytest.param([(("mood", "bands", 1, "at_least"), 6)], "mood.bands[1].at_least",
                     "The totals 5 to 5 have no band", id="a total without a band"),
        pytest.param([(("mood", "bands", 1, "at_least"), 4)], "mood.bands[1].at_least",
                     "The total 4 has a band already: begin at 5.", id="a total with two"),
        pytest.param([(("mood", "bands", 4, "at_most"), 26)], "mood.bands[4].at_most",
                     "The totals 27 to 27 have no band", id="the last total"),
        pytest.param([(("mood", "item_nine", 1, "at_least"), 1)], "mood.item_nine[1].at_least",
                     "it must be more than 1", id="question nine"),
        pytest.param([(("reminders", "rules", 0, "days"), 1)], "reminders.rules[0].days",
                     "APPOINTMENT_7D would come after starts_at", id="after its target"),
        pytest.param([(("reminders", "rules", MISSED, "days"), -1)],
                     f"reminders.rules[{MISSED}].days",
                     "before anything is missed", id="before it is missed"),
        pytest.param([(("reminders", "rules", 0, "target"), "run_out_on")],
                     "reminders.rules[0].target",
                     "A reminder about booking is counted from starts_at", id="a wrong target"),
        pytest.param([(("reminders", "daily_at"), "07:59")], "reminders.daily_at",
                     "07:59 lies in the quiet hours, 21:00 to 08:00", id="in the quiet hours"),
        pytest.param([(("dose", "reduced_daily_capsules"), 2)], "dose.reduced_daily_capsules",
                     "must be below the full dose of 2 a day", id="reduced over full"),
        pytest.param([(("dose", "minor_from_percent"), "80")], "dose.adequate_from_percent",
                     "Adherence limits must rise", id="adherence"),
        pytest.param([(("eligibility", "min_age"), 61)], "eligibility.min_age",
                     "min_age is 61, above max_age, which is 60.", id="ages"),
        pytest.param([(("eligibility", "labs", 0, "exclusion"), "boredom")],
                     "eligibility.labs[0].exclusion", "There is no exclusion boredom", id="reason"),
        pytest.param([(("visits", M1, "code"), "MONTH_ONE")], f"visits[{M1}].code",
                     "is too long: at most 8 characters", id="a long code"),
    ],
)  # fmt: skip
def test_a_contradiction_has_its_sentence(changes, path, words):
    assert words in said(*changes)[path]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([(("visits", M2, "offset_days"), 45)], id="the day after the other closes"),
        pytest.param([((*BANDS, 3, "over"), "501")], id="the next value up"),
        pytest.param([(("safety", "holds", "restart", 0, "at_most"), "800")], id="at the hold"),
        pytest.param([(("reminders", "daily_at"), "08:00")], id="when the quiet hours end"),
        pytest.param([(("eligibility", "min_age"), 60)], id="one age"),
        pytest.param(after(FU2, "FU1"), id="a chain of visits"),
    ],
)
def test_just_beside_a_contradiction_nothing_is_wrong(changes):
    changed = deepcopy(PROGRAMME)
    for way, value in changes:
        put(changed, way, value)
    assert restore(changed)


def test_a_start_that_waits_for_a_consent_nobody_asks_for_is_said():
    changes = []
    for row in (0, 1):
        items = at(PROGRAMME, ("visits", row, "items"))
        changes.append((("visits", row, "items"), [i for i in items if i["kind"] != "consent"]))

    assert "The start waits for consent to treatment" in said(*changes)["gates.consents"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((("visits", M1, "offset_months"), 1), "offset_days or offset_months, one of the two"),
        ((("visits", M1, "offset_days"), None), "offset_days or offset_months, one of the two"),
        ((("visits", M1, "anchor"), "visit"), "anchor: visit and anchor_visit: M3"),
        ((("visits", M1, "anchor_visit"), "V0"), "anchor: visit and anchor_visit: M3"),
    ],
)
def test_a_visit_hangs_on_one_day_at_one_distance(change, words):
    assert words in said(change)[f"visits[{M1}]"]
