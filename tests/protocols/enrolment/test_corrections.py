"""A wrong end is put right by two people, with all that hung on it (domain reference §7.4)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from clinic.access import Role
from clinic.refusal import Refusal
from protocols.actions.corrections import correct_error, correct_first_dose
from protocols.actions.death import record_death
from protocols.actions.endings import close_over, withdraw_consent
from protocols.actions.enrolment import change_status, refer
from protocols.actions.screening import decide_eligibility
from protocols.models import AdverseEvent, DoseSegment, Duty, StatusChange, Visit
from tests.conftest import make_member
from tests.factories.protocols import CapsuleCountFactory, StatusChangeFactory
from tests.protocols.enrolment.cast import DAY, DAY_ONE, at, examined, started

pytestmark = pytest.mark.django_db
LATER = DAY_ONE + 40 * DAY
PASSWORD = "correct horse battery"


@pytest.fixture
def ended(clinic_open, clinician):
    """On treatment, and by mistake without consent."""
    return withdraw_consent(
        enrolment=started(clinic_open, clinician), on=LATER, by=clinician, reason="By letter."
    )


def put_right(enrolment, by, second, on=LATER + DAY, reason="The letter was another man’s."):
    now = at(enrolment.patient.site, on)
    return correct_error(enrolment=enrolment, reason=reason, by=by, second=second, now=now)


def test_two_people_give_him_back_the_status_he_had(ended, clinician, administrator):
    again = put_right(ended, clinician, administrator)

    assert (again.status, again.status_since, again.last_dose_on) == ("ACTIVE", LATER + DAY, None)
    step = StatusChange.objects.latest("pk")
    assert (step.was, step.became, step.event) == ("WITHDRAWN_CONSENT", "ACTIVE", "CORRECT_ERROR")
    assert (step.by, step.second_signature) == (clinician, administrator)
    assert step.reason == "The letter was another man’s."


def test_the_visits_and_the_dose_go_on_where_they_were_cut(ended, clinician, administrator):
    assert not Visit.objects.filter(enrolment=ended, status="planned").exists()
    put_right(ended, clinician, administrator)

    planned = Visit.objects.filter(enrolment=ended, status="planned").order_by("target_on")
    assert [visit.code for visit in planned] == ["V1", "M1", "M2", "M3", "M4", "M5", "M6"]
    first, second = DoseSegment.objects.filter(enrolment=ended).order_by("during")
    assert (second.during.lower, second.during.upper) == (first.during.upper, None)
    assert second.capsules_per_day == first.capsules_per_day == 2


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        pytest.param("nobody", "A second member signs for this", id="nobody"),
        pytest.param("clinician", "another person’s", id="the same person"),
        pytest.param("coordinator", "cannot sign for a correction", id="one who may not"),
        pytest.param("stranger", "cannot sign for a correction", id="one of another site"),
    ],
)
def test_one_signature_or_a_wrong_one_changes_nothing(request, ended, clinician, second, sentence):
    other = None if second == "nobody" else request.getfixturevalue(second)

    with pytest.raises(Refusal, match=sentence):
        put_right(ended, clinician, other)

    ended.refresh_from_db()
    assert ended.status == "WITHDRAWN_CONSENT"


def test_without_a_reason_nothing_is_corrected(ended, clinician, administrator):
    with pytest.raises(Refusal, match="Say what was wrong") as refused:
        put_right(ended, clinician, administrator, reason=" ")
    assert refused.value.field == "reason"


def test_what_has_not_ended_is_not_corrected(clinic_open, clinician, administrator):
    with pytest.raises(Refusal, match="Only an enrolment that has ended"):
        put_right(started(clinic_open, clinician), clinician, administrator)


def test_a_correction_is_not_before_the_end(ended, clinician, administrator):
    with pytest.raises(Refusal, match="His last step was on 11 Apr 2026"):
        put_right(ended, clinician, administrator, on=LATER - DAY)


def test_he_is_not_given_two_enrolments(clinic_open, clinician, administrator):
    failed = examined(clinic_open, clinician)
    decide_eligibility(enrolment=failed, eligible=False, on=DAY_ONE, by=clinician, reason="No.")
    on = DAY_ONE + DAY
    refer(patient=failed.patient, on=on, by=clinician, now=at(clinic_open, on))

    with pytest.raises(Refusal, match="He is already enrolled"):
        put_right(failed, clinician, administrator, on=on)


def test_a_status_that_stands_on_a_consent_is_not_given_back_without_it(
    ended, clinician, administrator
):
    consent = ended.patient.consents.get(text__kind="treatment")
    consent.withdrawn_on, consent.withdrawn_by = LATER, clinician
    consent.save()

    with pytest.raises(Refusal, match="His treatment consent is withdrawn or not on file"):
        put_right(ended, clinician, administrator)


def test_a_man_who_was_said_to_have_died_lives(clinic_open, clinician, administrator):
    dead = record_death(
        enrolment=started(clinic_open, clinician),
        on=LATER,
        by=clinician,
        reason="A call.",
        now=at(clinic_open, LATER),
    )
    assert dead.patient.deceased_on == LATER

    again = put_right(dead, clinician, administrator, reason="It was his father.")

    again.patient.refresh_from_db()
    assert (again.status, again.patient.deceased_on) == ("ACTIVE", None)
    event = AdverseEvent.objects.get(enrolment=again, term="death")
    assert (event.struck_by, event.struck_because) == (clinician, "It was his father.")
    assert not Duty.objects.open().filter(enrolment=again).exists()


def test_a_screening_that_failed_by_mistake_goes_on(clinic_open, clinician, administrator):
    failed = examined(clinic_open, clinician)
    decide_eligibility(enrolment=failed, eligible=False, on=DAY_ONE, by=clinician, reason="No.")

    again = put_right(failed, clinician, administrator, on=DAY_ONE + DAY)

    assert again.status == "SCREENING"
    assert set(Visit.objects.values_list("status", flat=True)) == {"planned"}


def test_what_was_opened_again_today_does_not_close_by_itself_before_tomorrow(
    clinic_open, clinician, administrator
):
    stopped = change_status(
        enrolment=started(clinic_open, clinician), event="STOP", on=LATER, by=clinician, reason="TG"
    )
    over = LATER + 105 * DAY
    assert close_over(now=at(clinic_open, over)) == 1
    put_right(stopped, clinician, administrator, on=over)

    assert close_over(now=at(clinic_open, over)) == 0
    assert close_over(now=at(clinic_open, over + DAY)) == 1


@pytest.mark.parametrize("change", [{"second": None}, {"second": "by"}, {"reason": ""}])
def test_the_database_asks_for_two_as_well(ended, clinician, administrator, change):
    second = {"by": clinician}.get(
        change.get("second"), None if "second" in change else administrator
    )

    with pytest.raises(IntegrityError, match="correction_has_two"), transaction.atomic():
        StatusChangeFactory(
            enrolment=ended,
            event="CORRECT_ERROR",
            by=clinician,
            second_signature=second,
            reason=change.get("reason", "Wrong man."),
        )


def form(second, **more):
    return {
        "reason": "The letter was another man’s.",
        "password": PASSWORD,
        "second_email": second.email,
        "second_password": PASSWORD,
    } | more


def url_of(enrolment):
    return reverse("protocols:correct_enrolment", args=[enrolment.pk])


@pytest.mark.time_machine("2026-04-12 17:00 +00:00")
def test_it_is_put_right_on_the_page(client, ended, clinician, administrator, sign_in):
    client = sign_in(client, clinician)
    page = client.get(reverse("protocols:enrolment", args=[ended.pk]))
    assert url_of(ended) in page.text
    assert "He will be again" in client.get(url_of(ended)).text

    done = client.post(url_of(ended), form(administrator), follow=True)

    assert "The end is put right" in done.text
    assert "Clinician of harbour and Administrator of harbour" in done.text


@pytest.mark.time_machine("2026-04-12 17:00 +00:00")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"password": "no"}, "That is not your password", id="own password"),
        pytest.param({"second_password": "no"}, "do not belong together", id="second password"),
        pytest.param({"reason": ""}, "This field is required", id="no reason"),
    ],
)
def test_a_refused_correction_keeps_what_was_typed(
    client, ended, clinician, administrator, typed, sentence
):
    client.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.post(url_of(ended), form(administrator, **typed))

    assert page.status_code == 422
    assert sentence in page.text
    assert administrator.email in page.text
    ended.refresh_from_db()
    assert ended.status == "WITHDRAWN_CONSENT"


@pytest.mark.time_machine("2026-04-12 17:00 +00:00")
def test_an_administrator_may_begin_it_and_sees_nothing_of_the_treatment(
    client, ended, clinician, administrator, sign_in
):
    client = sign_in(client, administrator)
    page = client.get(url_of(ended))
    assert ended.patient.family_name not in page.text

    client.post(url_of(ended), form(clinician))

    ended.refresh_from_db()
    assert ended.status == "ACTIVE"


def test_who_may_not_correct_sees_no_way_to_it(client, ended, coordinator, sign_in):
    client = sign_in(client, coordinator)

    assert url_of(ended) not in client.get(reverse("protocols:enrolment", args=[ended.pk])).text
    assert client.get(url_of(ended)).status_code == 403


def test_two_clinicians_may_sign_together(ended, clinician, clinic_open):
    other = make_member(clinic_open, Role.CLINICIAN, "Other")

    assert put_right(ended, clinician, other).status == "ACTIVE"


# --- Day 1 -----------------------------------------------------------------------------------


def day_one(enrolment, by, second, on=DAY_ONE - DAY, today=DAY_ONE + 3 * DAY, reason="Misread."):
    now = at(enrolment.patient.site, today)
    return correct_first_dose(
        enrolment=enrolment, on=on, reason=reason, by=by, second=second, now=now
    )


@pytest.mark.parametrize("days", [-2, -1, 1, 3])
def test_two_people_move_day_one_and_the_windows_follow(
    clinic_open, clinician, administrator, days
):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + timedelta(days=days)

    moved = day_one(enrolment, clinician, administrator, on=on)

    assert (moved.status, moved.first_dose_on) == ("ACTIVE", on)
    month_one = Visit.objects.get(enrolment=moved, code="M1")
    assert month_one.target_on == on + 30 * DAY
    assert DoseSegment.objects.get(enrolment=moved).during.lower == on
    step = StatusChange.objects.latest("pk")
    assert (step.was, step.became, step.second_signature) == ("ACTIVE", "ACTIVE", administrator)
    assert step.reason == f"First capsule on {on.day} {on:%b %Y}, not 2 Mar 2026. Misread."


def test_what_is_done_keeps_its_window(clinic_open, clinician, administrator):
    enrolment = started(clinic_open, clinician)
    Visit.objects.filter(enrolment=enrolment, code="V1").update(
        status="signed", attended_on=DAY_ONE, opened_by=clinician
    )

    day_one(enrolment, clinician, administrator)

    assert Visit.objects.get(enrolment=enrolment, code="V1").target_on == DAY_ONE


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"on": DAY_ONE + 4 * DAY}, "when it has been taken", id="tomorrow"),
        pytest.param({"on": DAY_ONE}, "This is the day on file", id="the same day"),
        pytest.param({"on": DAY_ONE - 6 * DAY}, "He agreed to the treatment on 25 Feb", id="early"),
        pytest.param({"on": date(1990, 5, 3)}, "He was born on 4 May 1990", id="before birth"),
        pytest.param(
            {"on": DAY_ONE + 21 * DAY, "today": DAY_ONE + 30 * DAY},
            "is older than 30 days: repeat it",
            id="against the start gate",
        ),
    ],
)
def test_a_day_one_that_cannot_be_is_refused(
    clinic_open, clinician, administrator, change, sentence
):
    enrolment = started(clinic_open, clinician)

    with pytest.raises(Refusal, match=sentence) as refused:
        day_one(enrolment, clinician, administrator, **change)

    assert refused.value.field == "on"
    enrolment.refresh_from_db()
    assert enrolment.first_dose_on == DAY_ONE


def test_counted_capsules_hold_day_one(clinic_open, clinician, administrator):
    enrolment = started(clinic_open, clinician)
    visit = Visit.objects.get(enrolment=enrolment, code="M1")
    CapsuleCountFactory(visit=visit, since_on=DAY_ONE, counted_on=DAY_ONE + 2 * DAY)

    with pytest.raises(Refusal, match="Capsules have been counted"):
        day_one(enrolment, clinician, administrator)


def test_one_person_alone_does_not_move_day_one(clinic_open, clinician):
    with pytest.raises(Refusal, match="A second member signs"):
        day_one(started(clinic_open, clinician), clinician, None)


def test_after_the_end_day_one_stays(ended, clinician, administrator):
    with pytest.raises(Refusal, match="while he is on treatment"):
        day_one(ended, clinician, administrator)


@pytest.mark.time_machine("2026-03-05 17:00 +00:00")
def test_day_one_is_put_right_on_the_page(client, clinic_open, clinician, administrator, sign_in):
    enrolment = started(clinic_open, clinician)
    client = sign_in(client, clinician)
    assert "Day 1 is wrong" in client.get(
        reverse("protocols:enrolment", args=[enrolment.pk])
    ).text  # fmt: skip

    client.post(url_of(enrolment), form(administrator, on="2026-03-01"))

    enrolment.refresh_from_db()
    assert enrolment.first_dose_on == date(2026, 3, 1)
