"""What a death recorded in error cancelled is offered back, and booked again with one button."""

import pytest
from django.urls import reverse

from clinic.actions import bookings
from clinic.models import Booking
from clinic.refusal import Refusal
from protocols.actions import booking
from protocols.actions.corrections import correct_error
from protocols.actions.death import record_death
from protocols.actions.endings import withdraw_consent
from protocols.models import Appointment, Reminder, Visit
from protocols.queries.bookings_again import cut_short
from tests.factories.clinic import ResourceFactory
from tests.protocols.booking.conftest import open_weekdays
from tests.protocols.enrolment.cast import DAY, DAY_ONE, at, started

pytestmark = pytest.mark.django_db
#: Fri 6 Mar 2026; month 1 is Wed 1 Apr, month 2 Fri 1 May.
DIED = DAY_ONE + 4 * DAY
M1, M2 = DAY_ONE + 30 * DAY, DAY_ONE + 60 * DAY


@pytest.fixture
def doctor(clinic_open):
    return open_weekdays(
        ResourceFactory(site=clinic_open, name="Dr Okafor", kind="person", purpose="Clinician")
    )


@pytest.fixture
def man(clinic_open, clinician, doctor):
    """On treatment, with month 1 and month 2 booked."""
    enrolment = started(clinic_open, clinician, email="vance@example.org")
    for code, day in (("M1", M1), ("M2", M2)):
        book(enrolment, doctor, clinician, code, day)
    return enrolment


def book(enrolment, doctor, by, code, day, *, hold=False, hour=9):
    site = enrolment.patient.site
    act = booking.hold_visit if hold else booking.book_visit
    return act(
        visit=Visit.objects.get(enrolment=enrolment, code=code), resource=doctor,
        starts_at=at(site, day, hour), minutes=30, task="clinician", by=by,
        now=at(site, DIED, 8),
    )  # fmt: skip


def dies(enrolment, by):
    now = at(enrolment.patient.site, DIED)
    return record_death(enrolment=enrolment, on=DIED, by=by, reason="A call.", now=now)


def lives(enrolment, by, second, on=DIED):
    now = at(enrolment.patient.site, on, 10)
    return correct_error(enrolment=enrolment, reason="His father.", by=by, second=second, now=now)


def again(enrolment, by, on=DIED):
    now = at(enrolment.patient.site, on, 11)
    return booking.book_again(enrolment=enrolment, by=by, now=now)


def standing():
    rows = Appointment.objects.filter(booking__status="booked").order_by("booking__during")
    return [(row.visit.code, row.booking.starts_at) for row in rows]


def offered(enrolment, on=DIED, hour=11):
    return [row.visit.code for row in cut_short(enrolment, at(enrolment.patient.site, on, hour))]


def test_the_same_times_stand_again_with_their_reminders(man, clinician, administrator):
    was = standing()
    dies(man, clinician)
    assert standing() == []
    back = lives(man, clinician, administrator)

    made = again(back, clinician)

    assert ([row.visit.code for row in made.booked], made.refused) == (["M1", "M2"], ())
    assert standing() == was
    waiting = Reminder.objects.filter(state="planned", rule="APPOINTMENT_2D")
    assert waiting.count() == 2


def test_a_time_somebody_else_has_taken_is_said_and_the_others_stand(
    man, doctor, clinician, administrator
):
    dies(man, clinician)
    bookings.book(
        resource=doctor, attendee="patients.patient:0", starts_at=at(doctor.site, M1, 9),
        minutes=30, by=clinician, now=at(doctor.site, DIED, 9),
    )  # fmt: skip
    back = lives(man, clinician, administrator)
    assert [row.taken for row in cut_short(back, at(doctor.site, DIED, 11))] == [True, False]

    made = again(back, clinician)

    assert [row.visit.code for row in made.booked] == ["M2"]
    assert [(row.visit.code, why) for row, why in made.refused] == [
        ("M1", "That time has just been taken.")
    ]
    assert offered(back) == ["M1"]


def test_what_is_booked_again_is_offered_no_more(man, clinician, administrator):
    dies(man, clinician)
    back = lives(man, clinician, administrator)
    assert offered(back) == ["M1", "M2"]

    again(back, clinician)

    assert offered(back) == []
    assert again(back, clinician) == booking.Again((), ())


def test_what_was_booked_by_hand_since_is_offered_no_more(man, doctor, clinician, administrator):
    dies(man, clinician)
    back = lives(man, clinician, administrator)
    book(back, doctor, clinician, "M1", M1, hour=14)

    assert offered(back) == ["M2"]


