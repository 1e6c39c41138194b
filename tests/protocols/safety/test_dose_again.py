"""A man held, low again, restarted at half the dose, and after a fortnight back to the whole."""

from datetime import date

import pytest

from clinic.refusal import Refusal
from labs.actions.corrections import correct_draw
from labs.actions.results import Value, file_draw
from labs.models import Order
from protocols.actions.safety import decide
from protocols.models import DoseSegment, Finding
from tests.protocols.men import DAY, NOW, TODAY, blood

pytestmark = pytest.mark.django_db


def lipids(man, by, day, triglycerides):
    return blood(
        man.patient, by, now=NOW + day * DAY,
        total_cholesterol="180", hdl="45", triglycerides=triglycerides,
    )  # fmt: skip


def accept(clinician, day, kind="safety", **more):
    finding = Finding.objects.open().get(kind=kind)
    return decide(finding=finding, decision="accept", by=clinician, now=NOW + day * DAY, **more)


def dose():
    return [
        (row.kind, row.capsules_per_day, (row.during.lower - TODAY).days)
        for row in DoseSegment.objects.order_by("during")[1:]
    ]


def proposed():
    return list(Finding.objects.filter(kind="dose").order_by("pk").values_list("action", "state"))


@pytest.fixture
def held(treated, coordinator, clinician):
    lipids(treated, coordinator, 0, "900")
    accept(clinician, 0)
    treated.refresh_from_db()
    return treated


@pytest.mark.parametrize(("value", "found"), [("300", ["RESTART"]), ("301", [])])
def test_a_repeat_within_the_limit_proposes_to_restart(held, coordinator, value, found):
    lipids(held, coordinator, 7, value)

    assert [action for action, _ in proposed()] == found
    held.refresh_from_db()
    assert held.status == "ON_HOLD"  # only a clinician restarts


def test_a_repeat_not_fasting_proposes_nothing(held, coordinator):
    later = NOW + 7 * DAY
    file_draw(
        patient=held.patient, laboratory=None, collected_at=later - DAY / 12,
        values=[Value("triglycerides", "140", "mg/dL", "<150")], by=coordinator, now=later,
        confirmed=True,
    )  # fmt: skip

    assert proposed() == []


def test_the_whole_way_back(held, coordinator, clinician):
    lipids(held, coordinator, 7, "250")
    restart = Finding.objects.open().get(kind="dose")
    assert restart.headline == "Triglycerides 250 mg/dL: he may restart at 20 mg a day"
    accept(clinician, 7, "dose")

    held.refresh_from_db()
    assert held.status == "ACTIVE"
    assert dose() == [("hold", 0, 0), ("reduced", 1, 7)]
    assert Order.objects.open().get().due_on == TODAY + 21 * DAY

    lipids(held, coordinator, 21, "280")
    assert proposed() == [("RESTART", "accepted"), ("RAISE", "open")]
    accept(clinician, 21, "dose")

    assert dose() == [("hold", 0, 0), ("reduced", 1, 7), ("full", 2, 22)]


@pytest.mark.parametrize(
    ("day", "value", "found"),
    [(20, "280", 0), (21, "280", 1), (21, "300", 1), (21, "301", 0), (25, "280", 1)],
)
def test_the_full_dose_waits_a_fortnight_and_the_limit(
    held, coordinator, clinician, day, value, found
):
    lipids(held, coordinator, 7, "250")
    accept(clinician, 7, "dose")

    lipids(held, coordinator, day, value)

    assert len(proposed()) == 1 + found


def test_a_repeat_before_its_fortnight_is_asked_for_again(held, coordinator, clinician):
    lipids(held, coordinator, 7, "250")
    accept(clinician, 7, "dose")

    lipids(held, coordinator, 12, "200")

    order = Order.objects.open().get()
    assert (order.due_on, order.ordered_by) == (TODAY + 21 * DAY, None)


def test_a_restart_refused_in_time_leaves_the_hold(held, coordinator, clinician):
    """The value was corrected upwards between the proposal and the order."""
    draw = lipids(held, coordinator, 7, "250")
    correct_draw(
        draw=draw, values=[Value("triglycerides", "480", "mg/dL", "<150")],
        reason="Mixed up.", by=coordinator, now=NOW + 7 * DAY, confirmed=True,
    )  # fmt: skip

    assert proposed() == [("RESTART", "superseded")]
    with pytest.raises(Refusal, match="a newer proposal takes the place"):
        decide(
            finding=Finding.objects.get(kind="dose"), decision="accept", by=clinician,
            now=NOW + 7 * DAY,
        )  # fmt: skip


def test_after_a_restart_on_a_value_that_was_wrong_somebody_looks_again(
    held, coordinator, clinician
):
    draw = lipids(held, coordinator, 7, "250")
    accept(clinician, 7, "dose")

    correct_draw(
        draw=draw, values=[Value("triglycerides", "480", "mg/dL", "<150")],
        reason="Mixed up.", by=coordinator, now=NOW + 8 * DAY, confirmed=True,
    )  # fmt: skip

    again = Finding.objects.open().get(kind="dose")
    assert (again.action, again.reasons[0]["rule"]) == ("REVIEW", "BASIS_CORRECTED")


def test_beside_a_restart_there_is_nothing_else_to_order(held, coordinator, clinician):
    lipids(held, coordinator, 7, "250")

    with pytest.raises(Refusal, match="Choose what is done instead"):
        decide(
            finding=Finding.objects.open().get(kind="dose"), decision="edit", action="STOP",
            reason="No.", by=clinician, now=NOW + 7 * DAY,
        )  # fmt: skip


def test_what_has_no_restart_limit_is_left_to_the_clinician(treated, coordinator, clinician):
    blood(treated.patient, coordinator, platelets="45")
    accept(clinician, 0)

    blood(treated.patient, coordinator, now=NOW + 7 * DAY, platelets="160")

    assert proposed() == []


@pytest.mark.parametrize(
    ("began", "repeat"),
    [
        pytest.param(date(2026, 10, 25), date(2026, 11, 8), id="over the change of clocks"),
        pytest.param(date(2028, 2, 20), date(2028, 3, 5), id="over a leap day"),
    ],
)
def test_a_fortnight_is_fourteen_of_the_clinics_days(
    treated, coordinator, clinician, began, repeat
):
    first = (began - TODAY).days - 7
    lipids(treated, coordinator, first, "900")
    accept(clinician, first)
    lipids(treated, coordinator, first + 7, "250")
    accept(clinician, first + 7, "dose")
    assert Order.objects.open().get().due_on == repeat

    lipids(treated, coordinator, (repeat - TODAY).days, "250")

    assert proposed()[-1] == ("RAISE", "open")
