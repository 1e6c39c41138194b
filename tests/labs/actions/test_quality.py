"""Controls: who may count, where that leaves him, and what an action does."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import Error, transaction

from clinic.access import Role
from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions import quality, semen
from labs.models import ControlAction, ControlLot, ControlReading, ControlStanding
from labs.queries.quality import actions_at, control_is_due, every_run, lots_of, runs_of
from tests.conftest import make_member
from tests.factories.quality import ControlLotFactory
from tests.labs.conftest import DRAWN, FEW, NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BEADS = {
    "name": "B-17", "material": "beads", "measure": "concentration", "target": Decimal(35),
    "sd": Decimal(3), "expires_on": date(2026, 8, 4),
}  # fmt: skip


@pytest.fixture
def lot(site, verifier):
    return quality.add_lot(site=site, given=BEADS, by=verifier, now=NOW)


@pytest.fixture
def count(lot, technologist):
    def counted(*values, by=technologist, of=lot, since=NOW - 20 * DAY):
        return [
            quality.record_reading(
                lot=of, value=Decimal(str(value)), read_at=since + n * DAY, by=by, now=NOW
            )
            for n, value in enumerate(values)
        ]

    return counted


def standing(technologist):
    row = ControlStanding.objects.get(technologist=technologist)
    return row.standing, row.rules


def test_a_control_on_its_target_is_in_control(count, technologist):
    (reading,) = count(35)

    assert (reading.technologist, reading.z) == (technologist, 0)
    assert standing(technologist) == ("in_control", [])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([41], ("in_control", [])),
        ([41.1], ("warning", ["1-2s"])),
        ([41.1, 36], ("in_control", [])),
        ([44.1], ("out", ["1-3s"])),
        ([38.1] * 3, ("in_control", [])),
        ([38.1] * 4, ("drifting", ["4-1s"])),
    ],
)
def test_each_reading_is_judged_with_those_before_it(count, technologist, values, expected):
    count(*values)

    assert standing(technologist) == expected


def test_out_of_control_stands_until_an_action_is_noted(count, technologist, verifier, site):
    count(44.1, 35)
    assert standing(technologist) == ("out", ["1-3s"])

    done = quality.take_action(
        site=site, technologist=technologist, words="Chamber cleaned.", by=verifier, now=NOW
    )

    assert done.rules == ["1-3s"]
    assert standing(technologist) == ("not_known", [])
    found = AuditEvent.objects.filter(action__startswith="control.").order_by("pk")
    assert [event.action for event in found] == [
        "control.lot_added", "control.counted", "control.out", "control.counted", "control.acted",
    ]  # fmt: skip


def test_readings_before_an_action_are_drawn_and_held_against_nobody(
    count, technologist, verifier, site, lot
):
    count(44.1)
    quality.take_action(
        site=site, technologist=technologist, words="Trained again.", by=verifier, now=NOW
    )
    quality.record_reading(
        lot=lot, value=Decimal(36), read_at=NOW + timedelta(hours=1), by=technologist,
        now=NOW + timedelta(hours=1),
    )  # fmt: skip

    (run,) = runs_of(site, technologist)
    assert [(point.shown, point.rules) for point in run.points] == [
        ("44.1 M/mL", ("1-2s", "1-3s")), ("36 M/mL", ()),
    ]  # fmt: skip
    assert standing(technologist) == ("in_control", [])


def test_nobody_clears_himself(count, technologist, site):
    (reading,) = count(44.1)

    with pytest.raises(Refusal, match="Somebody else notes"):
        quality.take_action(
            site=site, technologist=technologist, words="Fine.", by=technologist, now=NOW
        )
    with pytest.raises(Refusal, match="Somebody else strikes"):
        quality.strike_reading(reading=reading, reason="slip", by=technologist, now=NOW)
    with pytest.raises(Error, match="control_action_is_by_another"), transaction.atomic():
        ControlAction.objects.create(
            site=site, technologist=technologist, taken_by=technologist, words="Fine."
        )


def test_a_struck_reading_no_longer_counts(count, technologist, verifier):
    (reading,) = count(53)

    quality.strike_reading(reading=reading, reason="Typed 53 for 35.", by=verifier, now=NOW)

    assert standing(technologist) == ("not_known", [])
    with pytest.raises(Refusal, match="already"):
        quality.strike_reading(reading=reading, reason="again", by=verifier, now=NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": Decimal(-1)}, "value"),
        ({"read_at": NOW + timedelta(seconds=1)}, "read_at"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_at_its_field(lot, technologist, change, field):
    given = {"lot": lot, "value": Decimal(35), "read_at": NOW, "by": technologist, "now": NOW}

    with pytest.raises(Refusal) as refusal:
        quality.record_reading(**(given | change))

    assert refusal.value.field == field
    assert not ControlReading.objects.exists()


@pytest.mark.parametrize(("later", "refused"), [(timedelta(0), False), (DAY, True)])
def test_a_lot_is_counted_up_to_its_last_day(lot, technologist, later, refused):
    given = {"lot": lot, "value": Decimal(35), "by": technologist, "now": NOW + later}
    if refused:
        with pytest.raises(Refusal, match="expired on 04 Aug 2026"):
            quality.record_reading(read_at=NOW + later, **given)
    else:
        assert quality.record_reading(read_at=NOW + later, **given).pk


def test_a_closed_lot_is_counted_no_more(lot, technologist, verifier):
    quality.close_lot(lot=lot, by=verifier, now=NOW)

    with pytest.raises(Refusal, match="closed"):
        quality.record_reading(lot=lot, value=Decimal(35), read_at=NOW, by=technologist, now=NOW)
    with pytest.raises(Refusal, match="closed already"):
        quality.close_lot(lot=lot, by=verifier, now=NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sd": Decimal(0)}, "sd"),
        ({"target": Decimal(0)}, "target"),
        ({"measure": "normal_pct", "target": Decimal(101)}, "target"),
        ({"expires_on": date(2026, 8, 3)}, "expires_on"),
    ],
)
def test_a_lot_that_cannot_be_is_refused_at_its_field(site, verifier, change, field):
    with pytest.raises(Refusal) as refusal:
        quality.add_lot(site=site, given=BEADS | change, by=verifier, now=NOW)

    assert refusal.value.field == field


def test_a_lot_is_in_use_once(site, verifier, lot):
    with pytest.raises(Refusal, match="in use already"):
        quality.add_lot(site=site, given=BEADS, by=verifier, now=NOW)

    quality.close_lot(lot=lot, by=verifier, now=NOW)
    assert quality.add_lot(site=site, given=BEADS, by=verifier, now=NOW).pk


def test_the_database_refuses_to_rewrite_an_action(technologist, verifier, site, count):
    count(35)
    quality.take_action(site=site, technologist=technologist, words="x", by=verifier, now=NOW)

    with pytest.raises(Error, match="never rewritten"), transaction.atomic():
        ControlAction.objects.update(words="nothing happened")


PAIR = FEW | {
    "fresh_sperm_seen": "seen", "pellet_done": None, "pellet_g": None, "pellet_min": None,
    "pellet_fraction_examined": None, "pellet_sperm_n": None, "pellet_motile_n": None,
    "dilution": 2, "squares": 25,
}  # fmt: skip


@pytest.fixture
def typed(man, andrology, technologist):
    def enter(**changes):
        answers = {k: v for k, v in (PAIR | changes).items() if v is not None}
        return semen.enter(
            patient=man, laboratory=andrology, sheet=answers, confirmed=True,
            collected_at=DRAWN, by=technologist, now=NOW,
        )  # fmt: skip

    return enter


def test_the_pairs_of_typed_sheets_are_readings_too(typed, technologist, site):
    typed(count_pairs=[[130, 70], [100, 100]])

    (run,) = runs_of(site, technologist)
    assert (run.title, run.points[0].shown) == ("First pair of counts", "130 and 70")
    assert f"{run.points[0].z:.2f}" == "4.24"
    assert standing(technologist) == ("out", ["1-3s"])


def test_few_sperm_say_nothing_of_who_counted_them(typed, technologist, site):
    typed(count_pairs=[[10, 9]])

    assert runs_of(site, technologist) == []
    assert standing(technologist) == ("not_known", [])


def test_percentages_counted_twice_are_readings_too(typed, technologist, site):
    typed(
        count_pairs=[[10, 9]], progressive_a="30", progressive_b="20", pr="25", np="5", im="70",
        motility_n_assessed=200, vitality_pct="60",
    )  # fmt: skip

    (run,) = runs_of(site, technologist)
    assert (run.title, f"{run.points[0].z:.2f}") == ("Replicates of progressive motility", "2.31")


def test_lots_compare_technologists(count, site, technologist):
    other = make_member(site, Role.TECHNOLOGIST, "Second Technologist")
    count(35, 36, 37)
    count(43, 44, 45, by=other)

    (found,) = lots_of(site, NOW)

    assert [(row.name, row.number, row.mean, row.apart) for row in found.rows] == sorted(
        [(str(technologist), 3, 36, True), (str(other), 3, 44, True)]
    )


def test_nothing_is_seen_of_another_site(count, technologist, stranger):
    count(35)

    for model in (ControlLot, ControlReading, ControlStanding):
        assert not model.objects.visible_to(stranger).exists()
        assert model.objects.visible_to(technologist).count() == 1


@pytest.mark.parametrize(("days", "due"), [(35, False), (36, True)])
def test_a_control_is_due_after_a_month_and_a_few_days(count, technologist, site, days, due):
    count(35, since=NOW - days * DAY)

    assert control_is_due(runs_of(site, technologist), NOW) is due


def test_who_never_counted_a_control_is_due():
    assert control_is_due([], NOW)


@pytest.mark.parametrize("lots", [1, 3])
def test_everybody_s_runs_cost_the_same_however_many(
    lots, count, site, verifier, technologist, django_assert_num_queries
):
    for _ in range(lots):
        count(35, of=ControlLotFactory(site=site))

    with django_assert_num_queries(3):
        runs = every_run(site, actions_at(site))

    assert len(runs[technologist.pk]) == lots
