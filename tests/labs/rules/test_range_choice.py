"""Which range holds for whom and from when: the laboratory's, by sex, by age, by day."""

from datetime import date

import pytest

from labs.rules.range_choice import NOBODY, Kept, Whom, best, in_force

JULY = date(2026, 7, 1)
HIM = Whom("male", date(1990, 7, 1), JULY)


def kept(key: int, text: str = "", **more) -> Kept:
    return Kept(key, more.pop("unit", "U/L"), text or f"<={key}", own=more.pop("own", True), **more)


def chosen(*rows: Kept, whom: Whom = HIM, unit: str = "U/L") -> int | None:
    found = best(rows, whom, unit)
    return found.key if found else None


@pytest.mark.parametrize(
    ("on", "key"),
    [
        (date(2026, 6, 30), 1),
        (date(2026, 7, 1), 2),
        (date(2026, 7, 2), 2),
        (date(2019, 12, 31), None),
    ],
)
def test_a_range_holds_from_its_day_until_the_next_one(on, key):
    rows = [kept(1, valid_from=date(2020, 1, 1)), kept(2, valid_from=JULY)]

    assert chosen(*rows, whom=Whom("male", date(1990, 7, 1), on)) == key


@pytest.mark.parametrize(
    ("on", "age"),
    [(date(2026, 6, 30), 35), (date(2026, 7, 1), 36), (date(2026, 7, 2), 36)],
)
def test_a_man_is_a_year_older_on_his_birthday(on, age):
    assert Whom("male", date(1990, 7, 1), on).age == age


@pytest.mark.parametrize(
    ("on", "age"), [(date(2026, 2, 28), 29), (date(2026, 3, 1), 30), (date(2028, 2, 29), 32)]
)
def test_who_is_born_on_a_leap_day_is_older_on_the_first_of_march(on, age):
    assert Whom("male", date(1996, 2, 29), on).age == age


@pytest.mark.parametrize(("age_from", "age_to", "fits"), [
    (35, None, True), (36, None, True), (37, None, False),
    (None, 35, False), (None, 36, True), (None, 37, True),
    (36, 36, True), (18, 35, False), (37, 50, False),
])  # fmt: skip
def test_the_first_and_the_last_year_of_an_age_belong_to_it(age_from, age_to, fits):
    assert (chosen(kept(1, age_from=age_from, age_to=age_to)) == 1) is fits


@pytest.mark.parametrize(("sex", "fits"), [("", True), ("male", True), ("female", False)])
def test_a_range_for_one_sex_is_for_no_other(sex, fits):
    assert (chosen(kept(1, sex=sex)) == 1) is fits


def test_a_range_for_an_age_is_not_taken_where_the_age_is_not_known():
    assert chosen(kept(1, age_from=18), whom=NOBODY) is None
    assert chosen(kept(1, sex="male"), whom=NOBODY) is None


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([kept(1, own=False), kept(2)], 2),
        ([kept(1, unit="ukat/L"), kept(2, own=False)], 1),
        ([kept(1, unit="ukat/L"), kept(2)], 2),
        ([kept(1), kept(2, sex="male")], 2),
        ([kept(1, sex="male"), kept(2, sex="male", age_from=18, age_to=40)], 2),
        ([kept(1, age_from=18, age_to=80), kept(2, age_from=30, age_to=40)], 2),
    ],
    ids=["own before default", "own before unit", "unit", "sex", "age", "the narrower age"],
)
def test_the_nearest_range_wins_whatever_the_order(rows, key):
    assert (chosen(*rows), chosen(*reversed(rows))) == (key, key)


def test_without_a_day_what_began_last_holds():
    rows = [kept(1, valid_from=date(2020, 1, 1)), kept(2, valid_from=date(2090, 1, 1))]

    assert [row.key for row in in_force(rows, None)] == [2]