@pytest.mark.parametrize(
    ("hour", "codes"),
    [(8, ["M1", "M2"]), (9, ["M2"])],
    ids=["an hour before", "as it begins"],
)
def test_what_has_passed_is_offered_no_more(man, clinician, administrator, hour, codes):
    dies(man, clinician)
    back = lives(man, clinician, administrator)

    assert offered(back, M1, hour) == codes


def test_while_he_is_said_to_be_dead_nothing_is_offered(man, clinician):
    assert offered(dies(man, clinician)) == []


def test_what_a_person_cancelled_and_what_was_only_held_stays_away(
    man, doctor, clinician, administrator
):
    first = Appointment.objects.get(visit__code="M1")
    now = at(doctor.site, DIED, 8)
    booking.cancel_visit(appointment=first, reason="He asked.", by=clinician, now=now)
    book(man, doctor, clinician, "M3", DAY_ONE + 91 * DAY, hold=True)
    dies(man, clinician)
    back = lives(man, clinician, administrator)

    assert offered(back) == ["M2"]
    held = Booking.objects.get(appointment__visit__code="M3")
    assert (held.status, held.cancel_reason) == ("cancelled", "Let go.")


def test_a_withdrawal_recorded_in_error_gives_its_bookings_back_as_well(
    man, clinician, administrator
):
    ended = withdraw_consent(enrolment=man, on=DIED, by=clinician, reason="By letter.")

    assert offered(lives(ended, clinician, administrator)) == ["M1", "M2"]


def test_a_man_who_has_ended_is_not_booked_again(man, clinician, administrator):
    dies(man, clinician)
    back = lives(man, clinician, administrator)
    later = withdraw_consent(enrolment=back, on=DIED, by=clinician, reason="By letter.")

    assert again(later, clinician) == booking.Again((), ())
    with pytest.raises(Refusal, match="no longer in the programme"):
        booking.book_visit(
            visit=Visit.objects.get(enrolment=later, code="M1"),
            resource=Appointment.objects.first().booking.resource,
            starts_at=at(later.patient.site, M1), minutes=30, task="clinician", by=clinician,
            now=at(later.patient.site, DIED),
        )  # fmt: skip


@pytest.mark.time_machine("2026-03-06 19:00 +00:00")
def test_after_the_correction_the_page_offers_them_and_one_button_books(
    client, man, clinician, administrator, sign_in
):
    password = "correct horse battery"
    dies(man, clinician)
    client = sign_in(client, clinician)
    page = client.post(
        reverse("protocols:correct_enrolment", args=[man.pk]),
        {
            "reason": "His father.", "password": password, "second_email": administrator.email,
            "second_password": password,
        },
        follow=True,
    )  # fmt: skip
    assert "Book these 2 again" in page.text
    url = reverse("protocols:book_again", args=[man.pk])
    assert url in client.get(reverse("protocols:enrolment", args=[man.pk])).text

    done = client.post(url, follow=True)

    assert "All 2 stand again." in done.text
    assert [code for code, _ in standing()] == ["M1", "M2"]
    assert "Nothing is left to book again" in client.get(url).text


@pytest.mark.time_machine("2026-03-06 19:00 +00:00")
def test_on_the_page_what_could_not_be_booked_stays_with_its_reason(
    client, man, doctor, clinician, administrator, sign_in
):
    dies(man, clinician)
    back = lives(man, clinician, administrator)
    bookings.book(
        resource=doctor, attendee="patients.patient:0", starts_at=at(doctor.site, M1, 9),
        minutes=30, by=clinician, now=at(doctor.site, DIED, 9),
    )  # fmt: skip
    client = sign_in(client, clinician)
    url = reverse("protocols:book_again", args=[back.pk])
    assert "Book it again" in client.get(url).text

    page = client.post(url)

    assert "1 of 2 stands again." in page.text
    assert "That time has just been taken." in page.text
    assert "Book another time" in page.text


@pytest.fixture
def all_taken(man, doctor, clinician, administrator):
    """He lives again, and both of his times are somebody else's."""
    dies(man, clinician)
    back = lives(man, clinician, administrator)
    for day in (M1, M2):
        bookings.book(
            resource=doctor, attendee="patients.patient:0", starts_at=at(doctor.site, day, 9),
            minutes=30, by=clinician, now=at(doctor.site, DIED, 9),
        )  # fmt: skip
    return back


@pytest.mark.time_machine("2026-03-06 19:00 +00:00")
def test_where_no_time_is_free_there_is_no_button(client, all_taken, clinician, sign_in):
    client = sign_in(client, clinician)

    page = client.get(reverse("protocols:book_again", args=[all_taken.pk])).text

    assert ("Book another time" in page, "Book these" in page) == (True, False)
