"""One enrolment on a page: where it stands, its schedule, its version, and the ways on."""

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from protocols.actions.enrolment import refer
from protocols.actions.screening import decide_eligibility
from protocols.models import StatusChange
from tests.pages import soup
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    at,
    consented,
    examined,
    referred,
    screening,
    started,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-04-06 17:00 +00:00")]


def url_of(enrolment):
    return reverse("protocols:enrolment", args=[enrolment.pk])


def section(page, title):
    heading = soup(page).find("h2", string=title)
    return heading.find_parent("section")


def endings(page):
    return [part["id"] for part in section(page, "Record a change").select("details")]


def test_the_schedule_shows_every_visit_with_its_window(client, clinic_open, clinician, sign_in):
    page = sign_in(client, clinician).get(url_of(started(clinic_open, clinician)))

    rows = section(page, "Schedule").select("tbody tr")
    assert [row.th.text.strip() for row in rows][:3] == [
        "V0 Screening",
        "V1 Baseline and start",
        "M1 Month 1",
    ]
    month_one = [cell.text.strip() for cell in rows[2].select("td")]
    assert month_one == ["Wed 1 Apr", "25 Mar to 8 Apr 2026", "Planned"]
    assert rows[0].select("td")[2].text.strip() == "Not needed"


def test_the_history_is_newest_first_with_who_and_why(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)

    page = sign_in(client, clinician).get(url_of(enrolment))

    steps = [step.text for step in section(page, "Life of the enrolment").select(".what")]
    assert steps == ["On treatment", "Consented", "Eligible", "Screening", "Referred"]
    assert (
        "First capsule, 2 Mar 2026, Clinician of harbour: The start gate was passed."
        in section(page, "Life of the enrolment").text
    )


def test_the_criteria_are_shown_as_they_were_signed(client, clinic_open, clinician, sign_in):
    enrolment = examined(clinic_open, clinician)
    decide_eligibility(
        enrolment=enrolment, eligible=False, on=DAY_ONE, by=clinician, reason="Wants no tablets."
    )

    page = sign_in(client, clinician).get(url_of(enrolment))

    signed = section(page, "Eligibility as signed")
    assert (
        "Signed by Clinician of harbour on 2 Mar 2026. The clinician’s judgement. Wants no tablets."
    ) in signed.text
    assert len(signed.select("tbody tr")) == 24


def test_the_version_says_how_much_of_it_nobody_has_signed(client, clinic_open, clinician, sign_in):
    page = sign_in(client, clinician).get(url_of(started(clinic_open, clinician)))

    words = section(page, "Programme").text
    assert "Programme defaults, not signed off" in words
    assert "counselling (11)" in words


@pytest.mark.parametrize(
    ("stage", "ways"),
    [
        pytest.param(referred, ["end_by_withdrawn_consent", "record_death"], id="referred"),
        pytest.param(consented, ["end_by_withdrawn_consent", "record_death"], id="consented"),
        pytest.param(
            started,
            [
                "record_last_dose",
                "complete_treatment",
                "withdraw_treatment",
                "mark_lost",
                "end_by_withdrawn_consent",
                "record_death",
            ],
            id="on treatment",
        ),
    ],
)
def test_only_what_leads_on_from_here_is_offered(
    client, clinic_open, clinician, sign_in, stage, ways
):
    page = sign_in(client, clinician).get(url_of(stage(clinic_open, clinician)))

    assert endings(page) == ways


def test_who_only_reads_is_offered_nothing(client, clinic_open, clinician, technologist, sign_in):
    page = sign_in(client, technologist).get(url_of(started(clinic_open, clinician)))

    assert page.status_code == 200
    assert soup(page).find("h2", string="Record a change") is None


def test_he_stops_on_the_page(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)

    page = sign_in(client, clinician).post(
        reverse("protocols:withdraw_treatment", args=[enrolment.pk]),
        {"withdraw_treatment-on": "2026-04-05", "withdraw_treatment-reason": "Moves abroad."},
        follow=True,
    )

    assert endings(page) == [
        "record_last_dose",
        "close_enrolment",
        "end_by_withdrawn_consent",
        "record_death",
    ]
    last = StatusChange.objects.latest("pk")
    assert (last.became, last.reason) == ("WITHDRAWN_TREATMENT", "Moves abroad.")


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        pytest.param(
            "complete_treatment", "2026-04-06", "end-of-treatment visit is not done", id="the gate"
        ),
        pytest.param("record_death", "2026-04-06", "This field is required.", id="no reason"),
        pytest.param("withdraw_treatment", "2026-04-07 No.", "when it has happened", id="tomorrow"),
        pytest.param(
            "withdraw_treatment", "2026-03-01 No.", "last step was on 2 Mar 2026", id="too early"
        ),
        pytest.param("mark_returned", "2026-04-06 Rang.", "Active does not allow", id="not lost"),
    ],
)
def test_a_refused_ending_says_why(client, clinic_open, clinician, name, typed, sentence):
    enrolment = started(clinic_open, clinician)
    on, _, reason = typed.partition(" ")
    client.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")

    page = client.post(
        reverse(f"protocols:{name}", args=[enrolment.pk]),
        {f"{name}-on": on, f"{name}-reason": reason},
    )

    assert page.status_code == 422
    assert sentence in page.text
    enrolment.refresh_from_db()
    assert enrolment.status == "ACTIVE"


def test_what_was_typed_into_a_refused_ending_is_kept(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)

    page = sign_in(client, clinician).post(
        reverse("protocols:withdraw_treatment", args=[enrolment.pk]),
        {"withdraw_treatment-on": "2026-04-07", "withdraw_treatment-reason": "Moves abroad."},
    )

    part = soup(page).find("details", id="withdraw_treatment")
    assert part.has_attr("open")
    assert part.find("textarea").text.strip() == "Moves abroad."


def test_opening_the_page_is_written_down(client, clinic_open, coordinator, sign_in):
    enrolment = referred(clinic_open, coordinator)

    sign_in(client, coordinator).get(url_of(enrolment))

    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.person, event.detail) == (
        enrolment.patient.label,
        {"page": "protocols:enrolment"},
    )


@pytest.mark.parametrize("stage", [referred, screening, started], ids=lambda s: s.__name__)
def test_the_page_costs_the_same_whatever_has_happened(
    client, clinic_open, clinician, sign_in, stage, django_assert_num_queries
):
    """One row of history, two, and five; no visits, two, and eight."""
    enrolment = stage(clinic_open, clinician)
    client = sign_in(client, clinician)
    client.get(url_of(enrolment))

    with django_assert_num_queries(8 if stage is not referred else 9):
        client.get(url_of(enrolment))


def test_an_ended_enrolment_keeps_its_own_schedule(client, clinic_open, clinician, sign_in):
    first = examined(clinic_open, clinician)
    decide_eligibility(enrolment=first, eligible=False, on=DAY_ONE, by=clinician, reason="Not now.")
    refer(patient=first.patient, on=DAY_ONE + DAY, by=clinician, now=at(clinic_open, DAY_ONE + DAY))

    page = sign_in(client, clinician).get(url_of(first))

    assert len(section(page, "Schedule").select("tbody tr")) == 2
