"""A death ends what was planned at once, and nothing is ever sent to him again."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic import outbox
from clinic.models import Booking, Message
from clinic.refusal import Refusal
from patients.actions import registration
from patients.actions.registration import Details
from protocols.actions.death import record_death
from protocols.actions.endings import withdraw_consent
from protocols.actions.reminders import plan, queue_due, why_not_now
from protocols.models import AdverseEvent, Duty, Finding, Reminder, StatusChange, Visit
from tests.factories.protocols import AppointmentFactory, FindingFactory
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    at,
    consented,
    eligible,
    referred,
    screening,
    started,
)

pytestmark = pytest.mark.django_db
DIED = DAY_ONE + 10 * DAY
TOLD = "His wife telephoned."


def dies(enrolment, by, on=DIED, now=None):
    site = enrolment.patient.site
    return record_death(
        enrolment=enrolment, on=on, by=by, reason=TOLD, now=now or at(site, DIED, 15)
    )


@pytest.mark.parametrize(
    "stage", [referred, screening, eligible, consented, started], ids=lambda s: s.__name__
)
def test_it_ends_an_enrolment_whatever_its_status(clinic_open, clinician, stage):
    dead = dies(stage(clinic_open, clinician), clinician)

    assert (dead.status, dead.patient.deceased_on) == ("DECEASED", DIED)
    assert not Visit.objects.filter(status="planned").exists()
    step = StatusChange.objects.latest("pk")
    assert (step.event, step.reason) == ("DEATH", f"Died on 12 Mar 2026. {TOLD}")


def test_a_death_before_the_last_step_is_kept_with_its_own_day(clinic_open, clinician):
    enrolment = withdrawn = started(clinic_open, clinician)
    dead = dies(withdrawn, clinician, on=DAY_ONE - DAY)

    assert (dead.patient.deceased_on, dead.status_since) == (DAY_ONE - DAY, DAY_ONE)
    assert enrolment.pk == dead.pk


def booked(enrolment):
    visit = Visit.objects.get(enrolment=enrolment, code="M1")
    enrolment.patient.email = "marcus@example.org"
    enrolment.patient.save()
    return AppointmentFactory(
        visit=visit, booking__starts_at=at(enrolment.patient.site, visit.target_on, 10)
    )


def test_bookings_reminders_and_messages_end_at_once(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    appointment = booked(enrolment)
    plan(enrolment=enrolment, now=at(clinic_open, DAY_ONE, 12))
    patient = enrolment.patient
    outbox.enqueue(
        site=clinic_open, recipient=patient.email, template="please_sign_in", context={},
        dedupe_key="one", person=patient.label,
    )  # fmt: skip
    assert Reminder.objects.filter(state="planned").exists()

    dies(enrolment, clinician)

    appointment.booking.refresh_from_db()
    assert appointment.booking.status == Booking.Status.CANCELLED
    assert set(Reminder.objects.values_list("state", flat=True)) == {"cancelled"}
    his = Message.objects.exclude(template="page")  # whoever is on call hears of it
    assert list(his.values_list("state", flat=True)) == ["cancelled"]
    assert queue_due(now=at(clinic_open, DIED + 60 * DAY)) == 0


def test_a_message_that_is_written_later_does_not_leave(clinic_open, clinician):
    dead = dies(started(clinic_open, clinician), clinician)
    late = outbox.enqueue(
        site=clinic_open, recipient="a@example.org", template="please_sign_in", context={},
        dedupe_key="late", person=dead.patient.label,
    )  # fmt: skip

    assert why_not_now(late, datetime(2026, 4, 1, tzinfo=UTC)).sentence == "The patient has died."


def test_the_living_are_written_to(clinic_open, clinician):
    man = a_man(clinic_open, clinician)
    message = outbox.enqueue(
        site=clinic_open, recipient="a@example.org", template="please_sign_in", context={},
        dedupe_key="he lives", person=man.label,
    )  # fmt: skip

    assert why_not_now(message, datetime(2026, 4, 1, tzinfo=UTC)) is None


def test_the_serious_event_is_begun_and_its_report_asked_for(clinic_open, clinician):
    now = at(clinic_open, DIED, 15)
    dead = dies(started(clinic_open, clinician), clinician, now=now)

    event = AdverseEvent.objects.get(enrolment=dead, term="death")
    assert (event.grade, event.serious, event.ended_on) == (5, True, DIED)
    duty = Duty.objects.get(enrolment=dead, code="SAE_REPORT", done_at=None)
    assert duty.due_at == now + timedelta(hours=24)


def test_what_waited_for_a_decision_or_a_deed_waits_no_more(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    finding = FindingFactory(enrolment=enrolment)

    dies(enrolment, clinician)

    finding.refresh_from_db()
    assert finding.state == Finding.State.SUPERSEDED
    waiting = Duty.objects.filter(done_at=None).order_by("code")
    assert [row.code for row in waiting] == ["MEDWATCH_REPORT", "SAE_REPORT"]


def test_written_among_his_details_it_is_the_same_death(clinic_open, clinician, coordinator):
    enrolment = started(clinic_open, clinician)
    details = Details.of(enrolment.patient)
    registration.correct(
        patient=enrolment.patient,
        details=Details(**{**details_of(details), "deceased_on": DIED}),
        reason=TOLD,
        by=coordinator,
        now=at(clinic_open, DIED, 15),
    )

    enrolment.refresh_from_db()
    assert enrolment.status == "DECEASED"
    assert AdverseEvent.objects.filter(term="death").exists()


def details_of(details):
    return {name: getattr(details, name) for name in details.__dataclass_fields__}


def test_it_is_not_taken_off_his_details_by_one_person(clinic_open, clinician, coordinator):
    dead = dies(started(clinic_open, clinician), clinician)

    with pytest.raises(Refusal, match="correct it there, with two signatures") as refused:
        registration.correct(
            patient=dead.patient,
            details=Details(**{**details_of(Details.of(dead.patient)), "deceased_on": None}),
            reason="He rang.",
            by=coordinator,
            now=at(clinic_open, DIED + DAY),
        )
    assert refused.value.field == "deceased_on"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"on": DIED + DAY}, "This day has not come yet", id="tomorrow"),
        pytest.param({"on": DAY_ONE.replace(year=1989)}, "He was born on 4 May 1990", id="unborn"),
    ],
)
def test_an_impossible_day_is_refused(clinic_open, clinician, change, sentence):
    with pytest.raises(Refusal, match=sentence) as refused:
        dies(started(clinic_open, clinician), clinician, **change)
    assert refused.value.field == "on"


def test_he_does_not_die_twice(clinic_open, clinician):
    dead = dies(started(clinic_open, clinician), clinician)

    with pytest.raises(Refusal, match="Deceased does not allow this: death"):
        dies(dead, clinician)


def test_after_an_end_his_death_is_written_among_his_details(clinic_open, clinician):
    ended = withdraw_consent(
        enrolment=started(clinic_open, clinician), on=DAY_ONE, by=clinician, reason="By letter."
    )

    with pytest.raises(Refusal, match="Write it among his details"):
        dies(ended, clinician)


def test_a_birth_after_his_first_visit_is_refused(clinic_open, clinician, coordinator):
    enrolment = started(clinic_open, clinician)
    Visit.objects.filter(enrolment=enrolment, code="V1").update(
        status="signed", attended_on=DAY_ONE, opened_by=clinician
    )
    born = {**details_of(Details.of(enrolment.patient)), "born_on": DAY_ONE + DAY}

    with pytest.raises(Refusal, match="He came to V1 on 2 Mar 2026: he was born before") as refused:
        registration.correct(
            patient=enrolment.patient,
            details=Details(**born),
            reason="Typing error.",
            by=coordinator,
            now=at(clinic_open, DAY_ONE + 5 * DAY),
        )
    assert refused.value.field == "born_on"
