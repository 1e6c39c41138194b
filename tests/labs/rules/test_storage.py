"""States, agreement, infection, positions, nitrogen: every row of every table, both sides."""

from datetime import date, timedelta
from itertools import product

import pytest

from labs.rules.storage import (
    IN_TANK,
    RENEWAL_DAYS,
    SCREENING_DAYS,
    STEPS,
    VIRUSES,
    Clearance,
    Cover,
    Nitrogen,
    OnDeath,
    Size,
    Spot,
    Status,
    Verb,
    clearance,
    cover,
    cover_refusal,
    differences,
    first_free,
    nitrogen,
    reminder_days,
    step,
    step_refusal,
    tank_refusal,
    task,
    verbs_from,
)

TODAY = date(2026, 8, 4)
DAY = timedelta(days=1)
EVERY = list(product([None, *Status], Verb))
LEADS = {
    "None store": "stored", "None receive": "stored",
    "stored move": "stored", "reserved move": "reserved",
    "stored reserve": "reserved", "reserved release": "stored",
    "stored thaw": "thawed", "reserved thaw": "thawed", "thawed use": "used",
    "stored transfer": "transferred", "reserved transfer": "transferred",
    "stored discard": "discarded", "reserved discard": "discarded", "thawed discard": "discarded",
}  # fmt: skip


@pytest.mark.parametrize(("status", "verb"), EVERY, ids=str)
def test_each_verb_leads_from_each_state_where_the_table_says_or_nowhere(status, verb):
    assert step(status, verb) == LEADS.get(f"{status} {verb}")


@pytest.mark.parametrize(("status", "verb"), EVERY, ids=str)
def test_a_step_is_refused_with_a_sentence_exactly_where_it_leads_nowhere(status, verb):
    refused = step_refusal(status, verb)
    assert (refused == "") == (f"{status} {verb}" in LEADS)
    assert refused == "" or refused.endswith(".")


@pytest.mark.parametrize("status", [Status.USED, Status.TRANSFERRED, Status.DISCARDED])
def test_nothing_more_happens_to_what_is_gone(status):
    assert verbs_from(status) == []


def test_what_is_thawed_is_used_or_discarded_and_never_frozen_again():
    assert verbs_from(Status.THAWED) == [Verb.USE, Verb.DISCARD]


def test_only_what_is_stored_or_reserved_holds_a_position():
    assert {Status.STORED, Status.RESERVED} == IN_TANK
    assert {after for (_, verb), after in STEPS.items() if verb in (Verb.STORE, Verb.MOVE)} == (
        IN_TANK
    )


@pytest.mark.parametrize(
    ("expires", "withdrawn", "died", "expected"),
    [
        (TODAY - DAY, False, False, Cover.EXPIRED),
        (TODAY, False, False, Cover.EXPIRING),
        (TODAY + 90 * DAY, False, False, Cover.EXPIRING),
        (TODAY + 91 * DAY, False, False, Cover.COVERED),
        (None, False, False, Cover.MISSING),
        (TODAY + 500 * DAY, True, False, Cover.WITHDRAWN),
        (TODAY - DAY, True, False, Cover.WITHDRAWN),
        (TODAY + 500 * DAY, False, True, Cover.DIED),
        (TODAY + 500 * DAY, True, True, Cover.DIED),
        (None, False, True, Cover.DIED),
    ],
)
def test_his_word_is_worth_until_its_last_day(expires, withdrawn, died, expected):
    assert cover(expires_on=expires, withdrawn=withdrawn, died=died, today=TODAY) == expected


def test_the_year_of_a_leap_day_counts_it():
    asked = cover(expires_on=date(2028, 3, 1), withdrawn=False, died=False, today=date(2027, 12, 2))
    assert asked == Cover.EXPIRING
    day_before = cover(
        expires_on=date(2028, 3, 1), withdrawn=False, died=False, today=date(2027, 12, 1)
    )
    assert day_before == Cover.COVERED


NEEDS = {Verb.STORE, Verb.RECEIVE, Verb.RESERVE, Verb.THAW, Verb.USE}


@pytest.mark.parametrize(("verb", "covered"), list(product(Verb, Cover)), ids=str)
def test_his_word_is_needed_for_freezing_and_using_and_not_for_moving_or_discarding(verb, covered):
    fine = covered in (Cover.COVERED, Cover.EXPIRING)
    needed = NEEDS | {Verb.TRANSFER} if covered is Cover.DIED else NEEDS
    assert (cover_refusal(verb, covered) == "") == (fine or verb not in needed)


