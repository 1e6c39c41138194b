"""Symptoms told by telephone, in a message or in the portal run the rules of a visit."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent, Page
from clinic.refusal import Refusal
from patients.models import Letter
from protocols.actions.safety import decide
from protocols.actions.told import strike, tell
from protocols.models import Duty, Finding, SymptomReport
from protocols.rules.deadlines import promise
from protocols.rules.definition import shipped
from protocols.rules.told_words import ASKED, CRISIS, EMERGENCY, grave, words_for
from tests.factories.patients import PortalAccountFactory
from tests.pages import soup
from tests.protocols.men import DAY, NOW, blood

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
PACIFIC = ZoneInfo("America/Los_Angeles")
TABLE = shipped().safety
STOPPING = grave(TABLE, [row.code for row in TABLE.symptoms])
MILD = [row.code for row in TABLE.symptoms if row.code not in STOPPING]


def he_told(man, by, *codes, **more):
    given = {"channel": "phone", "told_at": NOW, "now": NOW, **more}
    return tell(enrolment=man, codes=codes, by=by, **given)


def found():
    return [(row.action, row.state) for row in Finding.objects.order_by("pk")]


@pytest.mark.parametrize("code", STOPPING)
def test_what_stops_at_a_visit_stops_on_the_telephone(treated, coordinator, code):
    he_told(treated, coordinator, code)

    finding = Finding.objects.get()
    assert (finding.action, finding.state) == ("STOP", "open")
    assert finding.urgency == (0 if code == "suicidal_thoughts" else 1)


@pytest.mark.parametrize("code", MILD)
def test_what_is_met_with_advice_asks_nobody_to_decide(treated, coordinator, code):
    he_told(treated, coordinator, code)

    assert found() == []
    assert words_for(TABLE, [code], takes_it=True, called="").lines != ()


@pytest.mark.parametrize(
    ("code", "by"),
    [
        ("severe_rash", datetime(2026, 8, 4, 11, 45, tzinfo=PACIFIC)),
        ("rectal_bleeding", datetime(2026, 8, 4, 17, 0, tzinfo=PACIFIC)),
        ("hearing", datetime(2026, 8, 5, 17, 0, tzinfo=PACIFIC)),
    ],
)
def test_the_time_to_speak_with_him_counts_from_the_telling(treated, coordinator, code, by):
    he_told(treated, coordinator, code)

    assert Finding.objects.get().contact_by == by


def test_nobody_is_said_to_have_been_paged_before_it_was_written_down(treated, coordinator):
    told_at = NOW - timedelta(hours=2)

    he_told(treated, coordinator, "severe_rash", told_at=told_at)

    finding = Finding.objects.get()
    assert (finding.evidence_at, finding.raised_at) == (told_at, NOW)
    assert Page.objects.get().raised_at == NOW
    assert finding.contact_by == datetime(2026, 8, 4, 9, 45, tzinfo=PACIFIC)


def test_several_at_once_give_the_gravest_and_the_soonest(treated, coordinator, clinician):
    he_told(treated, coordinator, "cheilitis", "hearing", "abdominal_pain_severe")

    finding = Finding.objects.get()
    assert [row["rule"] for row in finding.reasons] == [
        "SYMPTOM_HEARING", "SYMPTOM_ABDOMINAL_PAIN", "SYMPTOM_CHEILITIS",
    ]  # fmt: skip
    assert finding.contact_by == datetime(2026, 8, 4, 17, 0, tzinfo=PACIFIC)
    decide(finding=finding, decision="accept", by=clinician, now=NOW)
    assert set(Duty.objects.values_list("code", flat=True)) == {
        "LIPASE", "TRIGLYCERIDES", "EMERGENCY_DEPARTMENT",
    }  # fmt: skip


def test_muscle_pain_on_the_telephone_turns_a_review_of_ck_into_a_hold(treated, coordinator):
    blood(treated.patient, coordinator, ck="1200")
    assert found() == [("REVIEW", "open")]

    he_told(treated, coordinator, "muscle_pain")

    assert found() == [("REVIEW", "superseded"), ("HOLD", "open")]


def test_words_alone_are_read_by_a_clinician(treated, coordinator):
    he_told(treated, coordinator, words="My nails have gone soft.")

    finding = Finding.objects.get()
    assert (finding.action, finding.reasons[0]["rule"]) == ("REVIEW", "TOLD_IN_WORDS")


@pytest.mark.parametrize(
    ("codes", "more", "sentence", "field"),
    [
        (["boredom"], {}, "no symptom called “boredom”", "codes"),
        ([], {"words": "  "}, "Tick what was told", "codes"),
        (["hearing"], {"told_at": NOW + timedelta(minutes=6)}, "not before", "told_at"),
        (["hearing"], {"told_at": NOW - 31 * DAY}, "more than 30 days ago", "told_at"),
        (["hearing"], {"words": "a" * 2001}, "at most 2000", "words"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(
    treated, coordinator, codes, more, sentence, field
):
    with pytest.raises(Refusal, match=sentence) as refused:
        he_told(treated, coordinator, *codes, **more)

    assert refused.value.field == field
    assert not SymptomReport.objects.exists()


def test_a_clock_that_is_a_little_ahead_is_taken_for_now(treated, coordinator):
    report = he_told(treated, coordinator, "hearing", told_at=NOW + timedelta(minutes=5))

    assert report.told_at == NOW


def test_what_was_written_down_by_mistake_leaves_nothing_open(treated, coordinator):
    report = he_told(treated, coordinator, "hearing")

    strike(report=report, because="Another man called.", by=coordinator, now=NOW)

    assert found() == [("STOP", "superseded")]
    with pytest.raises(Refusal, match="struck out already"):
        strike(report=report, because="Again.", by=coordinator, now=NOW)


def test_the_trail_says_who_wrote_it_down_and_no_words(treated, coordinator):
    he_told(treated, coordinator, "hearing", words="Like a kettle.")

    event = AuditEvent.objects.get(action="symptoms.told")
    assert event.actor_id == coordinator.pk
    assert "kettle" not in str(event.detail)


def test_every_symptom_has_words_for_him():
    assert set(ASKED) == {row.code for row in TABLE.symptoms}


@pytest.mark.parametrize("code", STOPPING)
def test_what_stops_says_to_take_no_more_and_when_somebody_speaks_with_him(code):
    rule = TABLE.symptom(code)
    called = promise(rule.contact_within_hours, NOW, PACIFIC, NOW)
    said = words_for(TABLE, [code], takes_it=True, called=called)

    assert any("take no more capsules" in line for line in said.lines)
    assert said.called in {"today, by 11:45", "today, by 17:00", "within one working day"}
    assert (said.emergency, said.crisis) == (code in EMERGENCY, code in CRISIS)


def test_a_man_on_hold_is_not_told_to_stop_what_he_does_not_take():
    said = words_for(TABLE, ["hearing"], takes_it=False, called="")
    assert said.lines == ()


def test_the_form_shows_at_once_what_to_say(client: Client, treated, coordinator, sign_in):
    sign_in(client, coordinator)

    page = client.post(
        reverse("protocols:symptoms_told", args=[treated.patient_id]),
        {"channel": "phone", "told_by": "partner", "told_at": "2026-08-04T10:30",
         "grave": ["abdominal_pain_severe"], "words": "He cannot stand up."},
        follow=True,
    )  # fmt: skip

    report = SymptomReport.objects.get()
    assert (report.told_by, report.told_at.astimezone(PACIFIC).hour) == ("partner", 10)
    text = soup(page).select_one("main").text
    assert "emergency department now" in text
    assert "take no more capsules" in text
    assert "A clinician speaks with him today" in text
    assert "Proposed: stop" in text
    assert "He cannot stand up." in text


def test_nothing_typed_is_lost(client: Client, treated, coordinator, sign_in):
    sign_in(client, coordinator)

    page = client.post(
        reverse("protocols:symptoms_told", args=[treated.patient_id]),
        {"channel": "phone", "told_by": "patient", "told_at": "2026-08-05T10:30",
         "grave": ["hearing"], "words": "Since Monday."},
    )  # fmt: skip

    assert page.status_code == 422
    drawn = soup(page)
    assert "not before" in drawn.select_one("#field-told_at .why").text
    assert drawn.select_one("textarea[name=words]").text.strip() == "Since Monday."
    assert drawn.select_one("input[value=hearing]").has_attr("checked")


def test_from_a_message_the_form_begins_with_its_words(
    client: Client, treated, coordinator, sign_in
):
    sign_in(client, coordinator)
    letter = Letter.objects.create(
        patient=treated.patient, body="My ears ring.", from_patient=True,
        written_by=coordinator, written_at=NOW - DAY,
    )  # fmt: skip
    address = reverse("protocols:symptoms_told", args=[treated.patient_id])

    drawn = soup(client.get(f"{address}?letter={letter.pk}"))
    assert drawn.select_one("textarea[name=words]").text.strip() == "My ears ring."
    assert drawn.select_one("option[value=message]").has_attr("selected")

    client.post(
        address,
        {"letter": letter.pk, "channel": "message", "told_by": "patient",
         "told_at": "2026-08-03T10:45", "grave": ["hearing"], "words": "My ears ring."},
    )  # fmt: skip
    assert SymptomReport.objects.get().letter == letter


def test_a_man_outside_the_programme_has_no_form(client: Client, treated, coordinator, sign_in):
    sign_in(client, coordinator)
    treated.status = "CLOSED"
    treated.save()

    page = client.get(reverse("protocols:symptoms_told", args=[treated.patient_id]), follow=True)

    assert "is not in the programme" in page.text


@pytest.fixture
def owner(treated, client):
    account = PortalAccountFactory(patient=treated.patient).account
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return account


def test_in_the_portal_he_reads_at_once_what_to_do_and_whom_to_call(client, treated, owner):
    page = client.post(reverse("portal:symptoms"), {"grave": ["severe_rash"]}, follow=True)

    text = soup(page).select_one("main").text
    assert "go to an emergency department now" in text
    assert "take no more capsules until we have spoken" in text
    assert "555 0142" in text
    assert found() == [("STOP", "open")]
    assert SymptomReport.objects.get().channel == "portal"


def test_in_the_portal_thoughts_of_self_harm_show_help_first(client, treated, owner):
    page = client.post(reverse("portal:symptoms"), {"grave": ["suicidal_thoughts"]}, follow=True)

    drawn = soup(page)
    assert "do not have to wait" in drawn.select_one("[role=alert]").text
    assert drawn.select_one("[role=alert] a[href^='tel:']")
    assert Finding.objects.get().urgency == 0


def test_in_the_portal_mild_things_get_advice(client, treated, owner):
    page = client.post(reverse("portal:symptoms"), {"mild": ["cheilitis"]}, follow=True)

    text = soup(page).select_one("main").text
    assert "Put a plain balm on the lips" in text
    assert "take no more" not in text
    assert found() == []


def test_in_the_portal_an_empty_check_says_what_is_missing(client, treated, owner):
    page = client.post(reverse("portal:symptoms"), {})

    assert page.status_code == 422
    assert "Tick what you notice" in soup(page).select_one("main").text


def test_the_portal_says_nothing_private_in_its_title(client, treated, owner):
    title = soup(client.get(reverse("portal:symptoms"))).title.text
    assert title == "Check · Halfyear"


def test_pain_that_stops_whatever_the_value_is_one_finding(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118")

    he_told(treated, coordinator, "abdominal_pain_severe")

    assert found() == [("STOP", "open")]
