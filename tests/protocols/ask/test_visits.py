"""Schedule, assignment, missed visits, loss and status (domain reference §7.1, §7.4, §7.5)."""

from datetime import date, timedelta

import pytest

from tests.protocols.ask.asked import RULESET, ask, refused

FIRST = date(2026, 1, 1)


def on(days, start=FIRST):
    return (start + timedelta(days=days)).isoformat()


@pytest.mark.parametrize("first", ["2026-01-01", "2024-01-30", "2026-02-20", "2026-10-10"])
def test_every_visit_lies_thirty_days_from_the_last(first):
    """Over a leap day and both changes of clocks: dates are dates."""
    start = date.fromisoformat(first)
    answer = ask("schedule", first_dose_on=first, last_dose_on=on(179, start))
    assert [row["code"] for row in answer["visits"]] == [
        "V0", "V1", "M1", "M2", "M3", "M4", "M5", "M6", "FU1", "FU2",
    ]  # fmt: skip
    visits = {row["code"]: row for row in answer["visits"]}
    for month in range(1, 7):
        visit = visits[f"M{month}"]
        assert visit["target"] == on(30 * month, start)
        assert (visit["opens"], visit["closes"]) == (
            on(30 * month - 7, start),
            on(30 * month + 7, start),
        )
    for code, days in (("FU1", 30), ("FU2", 90)):
        assert visits[code]["target"] == on(179 + days, start)
        assert visits[code]["opens"] == on(179 + days - 14, start)
        assert visits[code]["closes"] == on(179 + days + 14, start)
    assert visits["V1"]["target"] == first
    assert visits["V0"]["opens"] == on(-56, start)


def test_without_a_last_dose_there_is_no_follow_up():
    answer = ask("schedule", first_dose_on="2026-01-01")
    assert [row["code"] for row in answer["visits"]][-1] == "M6"
    assert answer["calls"] == []


