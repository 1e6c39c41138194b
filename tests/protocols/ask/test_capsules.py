"""Adherence, supply, cumulative dose, the dispensing gate and the dates after (§2.1, §2.6, §7)."""

import pytest

from tests.protocols.ask.asked import ask, refused

PERIOD = {
    "days": 100, "hold_days": 0, "daily_capsules": 2, "dispensed": 300, "carried_in": 0, "lost": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("actual", "name"),
    [
        (0, "MAJOR"), (119, "MAJOR"), (120, "MINOR"), (159, "MINOR"), (160, "ADEQUATE"),
        (200, "ADEQUATE"), (220, "ADEQUATE"), (221, "OVER_USE"),
    ],
)  # fmt: skip
def test_adherence_is_classed_by_the_unrounded_figure(actual, name):
    answer = ask("adherence", **PERIOD, returned=300 - actual)
    assert (answer["expected"], answer["actual"], answer["class"]) == (200, actual, name)
    assert answer["percent"] == pytest.approx(actual / 2)


def test_a_figure_that_rounds_to_eighty_is_still_below_it():
    given = {**PERIOD, "days": 1000, "dispensed": 2000, "returned": 2000 - 1599}
    answer = ask("adherence", **given)
    assert (answer["percent"], answer["class"]) == (79.95, "MINOR")


def test_what_was_carried_in_and_lost_counts_and_days_on_hold_do_not():
    answer = ask(
        "adherence", days=30, hold_days=10, daily_capsules=2, dispensed=60, carried_in=4,
        returned=20, lost=4,
    )  # fmt: skip
    assert (answer["expected"], answer["actual"], answer["percent"]) == (40, 40, 100)


def test_a_bottle_that_did_not_come_back_leaves_adherence_unknown():
    answer = ask("adherence", **PERIOD)
    assert (answer["actual"], answer["percent"], answer["class"]) == (None, None, None)


def test_capsules_during_a_hold_are_over_use():
    answer = ask("adherence", **{**PERIOD, "hold_days": 100}, returned=299)
    assert (answer["expected"], answer["percent"], answer["class"]) == (0, None, "OVER_USE")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"returned": 10.5}, "returned"), ({"dispensed": 0.5}, "dispensed"),
        ({"returned": 301}, "returned"), ({"hold_days": 101}, "hold_days"), ({"lost": -1}, "lost"),
        ({"days": None}, "days"), ({"daily_capsules": True}, "daily_capsules"),
        ({"dispensed": "300"}, "dispensed"), ({"dispensed": 1e15}, "dispensed"),
    ],
)  # fmt: skip
def test_capsules_that_cannot_be_are_refused(given, field):
    assert list(refused("adherence", **{**PERIOD, "returned": 0, **given})) == [field]


@pytest.mark.parametrize(
    ("on_hand", "on", "daily", "out", "remind"),
    [
        (60, "2026-01-01", 2, "2026-01-31", ["2026-01-24", "2026-01-28", "2026-01-30"]),
        (61, "2026-01-01", 2, "2026-01-31", ["2026-01-24", "2026-01-28", "2026-01-30"]),
        (59, "2026-01-01", 2, "2026-01-30", ["2026-01-23", "2026-01-27", "2026-01-29"]),
        (60, "2024-02-01", 2, "2024-03-02", ["2024-02-24", "2024-02-28", "2024-03-01"]),
        (30, "2026-03-01", 1, "2026-03-31", ["2026-03-24", "2026-03-28", "2026-03-30"]),
        (4, "2026-01-10", 2, "2026-01-12", ["2026-01-11"]), (0, "2026-01-10", 2, "2026-01-10", []),
        (60, "2026-01-10", 0, None, []),
    ],
)  # fmt: skip
def test_the_capsules_run_out_and_he_is_reminded(on_hand, on, daily, out, remind):
    answer = ask("supply", on_hand=on_hand, on=on, daily_capsules=daily)
    assert (answer["run_out_on"], answer["remind_on"]) == (out, remind)


@pytest.mark.parametrize(("kg", "per_kg"), [(60, 120.0), (70, 102.9), (80, 90.0), (100, 72.0)])
def test_the_whole_course_per_kilogram(kg, per_kg):
    segments = [{"capsules": 200, "strength_mg": 20}, {"capsules": 160, "strength_mg": 20}]
    answer = ask("cumulative", segments=segments, weight_kg=kg)
    assert answer["mg"] == 7200
    assert round(answer["mg_per_kg"], 1) == per_kg
    assert answer["mg_per_kg"] == pytest.approx(7200 / kg)


def test_without_a_weight_there_is_no_figure_per_kilogram():
    answer = ask("cumulative", segments=[])
    assert (answer["mg"], answer["mg_per_kg"]) == (0, None)


