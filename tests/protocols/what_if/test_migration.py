"""Moving a man to another version: what moves, what stays, what is refused, and the way back."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions.definition import publish
from protocols.actions.migration import migrate, undo
from protocols.actions.pins import pin, unpin
from protocols.actions.visits_plan import lay_visits
from protocols.models import Displacement, Enrolment, Pin, Version, VersionChange, Visit
from protocols.queries.what_if import in_flight, men_of
from tests.factories.protocols import AppointmentFactory, VersionFactory
from tests.protocols.men import DAY_ONE, NOW, TODAY
from tests.protocols.what_if.versions import DAY, NARROWED, added, another, visit, without

pytestmark = pytest.mark.django_db
WHY = "The laboratory is closed in the first week."


def windows(enrolment: Enrolment) -> dict[str, tuple[date, date, date]]:
    return {
        row.code: (row.opens_on, row.target_on, row.closes_on)
        for row in Visit.objects.filter(enrolment=enrolment)
    }


def of(enrolment: Enrolment, code: str) -> Visit:
    return Visit.objects.get(enrolment=enrolment, code=code)


def done(enrolment: Enrolment, *codes: str) -> None:
    for row in Visit.objects.filter(enrolment=enrolment, code__in=codes):
        row.status, row.attended_on = Visit.Status.SIGNED, row.target_on
        row.opened_by = enrolment.opened_by
        row.save()


def book(row: Visit, on: date, hour: int = 17):
    """At ten in the morning in Los Angeles."""
    starts_at = NOW.replace(year=on.year, month=on.month, day=on.day, hour=hour)
    return AppointmentFactory(visit=row, booking__starts_at=starts_at)


def moved(enrolment, to, by, **more):
    return migrate(enrolment=enrolment, to=to, by=by, now=NOW, **{"reason": WHY, **more})


def later(*changes, version: int = 2) -> Version:
    return publish(definition=another(*changes, version=version), now=NOW)


def test_what_is_awaited_moves_and_what_is_done_or_pinned_stays(under_way, clinician):
    done(under_way, "V0", "V1", "M1", "M2")
    pin(visit=of(under_way, "M4"), reason="His wedding.", by=clinician, now=NOW)
    before = windows(under_way)
    to = later(
        visit("M1", offset_days=31), visit("M3", offset_days=97, before_days=3),
        visit("M4", offset_days=127, before_days=3),
    )  # fmt: skip

    moved(under_way, to, clinician)

    after = windows(under_way)
    assert {code for code in before if after[code] != before[code]} == {"M3"}
    assert after["M3"][1] == DAY_ONE + 97 * DAY
    under_way.refresh_from_db()
    assert under_way.version == to


def test_what_was_shown_is_what_happens(under_way, clinician):
    """The moves that the page tells and the days in the rows are the same."""
    done(under_way, "V0", "V1", "M1")
    to = later(visit("M4", offset_days=121), visit("M2", offset_days=61), without("M5"))
    (man,) = men_of(Enrolment.objects.filter(pk=under_way.pk), to, NOW)
    told = {move.code: move.becomes or move.was for move in man.changes.moves}

    moved(under_way, to, clinician)

    assert set(told) == {"M2", "M4", "M5"}
    assert {code: windows(under_way)[code] for code in told} == {
        **told,
        "M2": (date(2026, 6, 30), date(2026, 7, 7), date(2026, 7, 14)),
    }


def test_a_visit_whose_new_days_are_over_keeps_its_own_and_is_pinned(under_way, clinician):
    """On day 89 month 3 is open from day 83 to 97; moved to day 67 it would be missed at once."""
    done(under_way, "V0", "V1", "M1", "M2")
    before = windows(under_way)["M3"]
    to = later(
        visit("M2", offset_days=50, before_days=3, after_days=3), visit("M3", offset_days=67)
    )

    moved(under_way, to, clinician)
    lay_visits(enrolment=Enrolment.objects.get(pk=under_way.pk))

    assert windows(under_way)["M3"] == before
    assert Pin.objects.standing().get().visit.code == "M3"


def test_a_change_is_kept_with_its_reason_and_leaves_a_trail(under_way, second, clinician):
    first = under_way.version
    change = moved(under_way, second, clinician)

    assert (change.was, change.became, change.by, change.reason) == (first, second, clinician, WHY)
    event = AuditEvent.objects.get(action="enrolment.version_changed")
    assert (event.actor, event.person, event.reason) == (clinician, under_way.patient.label, WHY)
    assert (event.detail["was"], event.detail["became"]) == (first.pk, second.pk)


def test_the_database_refuses_to_rewrite_a_change(under_way, second, clinician):
    moved(under_way, second, clinician)

    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        VersionChange.objects.update(reason="Another one.")


@pytest.mark.parametrize(
    ("on", "queued"),
    [
        pytest.param(date(2026, 9, 1), 1, id="the day before the new window"),
        pytest.param(date(2026, 9, 2), 0, id="its first day"),
        pytest.param(date(2026, 9, 8), 0, id="its last day"),
        pytest.param(date(2026, 9, 9), 1, id="the day after"),
    ],
)
def test_a_booking_outside_the_new_window_is_kept_and_queued(under_way, clinician, on, queued):
    """Month 4 is due on 5 September, a week either side, and three days in the new version."""
    appointment = book(of(under_way, "M4"), on)

    moved(under_way, later(visit("M4", before_days=3, after_days=3)), clinician)

    appointment.booking.refresh_from_db()
    assert appointment.booking.status == "booked"
    assert Displacement.objects.filter(appointment=appointment).count() == queued


def test_a_booking_late_in_the_evening_counts_on_the_clinics_day(under_way, clinician):
    """04:00 UTC on the 9th is nine in the evening of the 8th in Los Angeles, the last day."""
    book(of(under_way, "M4"), date(2026, 9, 9), hour=4)

    moved(under_way, later(visit("M4", before_days=3, after_days=3)), clinician)

    assert not Displacement.objects.exists()


def test_a_visit_the_version_does_not_have_is_not_needed_and_its_booking_queued(
    under_way, clinician
):
    book(of(under_way, "M5"), DAY_ONE + 150 * DAY)

    moved(under_way, later(without("M5")), clinician)

    assert of(under_way, "M5").status == Visit.Status.SKIPPED
    assert Displacement.objects.get().appointment.visit.code == "M5"


def test_a_visit_that_would_be_over_is_not_asked_of_him_later_either(under_way, clinician):
    moved(under_way, later(added("W", 15)), clinician)
    lay_visits(enrolment=Enrolment.objects.get(pk=under_way.pk))

    assert of(under_way, "W").status == Visit.Status.SKIPPED


def test_moving_back_leaves_everything_as_it_was(under_way, clinician):
    done(under_way, "V0", "V1", "M1", "M2")
    booked = book(of(under_way, "M4"), date(2026, 9, 10))
    before, first = windows(under_way), under_way.version
    statuses = dict(Visit.objects.values_list("code", "status"))
    to = later(visit("M4", before_days=3, after_days=3), without("M5"), added("W", 105, "M3"))
    change = moved(under_way, to, clinician)

    back = undo(change=change, reason="Wrong man.", by=clinician, now=NOW)

    under_way.refresh_from_db()
    assert (under_way.version, back.undoes) == (first, change)
    after = windows(under_way)
    assert {code: after[code] for code in before} == before
    assert dict(Visit.objects.exclude(code="W").values_list("code", "status")) == statuses
    assert of(under_way, "W").status == Visit.Status.SKIPPED
    assert set(Displacement.objects.values_list("appointment", "change")) == {
        (booked.pk, change.pk)
    }


def test_what_was_dropped_comes_back_with_the_next_move(under_way, clinician):
    change = moved(under_way, later(added("W", 105, "M3")), clinician)
    undo(change=change, reason="Too early.", by=clinician, now=NOW)

    moved(under_way, change.became, clinician)

    assert of(under_way, "W").status == Visit.Status.PLANNED


def test_a_pin_that_the_move_made_is_lifted_on_the_way_back(under_way, clinician):
    done(under_way, "V0", "V1", "M1", "M2")
    to = later(
        visit("M2", offset_days=50, before_days=3, after_days=3), visit("M3", offset_days=67)
    )
    change = moved(under_way, to, clinician)

    undo(change=change, reason="Wrong man.", by=clinician, now=NOW)

    assert not Pin.objects.standing().exists()


def refused(act) -> str:
    with pytest.raises(Refusal) as refusal:
        act()
    return str(refusal.value)


def test_a_draft_takes_nobody(under_way, clinician, programme):
    draft = VersionFactory(
        protocol=programme.protocol, number=None, state="draft", published_at=None
    )

    said = refused(lambda: moved(under_way, draft, clinician))
    assert said == "That is a draft: men are moved to it once it is published."


def test_a_retired_version_takes_nobody(under_way, second, clinician):
    Version.objects.filter(pk=second.pk).update(
        state="retired", retired_at=NOW, retired_by=clinician, retired_because="Superseded."
    )

    said = refused(lambda: moved(under_way, second, clinician))
    assert said.endswith("version 2 is retired: nobody is moved to it any more.")


def test_another_programme_takes_nobody(under_way, clinician):
    other = VersionFactory(protocol__key="another", protocol__name="Another programme")

    said = refused(lambda: moved(under_way, other, clinician))
    assert said.startswith("Another programme, version 1 is another programme")


def test_a_move_needs_a_reason(under_way, second, clinician):
    said = refused(lambda: moved(under_way, second, clinician, reason="  "))
    assert said == "Say why he is moved."


def test_whoever_has_left_is_not_moved(under_way, second, clinician):
    Enrolment.objects.filter(pk=under_way.pk).update(status="CLOSED")

    said = refused(lambda: moved(under_way, second, clinician))
    assert said == "He is no longer in the programme: “closed”."


def test_who_was_moved_already_is_told_by_whom_and_when(under_way, second, clinician):
    moved(under_way, second, clinician)

    said = refused(lambda: moved(under_way, second, clinician))
    assert said.startswith(clinician.name)
    assert said.endswith("version 2 already (4 Aug, 10:45).")


def test_who_was_moved_elsewhere_since_is_looked_at_again(under_way, second, clinician):
    first = under_way.version
    moved(under_way, second, clinician)
    third = later(*NARROWED, without("M5"), version=3)

    said = refused(lambda: moved(under_way, third, clinician, seen=first.pk))
    assert said.endswith("version 2 since: look again at what would change.")


def test_only_the_last_move_is_undone_and_only_once(under_way, second, clinician):
    first = moved(under_way, second, clinician)
    third = later(*NARROWED, without("M5"), version=3)
    last = moved(under_way, third, clinician)

    def back(change):
        return undo(change=change, reason="Wrong man.", by=clinician, now=NOW)

    assert refused(lambda: back(first)) == (
        "He has been moved again since: undo the last move first."
    )
    undone = back(last)
    assert refused(lambda: back(last)) == "This move has been undone already."
    assert refused(lambda: back(undone)) == (
        "This was itself the way back: move him again instead."
    )


def test_undoing_needs_a_reason(under_way, second, clinician):
    change = moved(under_way, second, clinician)

    said = refused(lambda: undo(change=change, reason="", by=clinician, now=NOW))
    assert said == "Say why he is moved back."


def test_a_pinned_visit_stays_when_an_anchor_moves_and_follows_when_the_pin_is_lifted(
    under_way, clinician
):
    kept = pin(visit=of(under_way, "M4"), reason="His wedding.", by=clinician, now=NOW)
    before = windows(under_way)
    under_way.first_dose_on = DAY_ONE + 2 * DAY
    under_way.save()
    lay_visits(enrolment=under_way)

    assert windows(under_way)["M4"] == before["M4"]
    assert windows(under_way)["M5"][1] == before["M5"][1] + timedelta(days=2)
    unpin(pin=kept, by=clinician, now=NOW)
    assert windows(under_way)["M4"][1] == before["M4"][1] + timedelta(days=2)


def test_what_cannot_be_pinned_says_why(under_way, clinician):
    done(under_way, "M1")

    def pinned(code, reason="His wedding."):
        return pin(visit=of(under_way, code), reason=reason, by=clinician, now=NOW)

    assert refused(lambda: pinned("M1")) == "M1 is signed: its days do not move any more."
    assert refused(lambda: pinned("M4", " ")) == "Say what was agreed."
    kept = pinned("M4")
    assert refused(lambda: pinned("M4")) == (
        f"{clinician.name} has pinned M4 already: His wedding."
    )
    unpin(pin=kept, by=clinician, now=NOW)
    assert refused(lambda: unpin(pin=kept, by=clinician, now=NOW)) == (
        "This pin has been lifted already."
    )


def test_in_flight_is_whoever_is_here_and_elsewhere_in_the_programme(
    under_way, second, clinician, stranger
):
    assert list(in_flight(clinician, second)) == [under_way]
    assert list(in_flight(stranger, second)) == []
    assert list(in_flight(clinician, under_way.version)) == []
    assert TODAY > DAY_ONE
