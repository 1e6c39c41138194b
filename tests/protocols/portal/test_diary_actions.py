"""Ticks, and a tap for how the day felt."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions.diary import feel, take, untake
from protocols.actions.segments import open_segment
from protocols.models import DiaryDose, Enrolment, Feeling
from tests.factories.protocols import EnrolmentFactory
from tests.protocols.men import DAY, DAY_ONE, NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticking(treated, his):
    """Everything a tick needs but the day and the slot."""
    return {"enrolment": treated, "by": his, "now": NOW}


def order(enrolment, by, capsules, on=TODAY):
    kind = {0: "hold", 1: "reduced", 2: "full"}[capsules]
    open_segment(
        enrolment=enrolment, on=on, capsules_per_day=capsules, kind=kind, reason="ALT 134", by=by
    )


def actions():
    return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


def test_a_tick_is_kept_once_with_its_trail(treated, his, ticking):
    dose, new = take(on=TODAY, slot="morning", **ticking)
    again, second = take(on=TODAY, slot="morning", **ticking)

    assert (again, new, second) == (dose, True, False)
    assert (dose.on, dose.slot, dose.taken_at) == (TODAY, "morning", NOW)
    event = AuditEvent.objects.get(action="diary.ticked")
    assert (event.actor, event.person) == (his, treated.patient.label)
    assert event.detail == {"on": "2026-08-04", "slot": "morning"}


def test_a_tick_is_taken_back(ticking):
    take(on=TODAY, slot="evening", **ticking)

    assert untake(on=TODAY, slot="evening", **ticking)
    assert not untake(on=TODAY, slot="evening", **ticking)
    assert not DiaryDose.objects.exists()
    assert actions()[-2:] == ["diary.ticked", "diary.unticked"]


@pytest.mark.parametrize(
    ("on", "why"),
    [
        pytest.param(TODAY + DAY, "has not come yet", id="tomorrow"),
        pytest.param(TODAY - 14 * DAY, "goes back 14 days", id="the fifteenth day"),
    ],
)
def test_a_day_outside_the_diary_is_refused(ticking, on, why):
    with pytest.raises(Refusal, match=why):
        take(on=on, slot="morning", **ticking)
    with pytest.raises(Refusal, match=why):
        feel(on=on, mood=3, **ticking)
    assert not DiaryDose.objects.exists()


def test_the_fourteenth_day_is_still_open(ticking):
    dose, new = take(on=TODAY - 13 * DAY, slot="morning", **ticking)

    assert (dose.on, new) == (TODAY - 13 * DAY, True)


def test_nothing_is_ticked_while_the_capsules_are_paused(treated, clinician, ticking):
    take(on=TODAY, slot="morning", **ticking)
    order(treated, clinician, 0)

    with pytest.raises(Refusal, match="please call us: 555 0142"):
        take(on=TODAY, slot="evening", **ticking)
    assert take(on=TODAY - DAY, slot="evening", **ticking)[1]
    assert untake(on=TODAY, slot="morning", **ticking)


def test_one_capsule_a_day_is_the_mornings(treated, clinician, ticking):
    order(treated, clinician, 1)

    assert take(on=TODAY, slot="morning", **ticking)[1]
    with pytest.raises(Refusal, match="No capsule was planned"):
        take(on=TODAY, slot="evening", **ticking)


def test_nothing_is_ticked_before_the_first_capsule(clinician, his):
    waiting = EnrolmentFactory(status=Enrolment.Status.SCREENING, first_dose_on=None)

    with pytest.raises(Refusal, match="No capsule was planned"):
        take(enrolment=waiting, on=TODAY, slot="morning", by=his, now=NOW)
    assert feel(enrolment=waiting, on=TODAY, mood=2, by=his, now=NOW).mood == 2


def test_there_are_two_capsules_a_day_and_no_third(ticking):
    with pytest.raises(Refusal, match="in the morning or in the evening"):
        take(on=TODAY, slot="noon", **ticking)


def test_his_days_are_those_of_his_own_clock(treated, ticking):
    treated.patient.time_zone = "Asia/Tokyo"
    treated.patient.save()

    assert take(on=TODAY + DAY, slot="morning", **ticking)[1]


def test_a_second_tap_corrects_the_first(treated, ticking):
    first = feel(on=TODAY, mood=2, **ticking)
    second = feel(on=TODAY, mood=4, **ticking)

    assert first.pk == second.pk
    assert list(Feeling.objects.values_list("enrolment", "on", "mood")) == [(treated.pk, TODAY, 4)]
    assert actions()[-2:] == ["feeling.tapped", "feeling.tapped"]


@pytest.mark.parametrize("mood", [0, 6])
def test_there_are_five_faces(ticking, mood):
    with pytest.raises(Refusal, match="one of the five faces"):
        feel(on=TODAY, mood=mood, **ticking)


def test_the_diary_is_closed_when_he_has_left(treated, ticking):
    treated.status = Enrolment.Status.WITHDRAWN_CONSENT
    treated.save()

    for keep in (lambda: take(on=TODAY, slot="morning", **ticking),
                 lambda: feel(on=TODAY, mood=3, **ticking)):  # fmt: skip
        with pytest.raises(Refusal, match="the diary is closed"):
            keep()
    assert not DiaryDose.objects.exists()


def test_the_clock_going_back_leaves_every_day_its_own(treated, ticking):
    """On Sun 1 Nov 2026 the Pacific day has 25 hours."""
    late = datetime(2026, 11, 2, 7, 30, tzinfo=UTC)

    dose, _ = take(**{**ticking, "now": late}, on=late.date() - DAY, slot="evening")

    assert dose.on == DAY_ONE + timedelta(days=177)
