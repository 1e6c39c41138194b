"""Tanks: built, changed only around what stands in them, filled, and counted by two."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from clinic.refusal import Refusal
from labs.actions import tanks
from labs.actions.storage_terms import agree, screen
from labs.models import StorageTerms, TankCount
from labs.queries.storage import tank_map, tanks_of, to_ask, word_of
from labs.rules.storage import Cover, Nitrogen, Spot
from tests.factories.storage import NitrogenReadingFactory, StorageTermsFactory
from tests.labs.storage.conftest import NOW, TODAY
from tests.labs.storage.test_containers import refused

DAY = timedelta(days=1)
BUILT = {
    "name": "Tank B", "quarantine": False, "canisters": 6, "canes": 10, "positions": 5,
    "nitrogen_every_days": 7, "nitrogen_least_cm": 15,
}  # fmt: skip


def test_a_tank_is_built_as_it_is_and_has_its_name_once(site, embryologist):
    made = tanks.add(site=site, built=BUILT, by=embryologist, now=NOW)
    assert len(made.size) == 300
    again = {"site": site, "built": BUILT, "by": embryologist, "now": NOW}
    assert refused(tanks.add, **again)[1] == "name"


@pytest.mark.parametrize(("field", "most"), [("canisters", 40), ("canes", 60), ("positions", 40)])
def test_a_tank_has_a_size_that_a_tank_can_have(site, embryologist, field, most):
    for wrong in (0, most + 1):
        built = BUILT | {field: wrong}
        assert refused(tanks.add, site=site, built=built, by=embryologist, now=NOW)[1] == field
    assert tanks.add(site=site, built=BUILT | {field: most}, by=embryologist, now=NOW).pk


def test_a_tank_does_not_shrink_below_what_stands_in_it(store, tank, embryologist):
    made = store(Spot(2, 3, 4))
    said, field = refused(tanks.change, tank=tank, built={"canes": 2}, by=embryologist)
    assert field == "canes"
    assert said.startswith(f"{made} stands at 2-3-4")
    assert tanks.change(tank=tank, built={"canes": 3}, by=embryologist).canes == 3


def test_a_quarantine_tank_stays_one_while_something_stands_in_it(store, quarantine, embryologist):
    store(tank=quarantine)
    given = {"tank": quarantine, "built": {"quarantine": False}, "by": embryologist}
    assert refused(tanks.change, **given)[1] == "quarantine"


@pytest.mark.parametrize(
    ("days", "level", "filled", "expected"),
    [
        (7, 15, None, Nitrogen.GOOD),
        (8, 15, None, Nitrogen.OVERDUE),
        (0, 14, None, Nitrogen.LOW),
        (0, 14, 30, Nitrogen.GOOD),
    ],
)
def test_a_tank_warns_when_nobody_has_looked_or_it_is_low(
    tank, embryologist, days, level, filled, expected
):
    at = NOW - days * DAY
    given = {"tank": tank, "level_cm": level, "filled_to_cm": filled, "by": embryologist}
    tanks.read_nitrogen(**given, read_at=at, now=NOW)
    (row,) = tanks_of(embryologist, TODAY)
    assert row.nitrogen == expected


def test_a_tank_nobody_has_ever_looked_at_says_so(tank, embryologist):
    (row,) = tanks_of(embryologist, TODAY)
    assert (row.nitrogen, row.free) == (Nitrogen.NEVER, 24)


def test_nitrogen_is_read_in_the_past_and_filled_upwards(tank, embryologist):
    given = {"tank": tank, "level_cm": 20, "by": embryologist, "now": NOW}
    assert refused(tanks.read_nitrogen, **given, read_at=NOW + DAY)[1] == "read_at"
    assert refused(tanks.read_nitrogen, **given, read_at=NOW, filled_to_cm=19)[1] == "filled_to_cm"


def test_a_reading_and_a_count_stay_as_they_were(tank):
    NitrogenReadingFactory(tank=tank)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE labs_nitrogenreading SET level_cm = 99")


def test_a_count_that_agrees_needs_no_reason(store, tank, pair):
    made = store()
    found = tanks.count(tank=tank, codes=[made.spoken], pair=pair, now=NOW)
    assert (found.expected, found.found, found.missing, found.unexpected) == (1, 1, [], [])


def test_a_count_that_differs_says_how_and_asks_why(store, tank, pair):
    made, other = store(), store(Spot(1, 1, 2))
    given = {"tank": tank, "codes": [other.cryo_id], "pair": pair, "now": NOW}
    said, field = refused(tanks.count, **given)
    assert (said.startswith(f"Not found: {made.cryo_id}."), field) == (True, "reason")
    kept = tanks.count(**given, reason="Sent to repair with its cane.")
    assert (kept.missing, kept.unexpected) == ([made.cryo_id], [])
    made.refresh_from_db()
    assert made.status == "stored"


def test_a_count_refuses_codes_that_are_none_and_one_pair_of_eyes(store, tank, pair):
    assert refused(tanks.count, tank=tank, codes=["C1"], pair=pair, now=NOW)[1] == "codes"
    alone = type(pair)(by=pair.by, witness=pair.by)
    assert refused(tanks.count, tank=tank, codes=[], pair=alone, now=NOW)[1] == "second"
    assert TankCount.objects.count() == 0


def test_the_map_shows_each_position_and_what_ends_soon(store, tank, man):
    made = store(Spot(2, 1, 3))
    shown = tank_map(tank, 2, TODAY)
    states = [cell.state for cane in shown.canes for cell in cane]
    assert (states.count("taken"), states.count("free")) == (1, 11)
    assert (shown.taken, shown.free, shown.canisters[1].taken) == (1, 23, 1)
    assert shown.shown("expiring") == []
    StorageTermsFactory(patient=man, expires_on=TODAY + 90 * DAY)
    assert tank_map(tank, 2, TODAY).shown("expiring") == [made]


def test_what_ends_becomes_a_task_and_is_never_destroyed(store, man, embryologist):
    made = store()
    assert list(to_ask(embryologist, TODAY)) == []
    StorageTermsFactory(patient=man, expires_on=TODAY - DAY)
    (asked,) = to_ask(embryologist, TODAY)
    assert (asked.patient, asked.number, asked.word.covered) == (man, 1, Cover.EXPIRED)
    made.refresh_from_db()
    assert made.status == "stored"


AGREED = {"on_death": "discard", "on_separation": "keep"}


def test_he_agrees_after_he_has_consented_and_for_the_future(man, terms, clinician):
    given = {"patient": man, "by": clinician, "now": NOW} | AGREED
    consented = terms.consent.given_on
    agree_on = {"signed_on": TODAY, "expires_on": TODAY + DAY}
    assert refused(agree, **given | agree_on | {"signed_on": consented - DAY})[1] == "signed_on"
    assert refused(agree, **given | agree_on | {"signed_on": TODAY + DAY})[1] == "signed_on"
    assert refused(agree, **given | agree_on | {"expires_on": TODAY})[1] == "expires_on"
    assert agree(**given | agree_on).expires_on == TODAY + DAY


def test_without_a_consent_to_storage_there_is_no_agreement(man, clinician):
    said, _ = refused(
        agree, patient=man, signed_on=TODAY, expires_on=TODAY + DAY, by=clinician, now=NOW,
        **AGREED,
    )  # fmt: skip
    assert said == "Record his consent to storage first."


def test_the_newest_agreement_holds(man, terms, clinician):
    agree(
        patient=man, signed_on=TODAY, expires_on=TODAY + DAY, by=clinician, now=NOW, **AGREED
    )  # fmt: skip
    assert word_of(man, TODAY).covered == Cover.EXPIRING
    assert StorageTerms.objects.filter(patient=man).count() == 2


def test_a_screening_has_an_answer_and_a_day_that_has_come(man, embryologist):
    given = {"patient": man, "by": embryologist, "now": NOW}
    with pytest.raises(Refusal):
        screen(**given, tested_on=TODAY + DAY, answers={"hiv": "negative"})
    with pytest.raises(Refusal):
        screen(**given, tested_on=TODAY, answers={})
    assert screen(**given, tested_on=TODAY, answers={"hiv": "negative"}).hcv == ""
