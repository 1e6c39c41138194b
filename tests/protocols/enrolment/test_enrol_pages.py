"""The way to the first capsule as members see it, and who may take which step."""

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from protocols.actions.definition import publish
from protocols.actions.endings import withdraw_treatment
from protocols.models import EligibilityCheck, Enrolment, Visit
from protocols.rules.definition import shipped
from tests.pages import soup
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    agrees,
    bloods,
    consented,
    eligible,
    examined,
    ready,
    referred,
    screening,
    started,
)

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-02 17:00 +00:00")]
PASSWORD = "correct horse battery"
ELEVEN = [item.code for item in shipped().counselling]


def chain(page):
    """Each step as the side index shows it: title and state."""
    return [
        (link.find("span").text, link.find("svg").get("aria-label"))
        for link in soup(page).select("nav.index a")
    ]


def open_panel(page):
    [panel] = soup(page).select(".panel--open")
    return panel


def enrol_url(patient):
    return reverse("protocols:enrol", args=[patient.pk])


def post(client, name, pk, **data):
    return client.post(reverse(f"protocols:{name}", args=[pk]), data)


def test_a_man_nobody_has_referred_is_at_the_first_step(client, clinic_open, coordinator, sign_in):
    page = sign_in(client, coordinator).get(enrol_url(a_man(clinic_open, coordinator)))

    assert chain(page) == [
        ("Referral", "to do now"),
        ("Screening", "later"),
        ("Eligibility", "later"),
        ("Consent to treatment", "later"),
        ("Start", "later"),
    ]


def test_referring_moves_him_on(client, clinic_open, coordinator, sign_in):
    man = a_man(clinic_open, coordinator)

    page = sign_in(client, coordinator).post(reverse("protocols:refer", args=[man.pk]), follow=True)

    assert page.redirect_chain == [(enrol_url(man), 302)]
    assert [state for _, state in chain(page)[:2]] == ["done", "to do now"]
    assert "is referred to the programme" in page.text


def test_a_second_referral_is_refused_on_the_page(client, clinic_open, coordinator, sign_in):
    enrolment = referred(clinic_open, coordinator)

    page = post(sign_in(client, coordinator), "refer", enrolment.patient_id)

    assert page.status_code == 422
    assert "He is already enrolled" in page.text
    assert Enrolment.objects.count() == 1


def test_screening_without_its_consent_is_refused_on_the_page(
    client, clinic_open, coordinator, sign_in
):
    enrolment = referred(clinic_open, coordinator)

    page = post(sign_in(client, coordinator), "start_screening", enrolment.pk)

    assert page.status_code == 422
    assert "The screening consent is not signed." in open_panel(page).text


def test_screening_starts_with_its_consent(client, clinic_open, coordinator, sign_in):
    enrolment = referred(clinic_open, coordinator)
    agrees(enrolment.patient, "screening", DAY_ONE, coordinator)

    page = post(sign_in(client, coordinator), "start_screening", enrolment.pk)

    assert (page.status_code, page.url) == (302, enrol_url(enrolment.patient))
    assert list(Visit.objects.values_list("code", flat=True)) == ["V0", "V1"]


def test_each_criterion_shows_its_value_its_day_and_its_source(
    client, clinic_open, clinician, sign_in
):
    enrolment = examined(clinic_open, clinician)

    panel = open_panel(sign_in(client, clinician).get(enrol_url(enrolment.patient)))

    rows = {row.th.b.text: [cell.text.strip() for cell in row.find_all("td")] for row in
            panel.select("tbody tr")}  # fmt: skip
    assert len(rows) == 24
    assert rows["Fasting triglycerides"] == [
        "118 mg/dL",
        "Laboratory, fasting, 20 Feb 2026",
        "met",
    ]


def test_what_is_unknown_comes_first_and_says_where_it_is_mended(
    client, clinic_open, clinician, sign_in
):
    enrolment = screening(clinic_open, clinician)
    bloods(enrolment.patient, DAY_ONE - DAY)

    panel = open_panel(sign_in(client, clinician).get(enrol_url(enrolment.patient)))

    first = panel.select("tbody tr")[0]
    assert (first.th.b.text, first.select(".status")[0].text.strip()) == (
        "Diagnosis",
        "not known",
    )
    history = reverse("patients:history", args=[enrolment.patient_id])
    assert len(panel.select(f'a[href="{history}"]')) == 15


def test_a_coordinator_reads_the_criteria_but_does_not_sign(
    client, clinic_open, coordinator, sign_in
):
    enrolment = examined(clinic_open, coordinator)
    client = sign_in(client, coordinator)

    assert "A clinician signs eligibility." in client.get(enrol_url(enrolment.patient)).text
    refused = post(
        client, "sign_eligibility", enrolment.pk, decision="yes", reason="", password=PASSWORD
    )
    assert refused.status_code == 403
    assert not EligibilityCheck.objects.exists()