@pytest.mark.parametrize(
    ("offset", "visit", "timing", "deviations"),
    [
        (-15, "UNS", "UNS", []), (-14, "M3", "EARLY", ["VISIT_EARLY"]),
        (-8, "M3", "EARLY", ["VISIT_EARLY"]), (-7, "M3", "ON_TIME", []), (0, "M3", "ON_TIME", []),
        (7, "M3", "ON_TIME", []), (8, "M3", "LATE", ["VISIT_LATE"]),
        (14, "M3", "LATE", ["VISIT_LATE"]), (15, "UNS", "UNS", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", [FIRST, date(2024, 1, 1), date(2026, 8, 20)])
def test_a_day_belongs_to_the_visit_it_is_near(offset, visit, timing, deviations, start):
    answer = ask("assign", first_dose_on=start.isoformat(), visit_on=on(90 + offset, start))
    assert (answer["visit"], answer["timing"], answer["deviations"]) == (visit, timing, deviations)


def test_a_visit_that_is_done_is_not_had_again():
    answer = ask("assign", first_dose_on=on(0), visit_on=on(31), done=["V1", "M1"])
    assert (answer["visit"], answer["timing"]) == ("UNS", "UNS")


def test_a_follow_up_is_assigned_from_the_last_dose():
    answer = ask("assign", first_dose_on=on(0), visit_on=on(179 + 44), last_dose_on=on(179))
    assert (answer["visit"], answer["timing"]) == ("FU1", "ON_TIME")


@pytest.mark.parametrize(
    ("visit", "weight"),
    [("M1", "MAJOR"), ("M2", "MINOR"), ("M3", "MAJOR"), ("M4", "MINOR"), ("M5", "MINOR"),
     ("M6", "MAJOR")],
)  # fmt: skip
def test_a_visit_is_missed_after_fourteen_days(visit, weight):
    target = 30 * int(visit[1])
    given = {"first_dose_on": on(0), "visit": visit, "attended": False}
    before = ask("missed", **given, as_of=on(target + 14))
    assert (before["missed"], before["class"]) == (False, None)
    after = ask("missed", **given, as_of=on(target + 15))
    assert (after["missed"], after["class"]) == (True, weight)
    assert ask("missed", **{**given, "attended": True}, as_of=on(400))["missed"] is False


def test_a_follow_up_is_missed_by_its_own_window():
    given = {"first_dose_on": on(0), "last_dose_on": on(179), "visit": "FU2"}
    assert ask("missed", **given, as_of=on(179 + 104))["missed"] is False
    late = ask("missed", **given, as_of=on(179 + 105))
    assert (late["missed"], late["class"]) == (True, "MINOR")


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("schedule", {}, "first_dose_on"),
        ("schedule", {"first_dose_on": "2026-02-30"}, "first_dose_on"),
        ("schedule", {"first_dose_on": "2026-1-1"}, "first_dose_on"),
        ("schedule", {"first_dose_on": ""}, "first_dose_on"),
        ("schedule", {"first_dose_on": 20260101}, "first_dose_on"),
        ("schedule", {"first_dose_on": "2026-01-01T00:00:00Z"}, "first_dose_on"),
        ("schedule", {"first_dose_on": "9999-12-31"}, "first_dose_on"),
        ("schedule", {"first_dose_on": "2026-02-01", "last_dose_on": "2026-01-31"}, "last_dose_on"),
        ("assign", {"first_dose_on": "2026-02-01"}, "visit_on"),
        ("assign", {"first_dose_on": "2026-02-01", "visit_on": "2026-02-02", "done": ["M9"]},
         "done[0]"),
        ("missed", {"first_dose_on": "2026-02-01", "visit": "X", "as_of": "2026-02-02"}, "visit"),
        ("missed", {"first_dose_on": "2026-02-01", "visit": "FU1", "as_of": "2026-02-02"},
         "last_dose_on"),
        ("missed", {"first_dose_on": "2026-02-01", "visit": "M1", "as_of": "2026-02-02",
                    "attended": "no"}, "attended"),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_are_refused(name, given, field):
    assert list(refused(name, **given)) == [field]


ATTEMPTS = [
    {"on": "2026-03-01", "channel": "phone"}, {"on": "2026-03-08", "channel": "sms"},
    {"on": "2026-03-15", "channel": "letter"},
]  # fmt: skip
GONE = {
    "missed": ["M2", "M3"], "attempts": ATTEMPTS, "last_contact_on": "2026-01-20",
    "as_of": "2026-03-21",
}  # fmt: skip


def test_lost_needs_everything_at_once():
    assert ask("lost", **GONE) == {
        "ruleset": RULESET, "lost": True, "reasons": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {"missed": ["M2"]}, {"missed": ["M2", "M4"]}, {"missed": []},
        {"attempts": ATTEMPTS[1:] }, {"attempts": []},
        {"attempts": [*ATTEMPTS[:2], {"on": "2026-03-14", "channel": "letter"}]},
        {"attempts": [*ATTEMPTS, {"on": "2026-03-16", "channel": "phone"}]},
        {"attempts": [{**row, "channel": "letter"} for row in ATTEMPTS]},
        {"as_of": "2026-03-20"}, {"last_contact_on": None}, {"last_contact_on": "2026-01-21"},
    ],
)  # fmt: skip
def test_not_lost_while_one_thing_is_missing(given):
    answer = ask("lost", **{**GONE, **given})
    assert answer["lost"] is False
    assert answer["reasons"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"last_contact_on": "2026-03-22"}, "last_contact_on"), ({"missed": ["M0"]}, "missed[0]"),
        ({"attempts": [{"on": "2026-03-01"}]}, "attempts[0].channel"),
        ({"attempts": [{"on": "2026-03-01", "channel": ""}]}, "attempts[0].channel"),
        ({"as_of": None}, "as_of"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_of_a_lost_man_is_refused(given, field):
    assert list(refused("lost", **{**GONE, **given})) == [field]


ROWS = [
    (None, "REFER", "REFERRED"), ("REFERRED", "START_SCREENING", "SCREENING"),
    ("SCREENING", "FAIL", "SCREEN_FAILED"), ("SCREENING", "PASS_GATE_ELIGIBLE", "ELIGIBLE"),
    ("ELIGIBLE", "ELIGIBILITY_EXPIRES", "SCREENING"), ("ELIGIBLE", "SIGN_CONSENT", "CONSENTED"),
    ("CONSENTED", "FIRST_DOSE_RECORDED", "ACTIVE"), ("ACTIVE", "HOLD_ORDER", "ON_HOLD"),
    ("ON_HOLD", "RESTART_ORDER", "ACTIVE"), ("ACTIVE", "STOP", "DISCONTINUED"),
    ("ON_HOLD", "STOP", "DISCONTINUED"),
    ("ACTIVE", "PATIENT_WITHDRAWS_TREATMENT", "WITHDRAWN_TREATMENT"),
    ("ON_HOLD", "PATIENT_WITHDRAWS_TREATMENT", "WITHDRAWN_TREATMENT"),
    ("ACTIVE", "GATE_COMPLETE", "COMPLETED_TREATMENT"),
    ("ON_HOLD", "GATE_COMPLETE", "COMPLETED_TREATMENT"),
    ("COMPLETED_TREATMENT", "FU2_DONE", "CLOSED"), ("DISCONTINUED", "FU2_DONE", "CLOSED"),
    ("WITHDRAWN_TREATMENT", "WINDOW_CLOSED", "CLOSED"),
    ("ACTIVE", "LTFU_RULE", "LOST_TO_FOLLOW_UP"), ("ON_HOLD", "LTFU_RULE", "LOST_TO_FOLLOW_UP"),
    ("LOST_TO_FOLLOW_UP", "PATIENT_RETURNS", "ON_HOLD"),
    *((status, "DEATH", "DECEASED") for status in ("REFERRED", "ACTIVE", "LOST_TO_FOLLOW_UP")),
    *((status, "WITHDRAWS_CONSENT", "WITHDRAWN_CONSENT") for status in ("SCREENING", "ON_HOLD")),
]  # fmt: skip
FACTS = {
    "screening_consent": True, "reason_code": "AGE", "restart_limits": True, "previous": "ON_HOLD",
}  # fmt: skip


@pytest.mark.parametrize(("origin", "event", "to"), ROWS)
def test_every_row_of_the_table_leads_where_it_says(origin, event, to):
    answer = ask("transition", **{"from": origin, "event": event, "facts": FACTS})
    assert (answer["allowed"], answer["to"], answer["reasons"]) == (True, to, [])
    by_status = ask("transition", **{"from": origin, "to": to, "facts": FACTS})
    assert (by_status["allowed"], by_status["to"]) == (True, to)


@pytest.mark.parametrize(
    ("origin", "event"),
    [
        ("REFERRED", "START_SCREENING"), ("SCREENING", "FAIL"), ("ON_HOLD", "RESTART_ORDER"),
        ("LOST_TO_FOLLOW_UP", "PATIENT_RETURNS"),
    ],
)  # fmt: skip
def test_a_guard_without_its_fact_does_not_let_him_through(origin, event):
    answer = ask("transition", **{"from": origin, "event": event})
    assert (answer["allowed"], answer["to"]) == (False, None)
    assert len(answer["reasons"]) == 1


@pytest.mark.parametrize(
    ("origin", "event", "fact"),
    [
        ("SCREENING", "PASS_GATE_ELIGIBLE", "gate_eligible"),
        ("CONSENTED", "FIRST_DOSE_RECORDED", "gate_start"),
        ("ACTIVE", "GATE_COMPLETE", "gate_complete"), ("ACTIVE", "LTFU_RULE", "lost"),
    ],
)  # fmt: skip
def test_a_fact_that_says_otherwise_wins_over_the_word(origin, event, fact):
    answer = ask("transition", **{"from": origin, "event": event, "facts": {fact: False}})
    assert answer["allowed"] is False


@pytest.mark.parametrize("status", ["SCREEN_FAILED", "WITHDRAWN_CONSENT", "CLOSED", "DECEASED"])
def test_nothing_leads_out_of_an_end_but_a_correction_with_two_signatures(status):
    for event in {event for _, event, _ in ROWS}:
        answer = ask("transition", **{"from": status, "event": event, "facts": FACTS})
        assert answer["allowed"] is False, event
    correction = {"from": status, "event": "CORRECT_ERROR"}
    one = ask("transition", **correction, facts={"signatures": 1, "previous": "ACTIVE"})
    assert one["allowed"] is False
    two = ask("transition", **correction, facts={"signatures": 2, "previous": "ACTIVE"})
    assert (two["allowed"], two["to"]) == (True, "ACTIVE")
    by_to = ask("transition", **correction, to="ON_HOLD", facts={"signatures": 2})
    assert (by_to["allowed"], by_to["to"]) == (True, "ON_HOLD")


@pytest.mark.parametrize("previous", ["CLOSED", "DECEASED", "SCREENING", "LOST_TO_FOLLOW_UP"])
def test_he_who_was_lost_returns_only_to_treatment(previous):
    answer = ask("transition", **{"from": "LOST_TO_FOLLOW_UP", "event": "PATIENT_RETURNS",
                                  "facts": {"previous": previous}})  # fmt: skip
    assert (answer["allowed"], answer["to"]) == (False, None)


@pytest.mark.parametrize(
    ("origin", "event"),
    [("REFERRED", "HOLD_ORDER"), ("SCREENING", "FIRST_DOSE_RECORDED"), ("ACTIVE", "REFER"),
     ("ACTIVE", "RESTART_ORDER"), ("ACTIVE", "FU2_DONE"), (None, "START_SCREENING")],
)  # fmt: skip
def test_what_the_table_does_not_have_is_not_allowed(origin, event):
    answer = ask("transition", **{"from": origin, "event": event, "facts": FACTS})
    assert (answer["allowed"], answer["to"]) == (False, None)
    assert answer["reasons"]


def test_the_first_dose_may_be_told_as_a_day_or_as_recorded():
    for facts, allowed in (
        ({"gate_start": True, "first_dose_on": "2026-01-01"}, True),
        ({"gate_start": True, "first_dose_recorded": True}, True),
        ({"gate_start": True, "first_dose_recorded": False}, False),
        ({"gate_start": None}, False),
    ):
        answer = ask(
            "transition", **{"from": "CONSENTED", "event": "FIRST_DOSE_RECORDED", "facts": facts}
        )
        assert answer["allowed"] is allowed, facts


def test_completed_is_short_for_completed_treatment():
    answer = ask("transition", **{"from": "COMPLETED", "event": "FU2_DONE"})
    assert (answer["allowed"], answer["to"]) == (True, "CLOSED")


def test_a_status_may_stand_in_the_place_of_the_event():
    answer = ask("transition", **{"from": "ACTIVE", "event": "ON_HOLD"})
    assert (answer["allowed"], answer["to"]) == (True, "ON_HOLD")


def test_an_event_that_leads_elsewhere_does_not_lead_there():
    answer = ask("transition", **{"from": "ACTIVE", "event": "STOP", "to": "ON_HOLD"})
    assert answer["allowed"] is False


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from": "ACTIVE"}, "event"), ({"from": "ACTIVE", "event": "JUMP"}, "event"),
        ({"from": "AWAY", "event": "STOP"}, "from"), ({"from": "ACTIVE", "to": "AWAY"}, "to"),
        ({"from": "ACTIVE", "event": "STOP", "facts": {"mood": 3}}, "facts.mood"),
        ({"from": "ACTIVE", "event": "STOP", "facts": {"lost": 1}}, "facts.lost"),
        ({"from": "ACTIVE", "event": "STOP", "facts": []}, "facts"),
    ],
)  # fmt: skip
def test_a_word_the_table_does_not_know_is_refused(given, field):
    assert list(refused("transition", **given)) == [field]
