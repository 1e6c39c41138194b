"""Messages, documents, who looked, preferences."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import audit
from clinic.models import AuditEvent
from patients.actions.letters import write_to_patient
from patients.models import ConsentText, Letter
from tests.factories.patients import ConsentFactory, ConsentTextFactory, LetterFactory
from tests.pages import soup
from tests.protocols.men import NOW
from tests.protocols.portal.rows import report, words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


def page(him, name):
    return soup(him.get(reverse(f"portal:{name}")))


def said(him, name):
    return words(page(him, name).main)


# --- messages -----------------------------------------------------------------------------------


def test_what_he_writes_waits_at_the_clinic(him: Client, his, treated):
    answer = him.post(reverse("portal:messages"), {"body": " May I come on Thursday? "})

    assert answer.url == reverse("portal:messages")
    letter = Letter.objects.get()
    assert (letter.body, letter.from_patient, letter.written_by) == (
        "May I come on Thursday?", True, his,
    )  # fmt: skip
    text = said(him, "messages")
    assert "You Tue 4 Aug 2026, 10:45 May I come on Thursday?" in text


def test_an_empty_message_says_why_and_sends_nothing(him: Client):
    answer = him.post(reverse("portal:messages"), {"body": "  "})

    assert answer.status_code == 422
    assert "The message is empty." in answer.text
    assert not Letter.objects.exists()


def test_opening_the_page_reads_what_is_new(him: Client, his, treated, coordinator):
    write_to_patient(patient=treated.patient, body="Thursday it is.", by=coordinator, now=NOW)

    first, second = page(him, "messages"), page(him, "messages")

    assert "new" in words(first.select_one(".p-letter"))
    assert "new" not in words(second.select_one(".p-letter"))
    letter = Letter.objects.get()
    assert (letter.read_at is not None, letter.read_by) == (True, his)
    assert not second.select(".p-bar .dotn")


def test_his_own_words_are_marked_once_somebody_has_read_them(him: Client, treated, coordinator):
    LetterFactory(patient=treated.patient, written_at=NOW, read_at=NOW, read_by=coordinator)

    assert "10:45 · read" in said(him, "messages")


def test_a_long_conversation_is_read_by_pages(him: Client, treated):
    for n in range(21):
        LetterFactory(patient=treated.patient, written_at=NOW - timedelta(days=n), body=f"Note {n}")

    first = page(him, "messages")
    older = soup(him.get(f"/my/messages/{first.select_one('a[rel=next]')['href']}"))

    assert len(first.select(".p-letter")) == 20
    assert [words(row).split()[-2:] for row in older.select(".p-letter")] == [["Note", "20"]]


# --- documents ----------------------------------------------------------------------------------


def test_reports_stand_there_and_a_replaced_one_says_so(him: Client, treated):
    report(treated, pages=2)
    old = {"superseded_at": NOW, "superseded_because": "A value was corrected."}
    report(treated, created_at=NOW - timedelta(days=1), **old)

    rows = [words(row) for row in page(him, "documents").select(".p-list li")]

    assert rows[0].startswith("Visit report, M2, 7 Jul 2026 PDF, 2 pages, made on")
    assert "replaced" in rows[1]
    assert "a newer one comes or stands above" in rows[1]


def test_what_is_not_for_him_is_not_there(him: Client, treated):
    secret = report(treated, for_patient=False)

    assert "No documents yet" in said(him, "documents")
    assert him.get(reverse("portal:document", args=[secret.pk])).status_code == 404


def test_each_opening_of_a_report_is_in_the_trail(him: Client, his, treated):
    found = report(treated, content=b"%PDF-1.7 his report")

    answer = him.get(reverse("portal:document", args=[found.pk]))

    assert (answer.content, answer["Content-Type"]) == (b"%PDF-1.7 his report", "application/pdf")
    assert answer["Content-Disposition"] == f'inline; filename="report-{found.pk}.pdf"'
    event = AuditEvent.objects.get(action="document.opened")
    assert (event.actor, event.subject, event.person, event.site) == (
        his, f"clinic.document:{found.pk}", treated.patient.label, treated.patient.site,
    )  # fmt: skip


# --- who looked ---------------------------------------------------------------------------------


def test_who_looked_is_told_by_role_and_purpose(him: Client, treated, clinician, coordinator):
    audit.viewed(clinician, treated.patient, "laboratory")
    audit.viewed(clinician, treated.patient, "labs:draw")
    audit.viewed(coordinator, treated.patient, "overview")

    page_ = page(him, "who_looked")

    assert words(page_.select_one("main h2")) == "Tue 4 Aug 2026"
    assert {words(row) for row in page_.select(".p-list li")} >= {
        "Clinician looked at your results 2 times, 10:45 to 10:45",
        "Coordinator looked at your record 10:45",
    }
    assert clinician.name not in page_.text


def test_what_he_does_himself_is_not_in_it(him: Client, his, treated):
    audit.record(actor=his, action="result.opened", subject="labs.draw:1", person=treated.patient)

    assert "Nobody yet" in said(him, "who_looked")


def test_reasons_and_labels_of_the_trail_stay_inside(him: Client, treated, clinician):
    audit.record(
        actor=clinician,
        action="finding.decided",
        subject="protocols.finding:3",
        person=treated.patient,
        reason="He seems low to me.",
    )

    text = said(him, "who_looked")
    assert "Clinician looked at what a value means for you" in text
    assert "seems low" not in text
    assert "protocols.finding" not in text


def test_what_was_done_to_another_man_is_not_in_it(him: Client, another, clinician):
    audit.viewed(clinician, another.patient, "laboratory")

    assert "looked at your results" not in said(him, "who_looked")


# --- preferences --------------------------------------------------------------------------------


def test_when_he_sees_results_is_his_own_choice(him: Client, portal):
    given = {"release": "delayed", "release_days": "3"}
    assert him.post(reverse("portal:release"), given).url == reverse("portal:preferences")

    portal.refresh_from_db()
    assert (portal.release, portal.release_days) == ("delayed", 3)
    event = AuditEvent.objects.get(action="portal.chosen")
    assert event.detail == {"release": "delayed", "days": 3}
    assert page(him, "preferences").select_one("input:checked")["value"] == "delayed"


@pytest.mark.parametrize("days", ["", "0", "15"])
def test_a_delay_is_one_to_fourteen_days(him: Client, portal, days):
    answer = him.post(reverse("portal:release"), {"release": "delayed", "release_days": days})

    assert answer.status_code == 422
    assert "Choose 1 to 14 days." in soup(answer).select_one("#field-release_days").text
    portal.refresh_from_db()
    assert portal.release == "immediate"


def test_discretion_is_turned_on_and_comes_back_to_where_he_was(him: Client, portal):
    url, here = reverse("portal:discreet"), reverse("portal:diary")

    answer = him.post(url, {"discreet": "on"}, headers={"Referer": f"http://testserver{here}"})

    portal.refresh_from_db()
    assert (answer.url, portal.discreet) == (here, True)
    him.post(url, {"discreet": "off"})
    portal.refresh_from_db()
    assert not portal.discreet


@pytest.mark.parametrize(
    "came", ["http://evil.example/my/", "http://testserver/patients/1/",
             "http://testserver/my/diary/tick/", ""],
)  # fmt: skip
def test_it_leads_home_from_anywhere_else(him: Client, came):
    answer = him.post(reverse("portal:discreet"), {"discreet": "on"}, headers={"Referer": came})

    assert answer.url == reverse("portal:home")


def test_where_reminders_go_is_told(him: Client, treated):
    assert "You have not agreed to e-mails" in said(him, "preferences")

    text = ConsentTextFactory(kind=ConsentText.Kind.MESSAGES)
    ConsentFactory(patient=treated.patient, text=text)
    assert "They go to dan@example.org" in said(him, "preferences")


def test_password_and_security_are_one_tap_away(him: Client):
    links = [a["href"] for a in page(him, "preferences").select("main a")]

    assert reverse("account_change_password") in links
    assert reverse("clinic:settings") in links
    assert him.get(reverse("clinic:settings")).status_code == 200