@pytest.mark.parametrize(
    ("name", "given", "field"),
    [
        ("cumulative", {"segments": [], "weight_kg": 0}, "weight_kg"),
        ("cumulative", {"segments": [], "weight_kg": "70"}, "weight_kg"),
        ("cumulative", {"segments": [{"capsules": 0.5, "strength_mg": 20}]},
         "segments[0].capsules"),
        ("cumulative", {"segments": [{"capsules": 5}]}, "segments[0].strength_mg"),
        ("supply", {"on_hand": -1, "on": "2026-01-01", "daily_capsules": 2}, "on_hand"),
        ("supply", {"on_hand": 10, "on": "2026-02-29", "daily_capsules": 2}, "on"),
        ("dates", {}, "last_dose_on"), ("dates", {"last_dose_on": None}, "last_dose_on"),
    ],
)  # fmt: skip
def test_other_amounts_that_cannot_be_are_refused(name, given, field):
    assert list(refused(name, **given)) == [field]


@pytest.mark.parametrize(
    ("last", "blood", "again"),
    [
        ("2026-01-31", "2026-02-28", "2026-03-28"), ("2024-01-31", "2024-02-29", "2024-03-27"),
        ("2026-06-30", "2026-07-30", "2026-08-25"), ("2026-12-31", "2027-01-31", "2027-02-25"),
        ("2024-02-29", "2024-03-29", "2024-04-25"), ("2026-03-31", "2026-04-30", "2026-05-26"),
    ],
)  # fmt: skip
def test_the_dates_after_the_last_dose(last, blood, again):
    answer = ask("dates", last_dose_on=last)
    assert answer["blood_donation_blocked_until"] == blood
    assert answer["re_treatment_earliest"] == again


READY = {
    "status": "ACTIVE", "visit_done": True, "labs_resulted": True, "labs_reviewed": True,
    "open_hold": False, "phq9_done": True, "interactions": [], "ruleset": "PRE_2026",
    "rx_on": "2026-03-01", "pick_up_on": "2026-03-30", "days_on_hand": 7,
}  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        {}, {"days_on_hand": 0}, {"pick_up_on": "2026-03-01"}, {"ruleset": None},
        {"ruleset": "MOD_2026", "pick_up_on": "2026-05-01"},
        {"ruleset": "MOD_2026", "rx_on": None, "pick_up_on": None},
        {"visit_done": False, "visit_in_window": True}, {"interactions": ["warfarin"]},
        {"rx_on": "2024-02-01", "pick_up_on": "2024-03-01"}, {"interactions": False},
    ],
)  # fmt: skip
def test_a_bottle_goes_out_when_everything_holds(given):
    answer = ask("dispense", **{**READY, **given})
    assert (answer["allowed"], answer["reasons"]) == (True, [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"status": "ON_HOLD"}, "NOT_ACTIVE"), ({"status": "COMPLETED_TREATMENT"}, "NOT_ACTIVE"),
        ({"visit_done": False}, "VISIT_NOT_DONE"), ({"visit_done": None}, "VISIT_NOT_DONE"),
        ({"labs_resulted": False}, "LABS_NOT_RESULTED"),
        ({"labs_reviewed": False}, "LABS_NOT_REVIEWED"),
        ({"labs_reviewed": None}, "LABS_NOT_REVIEWED"), ({"open_hold": True}, "OPEN_HOLD"),
        ({"open_hold": None}, "OPEN_HOLD"), ({"phq9_done": False}, "PHQ9_MISSING"),
        ({"interactions": None}, "INTERACTIONS_NOT_CHECKED"),
        ({"interactions": ["doxycycline"]}, "INTERACTION"), ({"interactions": True}, "INTERACTION"),
        ({"pick_up_on": "2026-03-31"}, "PICK_UP_WINDOW"),
        ({"pick_up_on": "2026-02-28"}, "PICK_UP_WINDOW"), ({"rx_on": None}, "PRESCRIPTION_MISSING"),
        ({"days_on_hand": 8}, "STOCK_TOO_HIGH"), ({"days_on_hand": None}, "STOCK_UNKNOWN"),
    ],
)  # fmt: skip
def test_one_thing_missing_keeps_the_bottle(given, code):
    answer = ask("dispense", **{**READY, **given})
    assert (answer["allowed"], answer["codes"]) == (False, [code])
    assert len(answer["reasons"]) == 1


def test_every_reason_is_told_at_once():
    assert len(ask("dispense", status="ON_HOLD")["reasons"]) == 8


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": "SLEEPING"}, "status"), ({"status": None}, "status"),
        ({"ruleset": "MOD_2027"}, "ruleset"), ({"days_on_hand": -1}, "days_on_hand"),
        ({"visit_done": "yes"}, "visit_done"), ({"interactions": "doxycycline"}, "interactions"),
    ],
)  # fmt: skip
def test_facts_of_the_gate_that_cannot_be_are_refused(given, field):
    assert list(refused("dispense", **{**READY, **given})) == [field]
