"""The capsules of one man as a page: thin views, the gate in view, refusals as sentences."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from protocols.actions import dosing
from protocols.models import Dispense, Enrolment, Prescription
from tests.factories.protocols import DispenseFactory, MoodQuestionnaireFactory
from tests.pages import soup
from tests.protocols.dosing.shelf import RMA, shelved
from tests.protocols.men import DAY, NOW, TODAY, make_patient, open_visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
SECRET = "correct horse battery"


def doses(enrolment):
    return reverse("protocols:doses", args=[enrolment.patient_id])


@pytest.fixture
def waiting(treated, clinician) -> Prescription:
    visit = open_visit(treated, clinician)
    return dosing.prescribe(enrolment=treated, by=clinician, now=NOW, visit=visit)


@pytest.fixture
def lot(site, pharmacist):
    return shelved(site, pharmacist)


def test_doses_shows_orders_bottles_and_counts(client: Client, treated, clinician, sign_in):
    dosing.count_return(visit=open_visit(treated, clinician), returned=14, by=clinician, now=NOW)
    sign_in(client, clinician)

    page = soup(client.get(doses(treated)))

    assert [head.text for head in page.select("main h2")] == [
        "40 mg a day since 8 May", "Dose, day by day", "Prescriptions and bottles",
        "Capsules counted", "Adherence, three ways", "Where his capsules are",
    ]  # fmt: skip
    assert "94 %" in page.text
    assert len(page.select("section[aria-labelledby=rx-title] tbody tr")) == 3


def test_the_summary_names_the_first_day_without_capsules(
    client: Client, treated, clinician, sign_in
):
    """Fourteen on the morning of 4 August last for seven days, that one among them."""
    dosing.count_return(visit=open_visit(treated, clinician), returned=14, by=clinician, now=NOW)
    sign_in(client, clinician)

    page = soup(client.get(doses(treated)))

    said = {
        row.dt.text: row.dd.text for row in page.select("section[aria-labelledby=now-title] dl div")
    }
    assert (said["He should have"], said["First day without"]) == ("14 capsules", "Tue 11 Aug")


def test_doses_of_a_man_who_is_not_enrolled_say_so(client: Client, site, clinician, sign_in):
    sign_in(client, clinician)

    page = client.get(reverse("protocols:doses", args=[make_patient(site, clinician).pk]))

    assert "No capsules yet" in page.text


@pytest.mark.parametrize("more", [0, 2])
def test_doses_takes_ten_queries_at_most(
    client: Client, treated, clinician, more, django_assert_max_num_queries
):
    for number in range(more):
        DispenseFactory(
            prescription__enrolment=treated, prescription__number=4 + number,
            prescription__written_by=clinician, handed_by=clinician,
        )  # fmt: skip
    client.force_login(clinician, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(doses(treated))

    with django_assert_max_num_queries(10):
        client.get(doses(treated))


def test_doses_of_another_site_are_not_found(client: Client, treated, stranger, sign_in):
    sign_in(client, stranger)

    assert client.get(doses(treated)).status_code == 404


def test_opening_doses_is_written_down(client: Client, treated, clinician, sign_in):
    sign_in(client, clinician)

    client.get(doses(treated))

    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.person, event.detail) == (treated.patient.label, {"page": "protocols:doses"})


def test_a_clinician_prescribes_on_the_page(client: Client, treated, clinician, sign_in):
    sign_in(client, clinician)

    answer = client.post(reverse("protocols:prescribe", args=[treated.patient_id]), {"days": 30})

    assert answer["Location"] == doses(treated)
    assert Prescription.objects.get(number=4).capsules == 60


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        ("CONSENTED", True),
        ("ACTIVE", True),
        ("ON_HOLD", False),
        ("WITHDRAWN_TREATMENT", False),
        ("LOST_TO_FOLLOW_UP", False),
    ],
)
def test_the_next_prescription_is_offered_only_while_he_may_get_it(
    client: Client, treated, clinician, sign_in, status, offered
):
    treated.status = status
    treated.save()

    page = sign_in(client, clinician).get(doses(treated))

    assert ("Write the next prescription" in page.text) is offered


def test_a_second_prescription_is_refused_in_a_sentence(
    client: Client, treated, waiting, clinician, sign_in
):
    sign_in(client, clinician)

    page = client.post(reverse("protocols:prescribe", args=[treated.patient_id]), {"days": 30})

    assert page.status_code == 422
    assert "Rx 4 is written and not handed out yet." in page.text


def test_a_coordinator_may_not_prescribe(client: Client, treated, coordinator, sign_in):
    sign_in(client, coordinator)

    page = client.post(reverse("protocols:prescribe", args=[treated.patient_id]), {"days": 30})

    assert page.status_code == 403


@pytest.mark.parametrize(
    ("verb", "status", "mg"), [("reduce", "ACTIVE", 20), ("hold", "ON_HOLD", 0)]
)
def test_the_dose_is_changed_on_its_own_page(client: Client, treated, request, verb, status, mg):
    client.force_login(
        request.getfixturevalue("clinician"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    url = reverse(f"protocols:{verb}_dose", args=[treated.patient_id])
    assert client.get(url).status_code == 200

    client.post(url, {"reason": "Nosebleeds."})

    segment = treated.dose_segments.order_by("during").last()
    assert (Enrolment.objects.get().status, segment.mg_per_day) == (status, mg)
    assert segment.reason == "Nosebleeds."


def test_a_restart_that_the_limits_forbid_keeps_the_reason_typed(
    client: Client, treated, clinician, sign_in
):
    sign_in(client, clinician)
    url = reverse("protocols:resume_dose", args=[treated.patient_id])

    page = client.post(url, {"reason": "Feels well."})

    assert page.status_code == 422
    assert "He is not on hold." in page.text
    assert "Feels well." in page.text


def test_the_gate_is_shown_before_anything_is_typed(client: Client, waiting, pharmacist, sign_in):
    sign_in(client, pharmacist)

    page = client.get(reverse("protocols:dispense", args=[waiting.pk]))

    assert "The gate says no" in page.text
    assert "The PHQ-9 of this visit is not answered." in page.text


def bottle(lot, **more):
    return {"on": "2026-08-04", "lot": lot.pk, "rma": RMA, **more}


def test_two_people_hand_over_against_the_gate(
    client: Client, waiting, lot, pharmacist, clinician, sign_in
):
    sign_in(client, pharmacist)

    client.post(
        reverse("protocols:dispense", args=[waiting.pk]),
        bottle(lot, override_reason="Snow.", second_email=clinician.email, second_password=SECRET),
    )

    row = Dispense.objects.get(prescription=waiting)
    assert (row.handed_by, row.second_signature) == (pharmacist, clinician)


def test_a_wrong_second_password_hands_over_nothing(
    client: Client, waiting, lot, pharmacist, clinician, sign_in
):
    sign_in(client, pharmacist)

    page = client.post(
        reverse("protocols:dispense", args=[waiting.pk]),
        bottle(lot, override_reason="Snow.", second_email=clinician.email, second_password="guess"),
    )

    assert page.status_code == 422
    assert "do not belong together" in page.text
    assert not Dispense.objects.filter(prescription=waiting).exists()


def test_the_dispense_page_takes_ten_queries_at_most(
    client: Client, waiting, lot, pharmacist, sign_in, django_assert_max_num_queries
):
    sign_in(client, pharmacist)
    url = reverse("protocols:dispense", args=[waiting.pk])
    client.get(url)

    with django_assert_max_num_queries(10):
        client.get(url)


#: The window in which iPLEDGE lets him fetch it shuts after thirty days.
SHUT = "can be picked up until"
LATE = NOW + 30 * DAY


@pytest.fixture
def late(client: Client, waiting, pharmacist, sign_in, time_machine):
    """The pharmacist at the page of a bottle, on the day after its window."""
    time_machine.move_to(LATE)
    sign_in(client, pharmacist)

    def look(on=None, **more):
        given = more if on is None else {"on": on.isoformat(), **more}
        return client.get(reverse("protocols:dispense", args=[waiting.pk]), given)

    return look


@pytest.mark.parametrize(
    ("on", "shut"),
    [
        pytest.param(None, True, id="today, which nobody has changed"),
        pytest.param(TODAY + 30 * DAY, True, id="today"),
        pytest.param(TODAY + 29 * DAY, False, id="the last day of it"),
        pytest.param(TODAY, False, id="the first"),
    ],
)
def test_the_gate_shown_is_that_of_the_day_typed(late, lot, on, shut):
    page = soup(late(on))

    assert any(SHUT in row.text for row in page.select(".notice li")) == shut
    shown = page.select_one("input[name=on]")["value"]
    assert shown == (on or TODAY + 30 * DAY).isoformat()
    said = page.select_one(".notice b").text
    assert said == ("The gate says no" if shut else f"The gate says no for {on.day} {on:%b %Y}")


@pytest.mark.parametrize(
    ("on", "says"),
    [
        pytest.param(TODAY + 31 * DAY, "recorded on the day it is handed over", id="tomorrow"),
        pytest.param(TODAY - DAY, "cannot be older than its prescription", id="before it"),
    ],
)
def test_of_a_day_that_cannot_be_the_gate_of_today_is_shown_with_the_reason(late, lot, on, says):
    page = soup(late(on))

    assert any(SHUT in row.text for row in page.select(".notice li"))
    assert says in page.select_one("#field-on .why--soft").text
    assert page.select_one("input[name=on]")["value"] == on.isoformat()


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "9999-99-99"])
def test_what_is_no_day_is_today(client: Client, waiting, lot, pharmacist, sign_in, typed):
    sign_in(client, pharmacist)

    page = client.get(reverse("protocols:dispense", args=[waiting.pk]), {"on": typed})

    assert soup(page).select_one("input[name=on]")["value"] == TODAY.isoformat()


def test_the_lots_offered_are_those_of_the_day_typed_and_the_choice_stays(
    late, lot, site, pharmacist
):
    """One lot lasts a month from the first day, and from today no more."""
    shelved(site, pharmacist, "SHORT", until=TODAY + 45 * DAY)

    def offered(**more):
        options = soup(late(**more)).select("select[name=lot] option")
        return {row.text.partition(",")[0]: row.has_attr("selected") for row in options}

    assert offered() == {"L77": True}
    assert offered(on=TODAY) == {"SHORT": True, "L77": False}
    assert offered(on=TODAY, lot=lot.pk) == {"SHORT": False, "L77": True}
    assert offered(on=TODAY, lot="none") == {"SHORT": True, "L77": False}


def test_another_day_is_swapped_as_it_would_be_reloaded(client: Client, late, waiting, lot):
    asked = {"on": TODAY.isoformat(), "lot": lot.pk}
    url = reverse("protocols:dispense", args=[waiting.pk])

    part = soup(client.get(url, asked, headers={"HX-Request": "true"}))
    whole = soup(client.get(url, asked))

    assert part.select_one("form.card-h input[name=csrfmiddlewaretoken]").extract()
    assert whole.select_one("form.card-h input[name=csrfmiddlewaretoken]").extract()
    assert str(part.select_one("#dispense-page")) == str(whole.select_one("#dispense-page"))


def test_what_is_posted_is_shown_the_gate_of_its_own_day(client: Client, late, waiting, lot):
    url = reverse("protocols:dispense", args=[waiting.pk])

    page = soup(client.post(url, bottle(lot, on="2026-09-02")))

    assert not any(SHUT in row.text for row in page.select(".notice li"))


def test_a_cancelled_prescription_keeps_its_reason(client: Client, waiting, clinician, sign_in):
    sign_in(client, clinician)

    client.post(
        reverse("protocols:cancel_prescription", args=[waiting.pk]), {"reason": "Wrong month."}
    )

    waiting.refresh_from_db()
    assert waiting.cancelled_because == "Wrong month."


def test_mood_shows_the_questionnaires_side_by_side(client: Client, treated, clinician, sign_in):
    for days, items in ((60, [1] * 2 + [0] * 7), (0, [2] * 6 + [0] * 3)):
        MoodQuestionnaireFactory(
            enrolment=treated, answers=items, answered_at=NOW - days * DAY, answered_by=clinician,
            total=sum(items), band="moderate" if sum(items) > 9 else "minimal",
        )  # fmt: skip
    sign_in(client, clinician)

    page = soup(client.get(reverse("protocols:mood", args=[treated.patient_id])))

    assert "2 → 12" in page.text
    assert page.select_one("svg.draw title").text.startswith("PHQ-9 total: 2 at")
    assert [cell.text for cell in page.select("tfoot td")] == ["2", "12"]


def test_the_summary_says_when_blood_may_be_given_again(
    client: Client, treated, clinician, sign_in
):
    treated.status, treated.last_dose_on = "DISCONTINUED", date(2026, 1, 31)
    treated.first_dose_on = date(2026, 1, 1)
    treated.save()
    sign_in(client, clinician)

    page = client.get(doses(treated))

    assert "No blood donation up to and including 28 Feb 2026" in page.text
    assert date(2026, 2, 28) < TODAY
