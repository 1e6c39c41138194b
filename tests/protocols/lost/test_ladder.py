"""Nobody is called lost before every rung is reached; who shows himself is taken back."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Document
from clinic.refusal import Refusal
from patients.models import ContactAttempt, Letter, Patient
from protocols.actions.endings import mark_lost, mark_returned
from protocols.actions.missed import mark_missed
from protocols.models import Enrolment, Visit
from protocols.queries.ladder import reach_of
from protocols.reports.reach_letter import page, print_letter
from protocols.rules.definition import shipped
from protocols.rules.lost import Attempt, Code, Step, ladder
from tests.factories.protocols import EnrolmentFactory, VisitFactory
from tests.protocols.enrolment.cast import at
from tests.protocols.men import DAY, NOW, TODAY, make_patient

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
PROGRAMME = shipped()
AS_OF = date(2026, 6, 1)
#: Everything of the rule at its limit: 2 visits, 3 tries, 2 ways, 14 days, a letter, 60 days.
TRIES = ((-14, "phone"), (-7, "email"), (0, "letter"))


def climbed(missed=("M1", "M2"), tries=TRIES, silent=60, as_of=AS_OF):
    return ladder(
        PROGRAMME,
        missed=missed,
        attempts=[Attempt(as_of + timedelta(days=days), channel) for days, channel in tries],
        last_contact_on=None if silent is None else as_of - timedelta(days=silent),
        as_of=as_of,
    )


def lacking(found):
    return [row.code for row in found.conditions if not row.met]


def test_every_rung_at_its_limit_is_enough():
    assert (climbed().lost, climbed().step, lacking(climbed())) == (True, Step.LOST, [])


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"missed": ["M1"]}, Code.MISSED, id="one visit"),
        pytest.param({"missed": ["M1", "M3"]}, Code.MISSED, id="two, but not in a row"),
        pytest.param({"tries": ((-14, "phone"), (0, "letter"))}, Code.ATTEMPTS, id="two tries"),
        pytest.param(
            {"tries": ((-14, "letter"), (-7, "letter"), (0, "letter"))}, Code.CHANNELS, id="one way"
        ),
        pytest.param(
            {"tries": ((-13, "phone"), (-7, "email"), (0, "letter"))}, Code.SPAN, id="13 days"
        ),
        pytest.param(
            {"tries": ((-14, "phone"), (-7, "letter"), (0, "email"))}, Code.LETTER, id="no letter"
        ),
        pytest.param({"silent": 59}, Code.SILENCE, id="59 days"),
        pytest.param({"silent": None}, Code.SILENCE, id="no contact is known"),
    ],
)
def test_one_rung_short_is_not_lost_and_says_which(more, code):
    found = climbed(**more)

    assert (found.lost, lacking(found)) == (False, [code])


@pytest.mark.parametrize(
    ("tries", "silent", "step", "due"),
    [
        pytest.param((), 45, Step.TRY, 0, id="nothing was tried"),
        pytest.param(((-3, "phone"),), 45, Step.TRY, 0, id="one call"),
        pytest.param(((-13, "phone"), (-3, "phone")), 45, Step.WAIT, 1, id="the letter tomorrow"),
        pytest.param(((-14, "phone"), (-3, "phone")), 60, Step.LETTER, 0, id="the letter today"),
        pytest.param(TRIES, 59, Step.WAIT, 1, id="the silence lasts one day more"),
        pytest.param(
            (*TRIES, (0, "phone")), 60, Step.LOST, 0, id="a call on the day of the letter"
        ),
        pytest.param(
            ((-20, "phone"), (-10, "letter"), (-1, "phone")), 60, Step.LETTER, -6,
            id="a call after the letter asks for another",
        ),
    ],
)  # fmt: skip
def test_the_next_step_and_its_day(tries, silent, step, due):
    found = climbed(tries=tries, silent=silent)

    assert (found.step, found.due_on) == (step, AS_OF + timedelta(days=due))


def test_one_missed_visit_and_everything_else_waits_for_the_next_visit():
    assert climbed(missed=["M1"]).step is Step.NOTHING


@pytest.mark.parametrize(
    "as_of",
    [
        pytest.param(date(2028, 3, 1), id="over a leap day"),
        pytest.param(date(2026, 3, 9), id="over the change of clocks"),
    ],
)
def test_days_are_days_of_the_calendar(as_of):
    assert climbed(as_of=as_of).lost
    assert lacking(climbed(as_of=as_of, silent=59)) == [Code.SILENCE]


# --- on real rows -----------------------------------------------------------------------------


@pytest.fixture
def silent(site, coordinator, catalogue, programme):
    """Seen on Day 1, 84 days ago; months 1 and 2 are missed; an address is on file."""
    day_one = TODAY - 84 * DAY
    man = EnrolmentFactory(
        patient=make_patient(site, coordinator, "Vance", address="12 Alder Street"),
        first_dose_on=day_one, status_since=day_one, opened_by=coordinator,
    )  # fmt: skip
    VisitFactory(
        enrolment=man, planned__code="V1", status=Visit.Status.SIGNED, attended_on=day_one,
        opened_by=coordinator,
    )  # fmt: skip
    for code in ("M1", "M2", "M3"):
        VisitFactory(enrolment=man, planned__code=code)
    assert mark_missed(now=NOW) == 2
    return Enrolment.objects.select_related("patient__site", "version").get(pk=man.pk)


def tried(man, by, days, channel="phone", outcome="no_answer"):
    ContactAttempt.objects.create(
        patient=man.patient, at=at(man.patient.site, TODAY + days * DAY), channel=channel,
        outcome=outcome, recorded_by=by,
    )  # fmt: skip


def reach(man):
    return reach_of(man, list(Visit.objects.filter(enrolment=man)), TODAY)


def test_the_letter_is_kept_and_is_the_attempt_that_was_missing(silent, coordinator):
    tried(silent, coordinator, -20)
    tried(silent, coordinator, -10, "email")
    with pytest.raises(Refusal, match=r"2 of 3 attempts.*was not a letter"):
        mark_lost(enrolment=silent, on=TODAY, by=coordinator)

    document = print_letter(enrolment=silent, by=coordinator, now=NOW)

    assert (bytes(document.content[:5]), document.kind) == (b"%PDF-", "reach_letter")
    assert reach(silent).ladder.lost
    assert mark_lost(enrolment=silent, on=TODAY, by=coordinator).status == "LOST_TO_FOLLOW_UP"


def test_a_letter_says_nothing_of_what_is_treated(silent, coordinator):
    html = page(silent, reach(silent), "7QF2-M9KD-41TX", coordinator, NOW).casefold()

    for word in ("sperm", "semen", "fertil", "isotretinoin", "capsule"):
        assert word not in html
    assert "12 alder street" in html


@pytest.mark.parametrize(
    ("rows", "change", "sentence"),
    [
        pytest.param(Patient, {"address": ""}, "No postal address", id="no address"),
        pytest.param(Enrolment, {"status": "CLOSED"}, "No letter is due", id="no longer here"),
    ],
)
def test_a_letter_that_cannot_go_is_not_written_down(silent, coordinator, rows, change, sentence):
    rows.objects.update(**change)

    with pytest.raises(Refusal, match=sentence):
        print_letter(enrolment=silent, by=coordinator, now=NOW)

    assert not ContactAttempt.objects.exists()
    assert not Document.objects.exists()


def test_a_man_who_came_since_is_not_looked_for(silent, coordinator):
    Visit.objects.filter(enrolment=silent, code="M3").update(
        status="signed", attended_on=TODAY, opened_by=coordinator
    )

    assert reach(silent) is None


def test_his_own_message_ends_the_silence(silent, coordinator):
    Letter.objects.create(
        patient=silent.patient, body="I am abroad.", from_patient=True, written_at=NOW,
        written_by=coordinator,
    )  # fmt: skip

    assert lacking(reach(silent).ladder)[-1] is Code.SILENCE


@pytest.fixture
def lost(silent, coordinator):
    tried(silent, coordinator, -20)
    tried(silent, coordinator, -10, "email")
    tried(silent, coordinator, -1, "letter", "sent")
    return mark_lost(enrolment=silent, on=TODAY - DAY, by=coordinator)


def test_whoever_is_lost_and_speaks_is_offered_back_with_his_old_status(lost, coordinator):
    assert reach(lost).back_on is None
    tried(lost, coordinator, 0, outcome="spoke")
    assert reach(lost).back_on == TODAY

    back = mark_returned(enrolment=lost, on=TODAY, by=coordinator, reason="He rang.")

    assert back.status == "ACTIVE"
    assert Visit.objects.awaited().filter(enrolment=back, code="M3").exists()


@pytest.fixture
def desk(client, coordinator, sign_in):
    return sign_in(client, coordinator)


def test_the_record_shows_each_rung_with_its_number(desk, silent, coordinator):
    tried(silent, coordinator, -13)

    page = desk.get(reverse("protocols:record", args=[silent.patient_id]))

    found = page.context["reach"].ladder
    assert [(row.code.value, row.met, row.found) for row in found.conditions] == [
        ("MISSED", True, "2 of 2"),
        ("ATTEMPTS", False, "1 of 3"),
        ("CHANNELS", False, "phone"),
        ("SPAN", False, "0 of 14 days"),
        ("LETTER", False, "the last by phone"),
        ("SILENCE", True, "84 of 60 days"),
    ]
    assert "He does not come" in page.text


def test_calling_him_lost_too_early_says_what_is_missing(desk, silent):
    answer = desk.post(
        reverse("protocols:mark_lost", args=[silent.pk]), {"mark_lost-on": TODAY.isoformat()}
    )

    assert (answer.status_code, "There are 0 of 3 attempts" in answer.text) == (422, True)


def test_the_letter_from_today_goes_back_to_today(desk, silent):
    url = reverse("protocols:reach_letter", args=[silent.pk])

    answer = desk.post(url, {"day": TODAY.isoformat(), "show": ""})

    assert answer.url.startswith(reverse("protocols:today"))
    assert AuditEvent.objects.filter(action="document.made").count() == 1


def test_a_call_to_a_lost_man_that_reached_him_leads_to_his_record(desk, lost):
    answer = desk.post(
        reverse("protocols:called", args=[lost.patient_id]), {"outcome": "spoke", "about": ""}
    )

    assert answer.url == f"{lost.patient.record_url}#reach"
    page = desk.get(answer.url)
    assert "He was there again" in page.text


def test_another_sites_letter_is_not_found(client, silent, stranger, sign_in):
    answer = sign_in(client, stranger).post(reverse("protocols:reach_letter", args=[silent.pk]))

    assert answer.status_code == 404
