"""What two clinicians hold back, what was another man's, and what he is told of either."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import audit
from clinic.access import Role
from clinic.models import Message
from labs.actions import semen
from labs.actions.moving import move_draw, move_semen
from labs.actions.results import review_draws
from labs.actions.withholding import lift, withhold
from labs.models import Order
from patients.actions.portal import choose_release
from protocols.actions.decisions import decide
from protocols.models import AdverseEvent, Duty, Finding
from tests.conftest import make_member
from tests.factories.clinic import DocumentFactory
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.patients import ConsentFactory
from tests.factories.protocols import SignatureFactory
from tests.pages import soup
from tests.protocols.men import NOW, TODAY, blood
from tests.protocols.portal.rows import words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
HARM = "He said that he would not live with a bad result."
WHY = "The tube carried the other number."
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def said(him, name, *args):
    return words(soup(him.get(reverse(name, args=args))).select_one("main"))


@pytest.fixture
def reyes(site):
    return make_member(site, Role.CLINICIAN, "Dr Reyes")


@pytest.fixture
def drawn(treated, coordinator):
    return blood(treated.patient, coordinator, triglycerides="620")


@pytest.fixture
def two_of_them(clinician, reyes):
    return [clinician, reyes]


def held(result, by, second=None, ends_at=NOW + 3 * DAY):
    return withhold(result=result, harm=HARM, ends_at=ends_at, second=second, by=by, now=NOW)


# --- held back -----------------------------------------------------------------------------------


def test_he_is_told_honestly_that_a_result_waits_and_by_when_somebody_speaks_with_him(
    him: Client, treated, coordinator, clinician, reyes
):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    held(draw, clinician, reyes)

    page = said(him, "portal:results")
    alone = said(him, "portal:blood", draw.pk)

    sentence = (
        "A result is waiting. Your clinic will speak with you about it by Fri 7 Aug 2026; on that "
        "day it opens by itself. You can call us before: 555 0142."
    )
    assert sentence in page
    assert sentence in alone
    assert "620" not in page + alone
    assert "own choice" not in alone
    assert HARM not in page + alone


def test_the_values_behind_it_cannot_be_opened_one_by_one(
    him: Client, treated, coordinator, clinician, reyes
):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    held(draw, clinician, reyes)

    page = said(him, "portal:value", draw.results.get(analyte__key="triglycerides").pk)

    assert "620" not in page
    assert "Your clinic will speak with you about it" in page


@pytest.mark.parametrize(("two", "days"), [(False, 1), (True, 3)])
def test_it_opens_by_itself(him: Client, drawn, two_of_them, time_machine, two, days):
    clinician, reyes = two_of_them
    held(drawn, clinician, reyes if two else None)

    time_machine.move_to(NOW + days * DAY - timedelta(seconds=1), tick=False)
    him.force_login(owner_of(drawn), backend=BACKEND)
    assert "620" not in said(him, "portal:blood", drawn.pk)
    time_machine.move_to(NOW + days * DAY, tick=False)
    assert "620 mg/dL" in said(him, "portal:blood", drawn.pk)


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def owner_of(draw):
    return draw.patient.portal.account


def test_let_go_it_is_there_at_once(him: Client, treated, coordinator, clinician, reyes):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    lift(withholding=held(draw, clinician, reyes), because="Spoken.", by=reyes, now=NOW)

    assert "620 mg/dL" in said(him, "portal:blood", draw.pk)


def test_a_held_sample_says_nothing_of_what_was_found(him: Client, treated, clinician, reyes):
    sheet = SemenAnalysisFactory(patient=treated.patient, collected_at=NOW - HOUR, verified_at=NOW)
    held(sheet, clinician, reyes)

    page = said(him, "portal:sample", sheet.pk)

    assert "Your clinic will speak with you about it" in page
    assert "None were found" not in page


def test_a_report_that_shows_it_waits_with_it(him: Client, treated, coordinator, clinician, reyes):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    document = report_showing(treated, {"draws": [draw.pk], "semen": []}, clinician)
    address = reverse("portal:document", args=[document.pk])
    assert him.get(address).status_code == 200

    row = held(draw, clinician, reyes)
    assert him.get(address).status_code == 404
    assert "No documents yet" in said(him, "portal:documents")

    lift(withholding=row, because="Spoken.", by=reyes, now=NOW)
    assert him.get(address).status_code == 200


def report_showing(enrolment, shown, by):
    signature = SignatureFactory(
        visit__enrolment=enrolment, visit__planned__code="M2", signed_by=by,
        signed_at=NOW - HOUR, content={"shown": shown},
    )  # fmt: skip
    return DocumentFactory(
        site=enrolment.patient.site, person=enrolment.patient.label, subject=signature.visit.label
    )


# --- what is written beside it -------------------------------------------------------------------


def comment_mails():
    return Message.objects.filter(template="letter_waiting").count()


@pytest.mark.parametrize(
    ("agreed", "comment", "mails"),
    [(True, "All is well.", 1), (True, "", 0), (False, "All is well.", 0)],
)
def test_a_comment_is_told_of_in_words_that_say_nothing(
    portal, drawn, clinician, agreed, comment, mails
):
    if agreed:
        ConsentFactory(patient=drawn.patient, text__kind="messages", given_on=TODAY)

    review_draws(draws=[drawn], comment=comment, by=clinician, now=NOW)

    assert comment_mails() == mails


def test_no_mail_calls_him_to_a_comment_he_may_not_read_yet(
    portal, treated, coordinator, clinician, reyes
):
    ConsentFactory(patient=treated.patient, text__kind="messages", given_on=TODAY)
    choose_release(portal=portal, release="delayed", days=5, by=portal.account)
    draw = blood(treated.patient, coordinator, triglycerides="118")

    review_draws(draws=[draw], comment="All is well.", by=clinician, now=NOW)

    assert comment_mails() == 0


# --- another man's -------------------------------------------------------------------------------


def test_everything_it_raised_on_the_wrong_man_is_withdrawn_and_runs_on_the_right_one(
    him: Client, treated, another, coordinator, clinician
):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    assert AdverseEvent.objects.standing().filter(enrolment=treated).count() == 1

    new = move_draw(draw=draw, to=another.patient, reason=WHY, by=clinician, now=NOW + HOUR)

    assert not Finding.objects.open().filter(enrolment=treated).exists()
    assert not AdverseEvent.objects.standing().filter(enrolment=treated).exists()
    assert not Duty.objects.open().filter(enrolment=treated).exists()
    raised = Finding.objects.open().get(enrolment=another)
    assert (raised.action, raised.evidence) == ("REDUCE", audit.label(new))
    assert AdverseEvent.objects.standing().filter(enrolment=another).count() == 1


def test_what_a_decision_on_it_asked_for_is_taken_back_and_the_decider_looks_again(
    treated, another, coordinator, clinician
):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    finding = Finding.objects.get(enrolment=treated)
    decide(finding=finding, decision="accept", by=clinician, now=NOW)
    orders = Order.objects.open().filter(patient=treated.patient)
    assert orders.exists()

    move_draw(draw=draw, to=another.patient, reason=WHY, by=clinician, now=NOW + HOUR)

    codes = Duty.objects.open().filter(enrolment=treated).values_list("code", flat=True)
    assert set(codes) == {"LOOK_AGAIN"}
    assert not orders.exists()
    again = Finding.objects.open().get(enrolment=treated)
    assert "BASIS_CORRECTED" in {row["rule"] for row in again.reasons}


def test_the_wrong_mans_portal_shows_nothing_of_it_and_says_that_it_was_taken_back(
    him: Client, treated, another, coordinator, clinician
):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    document = report_showing(treated, {"draws": [draw.pk], "semen": []}, clinician)
    assert "620" in said(him, "portal:blood", draw.pk)

    move_draw(draw=draw, to=another.patient, reason=WHY, by=clinician, now=NOW + HOUR)

    page = said(him, "portal:results")
    assert "The clinic has taken this result back because it is not yours." in page
    assert "620" not in page
    assert WHY not in page
    assert him.get(reverse("portal:blood", args=[draw.pk])).status_code == 404
    assert him.get(reverse("portal:document", args=[document.pk])).status_code == 404
    document.refresh_from_db()
    assert (document.for_patient, document.superseded_at is None) == (False, False)


def test_a_moved_sample_counts_for_the_right_man_alone(
    him: Client, treated, another, clinician, verifier
):
    sheet = SemenAnalysisFactory(
        patient=treated.patient, collected_at=NOW - HOUR, verified_at=NOW, entered_at=NOW
    )

    new = move_semen(analysis=sheet, to=another.patient, reason=WHY, by=verifier, now=NOW + HOUR)

    assert him.get(reverse("portal:sample", args=[sheet.pk])).status_code == 404
    assert new.patient == another.patient
    with pytest.raises(Exception, match="no longer stands"):
        semen.strike(analysis=sheet, reason="x", by=verifier, now=NOW)