def test_a_clinician_signs_with_the_password(client, clinic_open, clinician, sign_in):
    enrolment = examined(clinic_open, clinician)

    page = post(
        sign_in(client, clinician),
        "sign_eligibility",
        enrolment.pk,
        decision="yes",
        reason="",
        password=PASSWORD,
    )

    assert page.status_code == 302
    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.eligible_on) == ("ELIGIBLE", DAY_ONE)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(
            {"decision": "yes", "password": "wrong"}, "This is not your password.", id="password"
        ),
        pytest.param(
            {"decision": "no", "password": PASSWORD}, "Say why he cannot take part.", id="reason"
        ),
        pytest.param({"password": PASSWORD}, "This field is required.", id="no decision"),
    ],
)
def test_a_signature_that_is_not_complete_is_refused_beside_its_field(
    client, clinic_open, clinician, sign_in, data, sentence
):
    enrolment = examined(clinic_open, clinician)

    page = post(sign_in(client, clinician), "sign_eligibility", enrolment.pk, **data)

    assert page.status_code == 422
    assert sentence in open_panel(page).select_one(".why:not([role=alert])").text
    assert not EligibilityCheck.objects.exists()


def test_a_man_who_cannot_take_part_may_be_referred_again(client, clinic_open, clinician, sign_in):
    enrolment = examined(clinic_open, clinician)
    client = sign_in(client, clinician)
    told = {"decision": "no", "reason": "Wants no tablets.", "password": PASSWORD}
    url = reverse("protocols:sign_eligibility", args=[enrolment.pk])
    page = client.post(url, told, follow=True)

    assert "Signed: he cannot take part." in page.text
    assert chain(page) == []  # nothing of it comes later
    so_far = soup(page).find("h2", string="His enrolments so far").find_parent("section")
    assert "Wants no tablets." in so_far.text
    assert post(client, "refer", enrolment.patient_id).status_code == 302
    assert list(Enrolment.objects.order_by("pk").values_list("status", flat=True)) == [
        "SCREEN_FAILED",
        "REFERRED",
    ]


def test_the_treatment_consent_is_the_next_step(client, clinic_open, clinician, sign_in):
    enrolment = eligible(clinic_open, clinician)
    client = sign_in(client, clinician)
    assert "The treatment consent is not on file" in client.get(enrol_url(enrolment.patient)).text
    assert post(client, "link_consent", enrolment.pk).status_code == 422

    agrees(enrolment.patient, "treatment", DAY_ONE, clinician)
    assert post(client, "link_consent", enrolment.pk).status_code == 302

    enrolment.refresh_from_db()
    assert enrolment.status == "CONSENTED"


def test_the_start_gate_lists_every_condition(client, clinic_open, clinician, sign_in):
    enrolment = consented(clinic_open, clinician)

    panel = open_panel(sign_in(client, clinician).get(enrol_url(enrolment.patient)))

    verdicts = {
        row.th.b.text: row.select_one(".status").text.strip()
        for row in panel.select("table[aria-label='Start gate'] tbody tr")
    }
    assert verdicts == {
        "Eligibility": "met",
        "Consent to treatment": "met",
        "iPLEDGE number": "missing",
        "Counselling": "missing",
        "How to reach him": "met",
        "Baseline laboratory": "met",
        "Second semen analysis": "met",
        "Medicines": "met",
    }
    assert "Not yet: 2 conditions above are missing." in panel.text


def test_counselling_and_preparation_are_kept(client, clinic_open, clinician, sign_in):
    enrolment = consented(clinic_open, clinician)
    client = sign_in(client, clinician)

    post(client, "record_counselling", enrolment.pk, codes=ELEVEN)
    post(client, "prepare_start", enrolment.pk, ipledge_id="123 456", weight_kg="82.5")

    enrolment.refresh_from_db()
    assert (enrolment.counselled_on, enrolment.ipledge_id) == (DAY_ONE, "123 456")
    assert str(enrolment.baseline_weight_kg) == "82.5"


def test_a_weight_nobody_has_is_refused_beside_its_field(client, clinic_open, clinician, sign_in):
    enrolment = consented(clinic_open, clinician)

    page = post(
        sign_in(client, clinician), "prepare_start", enrolment.pk, ipledge_id="1", weight_kg="500"
    )

    assert page.status_code == 422
    assert "less than or equal to 350" in soup(page).select_one("#field-weight_kg .why").text


def test_the_first_capsule_is_recorded_on_the_page(client, clinic_open, clinician, sign_in):
    enrolment = ready(clinic_open, clinician)

    page = sign_in(client, clinician).post(
        reverse("protocols:record_first_dose", args=[enrolment.pk]),
        {"on": "2026-03-02"},
        follow=True,
    )

    assert {state for _, state in chain(page)} == {"done"}
    assert "He has started" in page.text


def test_a_first_capsule_against_the_gate_is_refused_in_sentences(
    client, clinic_open, clinician, sign_in
):
    enrolment = consented(clinic_open, clinician)

    page = post(sign_in(client, clinician), "record_first_dose", enrolment.pk, on="2026-03-02")

    assert page.status_code == 422
    assert "The iPLEDGE number is not recorded." in open_panel(page).select_one(".notice").text


