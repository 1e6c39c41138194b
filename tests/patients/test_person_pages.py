"""The pages about one patient: history, consents, portal, letters, calls."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Message
from patients.actions.consent import load_consent_texts
from patients.models import (
    Allergy,
    Condition,
    Consent,
    ConsentText,
    ContactAttempt,
    Letter,
    Medicine,
    PortalAccount,
)
from tests.factories.patients import (
    AllergyFactory,
    ConditionFactory,
    ConsentFactory,
    ConsentTextFactory,
    ContactAttemptFactory,
    GeneticTestFactory,
    LetterFactory,
    MedicineFactory,
    PatientFactory,
    PortalAccountFactory,
    RetrievalProcedureFactory,
)
from tests.pages import soup, swapped

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-16 17:00 +00:00")]
HTMX = {"HX-Request": "true"}
PAGES = ["history", "consents", "portal", "letters", "contact", "correct"]
#: What belongs to one patient, by the noun in its address.
ENTRIES = {
    "strike_retrieval": RetrievalProcedureFactory,
    "strike_genetic_test": GeneticTestFactory,
    "strike_medicine": MedicineFactory,
    "strike_allergy": AllergyFactory,
    "strike_condition": ConditionFactory,
    "end_medicine": MedicineFactory,
    "withdraw_consent": ConsentFactory,
}


@pytest.fixture
def desk(client, coordinator, sign_in):
    return sign_in(client, coordinator)


@pytest.fixture
def him(site):
    return PatientFactory(site=site)


def at(name, *args):
    return reverse(f"patients:{name}", args=args)


def fill(him, rows):
    for factory in (
        AllergyFactory,
        ContactAttemptFactory,
        GeneticTestFactory,
        LetterFactory,
        MedicineFactory,
        RetrievalProcedureFactory,
    ):
        factory.create_batch(rows, patient=him)
    for key in ["ibd", "diabetes", "alcohol"][:rows]:
        ConditionFactory(patient=him, key=key, present=key == "diabetes")
    for version in range(1, rows + 1):
        ConsentFactory(patient=him, text=ConsentTextFactory(version=version))
    PortalAccountFactory(patient=him)


@pytest.mark.parametrize("name", PAGES)
def test_opening_a_page_is_written_down_once(desk, coordinator, him, name):
    fill(him, 3)

    page = desk.get(at(name, him.pk))

    assert page.status_code == 200
    event = AuditEvent.objects.filter(action="record.viewed").get()
    assert (event.actor, event.person) == (coordinator, him.label)
    assert event.detail == {"page": f"patients:{name}"}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("history", 7),
        ("consents", 7),
        ("portal", 8),
        ("letters", 7),
        ("contact", 6),
        ("correct", 5),
    ],
)
def test_a_page_costs_the_same_however_much_is_known(
    desk, him, name, queries, rows, django_assert_num_queries
):
    fill(him, rows)
    desk.get(at(name, him.pk))

    with django_assert_num_queries(queries):
        desk.get(at(name, him.pk))


@pytest.mark.parametrize("name", PAGES)
def test_another_sites_patient_is_not_found(desk, name):
    elsewhere = PatientFactory()
    assert desk.get(at(name, elsewhere.pk)).status_code == 404
    assert not AuditEvent.objects.about(elsewhere.label).exists()


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_of_somebody_else_is_not_found_under_his_address(desk, site, him, name):
    entry = ENTRIES[name](patient=PatientFactory(site=site))
    assert desk.get(at(name, him.pk, entry.pk)).status_code == 404
    assert desk.post(at(name, him.pk, entry.pk), {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_page_draws(desk, him, name):
    entry = ENTRIES[name](patient=him)
    assert desk.get(at(name, him.pk, entry.pk)).status_code == 200


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        (
            "add_retrieval",
            {"retrieval-kind": "mtese", "retrieval-done_on": "2024-05-06",
             "retrieval-sperm_found": "unknown", "retrieval-histology": "sco"},
            "retrievals",
        ),
        (
            "add_genetic_test",
            {"genetic_test-kind": "karyotype", "genetic_test-outcome": "normal"},
            "genetics",
        ),
        ("add_medicine", {"medicine-name": "Fish oil"}, "medicines"),
        ("add_allergy", {"allergy-substance": "Peanut", "allergy-severe": "on"}, "allergies"),
        ("answer_conditions", {"ibd": "no", "diabetes": "yes", "diabetes_detail": "father"},
         "conditions"),
    ],
)  # fmt: skip
def test_history_is_added_to_and_the_swap_shows_what_a_reload_would(desk, him, name, typed, kept):
    before = desk.get(at("history", him.pk))

    part = desk.post(at(name, him.pk), typed, headers=HTMX, follow=True)

    after = desk.get(at("history", him.pk))
    assert len(getattr(after.context["history"], kept)) == len(
        [key for key in typed if typed[key] in {"yes", "no"}] or [1]
    )
    swap = swapped(soup(before), part).find(id="history")
    swap.find(id="toasts").decompose()
    assert swap.get_text(" ", strip=True) == soup(after).find(id="history").get_text(
        " ", strip=True
    )


@pytest.mark.parametrize(
    ("name", "typed", "field"),
    [
        (
            "add_retrieval",
            {"retrieval-kind": "mtese", "retrieval-done_on": "2026-03-17",
             "retrieval-histology": "sco"},
            "field-retrieval-done_on",
        ),
        (
            "add_genetic_test",
            {"genetic_test-kind": "karyotype", "genetic_test-outcome": "abnormal"},
            "field-genetic_test-detail",
        ),
        ("add_medicine", {"medicine-name": ""}, "field-medicine-name"),
        ("add_allergy", {"allergy-substance": " "}, "field-allergy-substance"),
        ("answer_conditions", {"ibd": "perhaps"}, "field-ibd"),
    ],
)  # fmt: skip
def test_history_says_why_not_beside_the_field(desk, him, name, typed, field):
    page = desk.post(at(name, him.pk), typed)
    assert page.status_code == 422
    assert soup(page).find(id=field).select_one(".why")


def test_striking_out_from_the_page(desk, him):
    allergy = AllergyFactory(patient=him, substance="Penicillin")

    answer = desk.post(at("strike_allergy", him.pk, allergy.pk), {"reason": "his brother’s"})

    assert answer.url == at("history", him.pk)
    assert Allergy.objects.get().struck_reason == "his brother’s"
    assert "his brother’s" in desk.get(answer.url).text


def test_ending_a_medicine_from_the_page(desk, him):
    medicine = MedicineFactory(patient=him)
    desk.post(at("end_medicine", him.pk, medicine.pk), {"on": "2026-03-10"})
    assert Medicine.objects.get().ended_on == date(2026, 3, 10)


def test_a_reader_sees_history_without_forms(client, pharmacist, sign_in, him):
    ConditionFactory(patient=him, key="diabetes", present=True)
    page = sign_in(client, pharmacist).get(at("history", him.pk))
    assert "Diabetes" in page.text
    assert soup(page).select("main form") == []


def consent_form(text, **changes):
    typed = {"given_on": "2026-03-16", "method": "paper", "understood": "on", **changes}
    return {f"text{text.pk}-{name}": value for name, value in typed.items()}


def test_consent_is_recorded_against_the_words_shown(desk, him):
    load_consent_texts()
    text = ConsentText.objects.get(kind="treatment")

    answer = desk.post(at("give_consent", him.pk, text.pk), consent_form(text))

    assert answer.url == at("consents", him.pk)
    assert Consent.objects.get().text == text
    assert "off-label" in desk.get(answer.url).text


def test_consent_needs_the_words_to_be_read(desk, him):
    text = ConsentTextFactory()
    page = desk.post(at("give_consent", him.pk, text.pk), consent_form(text, understood=""))
    assert page.status_code == 422
    assert not Consent.objects.exists()


def test_consent_to_replaced_words_is_not_offered(desk, him):
    old = ConsentTextFactory()
    ConsentTextFactory(version=2)
    answer = desk.post(at("give_consent", him.pk, old.pk), consent_form(old))
    assert answer.status_code == 404


def test_withdrawing_from_the_page(desk, him):
    consent = ConsentFactory(patient=him)
    desk.post(at("withdraw_consent", him.pk, consent.pk), {"on": "2026-03-16", "reason": ""})
    consent.refresh_from_db()
    assert consent.withdrawn_on == date(2026, 3, 16)


def test_inviting_from_the_page_shows_that_a_link_was_sent(desk, him):
    answer = desk.post(at("invite_to_portal", him.pk))

    page = desk.get(answer.url)
    assert "Link sent" in page.text
    token = Message.objects.get().context["link"].rstrip("/").rpartition("/")[2]
    assert token not in page.text


def test_inviting_says_why_not(desk, site):
    him = PatientFactory(site=site, email="")
    page = desk.post(at("invite_to_portal", him.pk))
    assert page.status_code == 422
    assert "no e-mail address" in page.text


def test_closing_the_portal_from_the_page(desk, him):
    PortalAccountFactory(patient=him)
    assert desk.post(at("revoke_portal", him.pk), {"reason": ""}).status_code == 422

    desk.post(at("revoke_portal", him.pk), {"reason": "asked for it"})

    assert PortalAccount.objects.get().revoked_reason == "asked for it"


def test_answering_a_letter_from_the_page(desk, him):
    PortalAccountFactory(patient=him)
    LetterFactory(patient=him)
    assert "Not read yet" in desk.get(at("letters", him.pk)).text

    answer = desk.post(at("write_letter", him.pk), {"body": "A snack is fine."})

    page = desk.get(answer.url)
    assert "A snack is fine." in page.text
    assert not Letter.objects.unanswered().exists()


def test_an_empty_letter_is_refused_and_a_read_one_needs_no_answer(desk, him):
    PortalAccountFactory(patient=him)
    LetterFactory(patient=him)
    assert desk.post(at("write_letter", him.pk), {"body": " "}).status_code == 422

    desk.post(at("read_letters", him.pk))

    assert not Letter.objects.unanswered().exists()


def test_a_letter_is_only_text(desk, him):
    LetterFactory(patient=him, body="<img src=x>")
    assert "<img src=x>" not in desk.get(at("letters", him.pk)).text


CALL = {"channel": "phone", "outcome": "agreed", "at": "2026-03-16T09:30", "note": "Friday"}


def test_a_call_is_told_on_the_clinics_clock(desk, him):
    desk.post(at("contact", him.pk), CALL)
    attempt = ContactAttempt.objects.get()
    assert attempt.at == datetime(2026, 3, 16, 16, 30, tzinfo=UTC)
    assert "09:30" in desk.get(at("contact", him.pk)).text


def test_a_row_of_the_work_queue_records_a_call_without_leaving(desk, him):
    form = desk.get(at("contact", him.pk), {"about": "protocols.visit:7"}, headers=HTMX)
    assert soup(form).find("form")["hx-post"] == at("contact", him.pk)
    about = soup(form).find("input", attrs={"name": "about"})["value"]

    done = desk.post(at("contact", him.pk), {**CALL, "about": about}, headers=HTMX)

    assert done.status_code == 200
    assert soup(done).find(id=f"call-{him.pk}").find("form") is None
    assert ContactAttempt.objects.get().about == "protocols.visit:7"


@pytest.mark.parametrize(
    "change", [{"at": "2026-03-16T10:30"}, {"about": "nonsense"}, {"outcome": ""}]
)
def test_an_impossible_call_is_refused(desk, him, change):
    page = desk.post(at("contact", him.pk), {**CALL, **change})
    assert page.status_code == 422
    assert not ContactAttempt.objects.exists()


def test_a_patient_opens_none_of_these(client, him, sign_in):
    account = PortalAccountFactory(patient=him).account
    sign_in(client, account)
    for name in PAGES:
        assert client.get(at(name, him.pk)).status_code == 403
    assert Condition.objects.count() == 0