@pytest.mark.parametrize("verb", Verb, ids=str)
def test_after_his_death_only_what_he_wrote_for_his_partner_is_used(verb):
    allowed = cover_refusal(verb, Cover.DIED, OnDeath.PARTNER) == ""
    assert allowed == (verb not in (Verb.STORE, Verb.RECEIVE))
    for left in (OnDeath.DISCARD, OnDeath.UNDECIDED):
        assert (cover_refusal(verb, Cover.DIED, left) == "") == (
            verb in (Verb.MOVE, Verb.RELEASE, Verb.DISCARD)
        )


@pytest.mark.parametrize(
    ("covered", "days", "expected"),
    [
        (Cover.COVERED, 91, ""),
        (Cover.EXPIRING, 90, "His agreement ends in 90 days: ask him whether to renew it"),
        (Cover.EXPIRING, 2, "His agreement ends in 2 days: ask him whether to renew it"),
        (Cover.EXPIRING, 1, "His agreement ends tomorrow: ask him whether to renew it"),
        (Cover.EXPIRING, 0, "His agreement ends today: ask him whether to renew it"),
        (Cover.EXPIRED, -1, "His agreement has ended: ask him what should become of it"),
        (Cover.WITHDRAWN, 3, "He has withdrawn his consent: ask him what should become of it"),
        (Cover.MISSING, None, "No agreement is on file: ask him what he wishes"),
        (Cover.DIED, 3, "He has died: decide by what he has written down"),
    ],
)
def test_what_ends_asks_a_person(covered, days, expected):
    assert task(covered, days) == expected


def test_he_is_reminded_ninety_thirty_and_seven_days_before():
    assert RENEWAL_DAYS == (90, 30, 7)
    assert reminder_days(date(2028, 3, 1)) == [
        (90, date(2027, 12, 2)), (30, date(2028, 1, 31)), (7, date(2028, 2, 23)),
    ]  # fmt: skip


CLEAN = dict.fromkeys(VIRUSES, "negative")


@pytest.mark.parametrize(
    ("answers", "tested_on", "expected"),
    [
        (CLEAN, TODAY, Clearance.CLEAR),
        (CLEAN, TODAY - SCREENING_DAYS * DAY, Clearance.CLEAR),
        (CLEAN, TODAY - (SCREENING_DAYS + 1) * DAY, Clearance.OLD),
        (CLEAN, TODAY + 10 * DAY, Clearance.CLEAR),
        (None, None, Clearance.MISSING),
        (CLEAN | {"hcv": ""}, TODAY, Clearance.MISSING),
        (CLEAN | {"hcv": "", "hiv": "positive"}, TODAY, Clearance.POSITIVE),
        (CLEAN | {"syphilis": "positive"}, TODAY - 900 * DAY, Clearance.POSITIVE),
    ],
)
def test_only_four_negative_tests_that_are_young_enough_clear_him(answers, tested_on, expected):
    assert clearance(answers, tested_on, TODAY) == expected


@pytest.mark.parametrize("cleared", Clearance, ids=str)
def test_what_is_not_cleared_stands_in_quarantine_only(cleared):
    assert tank_refusal(cleared, quarantine=True) == ""
    assert (tank_refusal(cleared, quarantine=False) == "") == (cleared is Clearance.CLEAR)


SMALL = Size(2, 3, 4)


@pytest.mark.parametrize(
    ("spot", "inside"),
    [
        (Spot(1, 1, 1), True), (Spot(2, 3, 4), True),
        (Spot(0, 1, 1), False), (Spot(3, 1, 1), False),
        (Spot(1, 0, 1), False), (Spot(1, 4, 1), False),
        (Spot(1, 1, 0), False), (Spot(1, 1, 5), False),
    ],
    ids=str,
)  # fmt: skip
def test_a_position_is_inside_its_tank_or_not(spot, inside):
    assert (spot in SMALL) == inside


def test_a_tank_offers_each_of_its_positions_once_and_then_none():
    taken: set[Spot] = set()
    while (spot := first_free(SMALL, taken)) is not None:
        assert spot not in taken
        assert spot in SMALL
        taken.add(spot)
    assert len(taken) == len(SMALL) == 24


@pytest.mark.parametrize(
    ("read_on", "level", "expected"),
    [
        (TODAY - 7 * DAY, 15, Nitrogen.GOOD),
        (TODAY - 8 * DAY, 15, Nitrogen.OVERDUE),
        (TODAY, 14, Nitrogen.LOW),
        (TODAY - 8 * DAY, 14, Nitrogen.LOW),
        (None, 0, Nitrogen.NEVER),
    ],
)
def test_nitrogen_is_good_while_it_is_high_and_read_in_time(read_on, level, expected):
    found = nitrogen(read_on=read_on, level_cm=level, every_days=7, least_cm=15, today=TODAY)
    assert found == expected


def test_a_count_says_what_is_missing_and_what_is_too_much():
    assert differences({"C1", "C2"}, {"C2", "C3"}) == (["C1"], ["C3"])
    assert differences({"C1"}, {"C1"}) == ([], [])