def test_eligibility_signed_too_long_ago_is_signed_again_first(
    client, clinic_open, clinician, sign_in
):
    enrolment = consented(clinic_open, clinician)
    Enrolment.objects.filter(pk=enrolment.pk).update(eligible_on=DAY_ONE - 57 * DAY)

    page = sign_in(client, clinician).get(enrol_url(enrolment.patient))

    assert [state for _, state in chain(page)][2] == "to do now"
    assert "What was signed is too old" in open_panel(page).text
    assert "Signed eligibility lasts 56 days" in open_panel(page).text


@pytest.mark.parametrize(("days", "words"), [(28, "lasts 28 days:"), (1, "lasts 1 day:")])
def test_how_long_a_signature_lasts_is_what_his_programme_says(
    client, clinic_open, clinician, sign_in, days, words
):
    enrolment = consented(clinic_open, clinician)
    gates = shipped().gates.model_copy(update={"eligible_for_days": days})
    version = publish(
        definition=shipped().model_copy(update={"gates": gates, "version": 2}), now=timezone.now()
    )
    Enrolment.objects.filter(pk=enrolment.pk).update(
        version=version, eligible_on=DAY_ONE - (days + 1) * DAY
    )

    page = sign_in(client, clinician).get(enrol_url(enrolment.patient))

    assert words in open_panel(page).text


def test_opening_the_page_is_written_down(client, clinic_open, coordinator, sign_in):
    man = a_man(clinic_open, coordinator)

    sign_in(client, coordinator).get(enrol_url(man))

    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.actor, event.person) == (coordinator, man.label)
    assert event.detail == {"page": "protocols:enrol"}


STAGES = [referred, screening, examined, eligible, consented, ready, started]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_the_page_costs_ten_questions_at_most(
    client, clinic_open, clinician, sign_in, stage, django_assert_max_num_queries
):
    url = enrol_url(stage(clinic_open, clinician).patient)
    sign_in(client, clinician).get(url)

    with django_assert_max_num_queries(10):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_much_is_on_file(
    client, clinic_open, clinician, sign_in, rows, django_assert_num_queries
):
    enrolment = examined(clinic_open, clinician)
    for days in range(rows - 1):
        bloods(enrolment.patient, DAY_ONE - 9 * DAY + days * DAY)
    client = sign_in(client, clinician)
    client.get(enrol_url(enrolment.patient))

    with django_assert_num_queries(10):
        client.get(enrol_url(enrolment.patient))


@pytest.mark.parametrize(
    "name",
    [
        "start_screening",
        "sign_eligibility",
        "link_consent",
        "record_counselling",
        "prepare_start",
        "record_first_dose",
        "record_last_dose",
        "complete_treatment",
        "withdraw_treatment",
        "mark_lost",
        "mark_returned",
        "close_enrolment",
        "record_death",
        "end_by_withdrawn_consent",
    ],
)
def test_no_verb_finds_a_man_of_another_site(
    client, clinic_open, clinician, stranger, sign_in, name
):
    enrolment = referred(clinic_open, clinician)

    assert post(sign_in(client, stranger), name, enrolment.pk).status_code == 404


def test_pages_do_not_find_a_man_of_another_site(client, clinic_open, clinician, stranger, sign_in):
    enrolment = referred(clinic_open, clinician)
    client = sign_in(client, stranger)

    assert client.get(enrol_url(enrolment.patient)).status_code == 404
    assert post(client, "refer", enrolment.patient_id).status_code == 404
    assert client.get(reverse("protocols:enrolment", args=[enrolment.pk])).status_code == 404


def test_a_technologist_enrols_nobody(client, clinic_open, technologist, sign_in):
    man = a_man(clinic_open, technologist)
    client = sign_in(client, technologist)

    assert client.get(enrol_url(man)).status_code == 403
    assert post(client, "refer", man.pk).status_code == 403


def test_today_is_the_clinics_day(client, clinic_open, clinician, sign_in, time_machine):
    """At 05:00 UTC on 3 March it is still 2 March in Los Angeles."""
    time_machine.move_to("2026-03-03 05:00 +00:00")
    enrolment = examined(clinic_open, clinician)

    post(
        sign_in(client, clinician),
        "sign_eligibility",
        enrolment.pk,
        decision="yes",
        reason="",
        password=PASSWORD,
    )

    enrolment.refresh_from_db()
    assert enrolment.eligible_on == DAY_ONE
    assert timezone.now().date() == DAY_ONE + DAY


@pytest.mark.parametrize(("ended", "says"), [(False, True), (True, False)])
def test_that_he_has_started_is_said_while_he_is_treated(
    client, clinic_open, clinician, sign_in, ended, says
):
    enrolment = started(clinic_open, clinician)
    if ended:
        withdraw_treatment(enrolment=enrolment, on=DAY_ONE, by=clinician, reason="Enough.")

    page = sign_in(client, clinician).get(enrol_url(enrolment.patient))

    assert ("He has started" in page.text) is says
