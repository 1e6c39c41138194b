"""iPLEDGE at a site and for a man: dated rules, monthly confirmations, their tasks (§2.6)."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.urls import reverse

from clinic.refusal import Refusal
from protocols.actions import ipledge, treatment
from protocols.models import Attestation, Duty, RulesetChoice, Visit
from protocols.queries.dispensing import dispense_gate
from tests.conftest import make_site
from tests.factories.protocols import (
    AttestationFactory,
    DispenseFactory,
    EnrolmentFactory,
    PrescriptionFactory,
    RulesetChoiceFactory,
)
from tests.pages import soup
from tests.protocols.enrolment.cast import DAY, DAY_ONE, at, consented, ready, started

pytestmark = pytest.mark.django_db
CHANGED_ON = date(2026, 8, 8)


def choose(site, by, **more):
    given = {"ruleset": "MOD_2026", "effective_on": CHANGED_ON, "reason": "Letter of 1 August."}
    return ipledge.choose_ruleset(site=site, by=by, now=at(site, DAY_ONE), **given | more)


@pytest.mark.parametrize(("days", "ruleset"), [(-1, "PRE_2026"), (0, "MOD_2026"), (1, "MOD_2026")])
def test_a_site_works_by_what_it_chose_from_that_day_on(site, clinician, days, ruleset):
    choose(site, clinician)

    assert ipledge.ruleset_of(site, CHANGED_ON + days * DAY) == ruleset


def test_another_site_goes_on_as_before(site, clinician):
    choose(site, clinician)

    assert ipledge.ruleset_of(make_site("hill"), CHANGED_ON) == "PRE_2026"


def test_the_clinic_may_go_back_and_both_choices_stay(site, clinician):
    choose(site, clinician)
    choose(site, clinician, ruleset="PRE_2026", reason="Postponed.")

    assert ipledge.ruleset_of(site, CHANGED_ON) == "PRE_2026"
    assert RulesetChoice.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"ruleset": "MOD_2030"}, "ruleset"),
        ({"effective_on": date(2026, 2, 8)}, "effective_on"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(site, clinician, change, field):
    with pytest.raises(Refusal) as refused:
        choose(site, clinician, **change)
    assert refused.value.field == field


@pytest.mark.parametrize("on", [date(2026, 2, 9), date(2026, 2, 10)])
def test_from_its_approval_on_the_change_can_be_chosen(site, clinician, on):
    assert choose(site, clinician, effective_on=on).effective_on == on


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_the_database_keeps_a_choice_as_it_was(site, deed):
    chosen = RulesetChoiceFactory(site=site)
    row = RulesetChoice.objects.filter(pk=chosen.pk)

    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        row.update(reason="Another.") if deed == "update" else row.delete()


# --- a man's months --------------------------------------------------------------------------


def confirm(enrolment, by, on=DAY_ONE):
    site = enrolment.patient.site
    return ipledge.attest(enrolment=enrolment, on=on, by=by, now=at(site, on, 15))


def bottle(enrolment, number, on):
    return DispenseFactory(
        prescription__enrolment=enrolment, prescription__number=number, prescription__written_on=on
    )


def test_each_bottle_has_its_own_confirmation(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    assert confirm(enrolment, clinician).month == 1
    bottle(enrolment, 1, DAY_ONE)

    assert confirm(enrolment, clinician, DAY_ONE + 30 * DAY).month == 2


def test_a_cancelled_prescription_is_no_month(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    bottle(enrolment, 1, DAY_ONE)
    on = DAY_ONE + 30 * DAY
    PrescriptionFactory(
        enrolment=enrolment, number=2, cancelled_at=at(clinic_open, on), cancelled_because="Dose."
    )

    assert confirm(enrolment, clinician, on).month == 2
    rx = PrescriptionFactory(enrolment=enrolment, number=3, written_on=on)
    assert "IPLEDGE_NOT_ATTESTED" not in codes(rx, on)


def codes(rx, on):
    return [reason.code for reason in dispense_gate(rx, on).reasons]


def test_without_its_month_a_bottle_stays_where_it_is(clinic_open, clinician):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + 30 * DAY
    bottle(enrolment, 1, DAY_ONE)
    rx = PrescriptionFactory(enrolment=enrolment, number=2, written_on=on)
    assert "IPLEDGE_NOT_ATTESTED" in codes(rx, on)

    confirm(enrolment, clinician, on)
    assert "IPLEDGE_NOT_ATTESTED" not in codes(rx, on)


@pytest.mark.parametrize(("days", "shut"), [(28, False), (29, False), (30, True)])
def test_the_window_counts_from_the_visit(clinic_open, clinician, days, shut):
    enrolment, visit_on = started(clinic_open, clinician), DAY_ONE + 30 * DAY
    Visit.objects.filter(enrolment=enrolment, code="M1").update(
        status="in_progress", attended_on=visit_on, opened_by=clinician
    )
    visit = Visit.objects.get(enrolment=enrolment, code="M1")
    bottle(enrolment, 1, DAY_ONE)
    rx = PrescriptionFactory(
        enrolment=enrolment, number=2, visit=visit, written_on=visit_on + 3 * DAY
    )

    assert ("PICK_UP_WINDOW" in codes(rx, visit_on + timedelta(days=days))) is shut


def test_by_the_new_rules_one_confirmation_is_enough_and_no_window_shuts(clinic_open, clinician):
    enrolment, on = started(clinic_open, clinician), DAY_ONE + 60 * DAY
    confirm(enrolment, clinician)
    bottle(enrolment, 1, DAY_ONE)
    rx = PrescriptionFactory(enrolment=enrolment, number=2, written_on=on)
    late = on + 45 * DAY
    assert {"PICK_UP_WINDOW", "IPLEDGE_NOT_ATTESTED"} <= set(codes(rx, late))

    RulesetChoiceFactory(site=clinic_open, effective_on=late)

    assert {"PICK_UP_WINDOW", "IPLEDGE_NOT_ATTESTED"}.isdisjoint(codes(rx, late))
    with pytest.raises(Refusal, match="Nothing waits for a confirmation"):
        confirm(enrolment, clinician, late)


@pytest.fixture
def supplied(clinic_open, clinician):
    """On treatment since Day 1, with his first month confirmed and its bottle handed over."""
    enrolment = started(clinic_open, clinician)
    confirm(enrolment, clinician)
    bottle(enrolment, 1, DAY_ONE)
    return enrolment


@pytest.mark.parametrize(("days", "early"), [(0, True), (22, True), (23, False), (24, False)])
def test_a_month_is_confirmed_from_the_first_day_of_its_visit_on(supplied, clinician, days, early):
    """Month 2 belongs to the visit of month 1, whose window opens 23 days after the first."""
    on = DAY_ONE + days * DAY
    if not early:
        assert confirm(supplied, clinician, on).month == 2
        return
    with pytest.raises(Refusal, match=r"^Month 2 is confirmed with its visit, from 25") as refused:
        confirm(supplied, clinician, on)
    assert refused.value.field == "on"


@pytest.mark.parametrize(("days", "early"), [(9, True), (10, False)])
def test_a_prescription_that_waits_opens_its_month(supplied, clinician, days, early):
    PrescriptionFactory(enrolment=supplied, number=2, written_on=DAY_ONE + 10 * DAY)

    assert is_early(supplied, clinician, days) == early


@pytest.mark.parametrize(("days", "early"), [(11, True), (12, False)])
def test_who_comes_early_is_confirmed_that_day(supplied, clinician, days, early):
    on = DAY_ONE + 12 * DAY
    Visit.objects.filter(enrolment=supplied, code="M1").update(
        status="in_progress", attended_on=on, opened_by=clinician,
        opened_at=at(supplied.patient.site, on),
    )  # fmt: skip

    assert is_early(supplied, clinician, days) == early


def is_early(enrolment, by, days):
    try:
        confirm(enrolment, by, DAY_ONE + days * DAY)
    except Refusal:
        return True
    return False


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"ipledge_id": ""}, "number is not recorded", id="no number"),
        pytest.param({"status": "COMPLETED_TREATMENT"}, "He gets no bottle now", id="done"),
    ],
)
def test_who_gets_no_bottle_is_not_confirmed(clinic_open, clinician, change, sentence):
    enrolment = started(clinic_open, clinician)
    type(enrolment).objects.filter(pk=enrolment.pk).update(**change)

    with pytest.raises(Refusal, match=sentence):
        confirm(enrolment, clinician)


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        pytest.param(DAY_ONE + DAY, "when it has been confirmed", id="tomorrow"),
        pytest.param(DAY_ONE - 60 * DAY, "He was referred on", id="before he was referred"),
    ],
)
def test_an_impossible_day_is_refused(clinic_open, clinician, on, sentence):
    enrolment = started(clinic_open, clinician)

    with pytest.raises(Refusal, match=sentence) as refused:
        ipledge.attest(enrolment=enrolment, on=on, by=clinician, now=at(clinic_open, DAY_ONE, 15))
    assert refused.value.field == "on"


def test_a_month_is_confirmed_once(site):
    enrolment = EnrolmentFactory(patient__site=site)
    AttestationFactory(enrolment=enrolment, month=2)

    with pytest.raises(IntegrityError, match="once_a_month"), transaction.atomic():
        AttestationFactory(enrolment=enrolment, month=2)


# --- its task --------------------------------------------------------------------------------


def waiting():
    return [duty.title for duty in Duty.objects.open().filter(code=ipledge.CONFIRM)]


@pytest.mark.parametrize(("days", "asked"), [(22, 0), (23, 1), (37, 1), (38, 0)])
def test_it_is_asked_for_while_the_window_of_its_visit_is_open(clinic_open, clinician, days, asked):
    enrolment = started(clinic_open, clinician)
    confirm(enrolment, clinician)
    bottle(enrolment, 1, DAY_ONE)
    Visit.objects.filter(enrolment=enrolment, code="V1").update(status="skipped")
    now = at(clinic_open, DAY_ONE + timedelta(days=days))

    assert ipledge.ask_to_confirm(now=now) == asked
    assert ipledge.ask_to_confirm(now=now) == 0
    assert waiting() == ["Confirm iPLEDGE for month 2"] * asked


def test_the_task_is_ticked_with_the_confirmation(clinic_open, clinician):
    enrolment = ready(clinic_open, clinician)
    ipledge.ask_to_confirm(now=at(clinic_open, DAY_ONE))
    assert waiting() == ["Confirm iPLEDGE for month 1"]

    confirm(enrolment, clinician)

    assert waiting() == []
    assert Duty.objects.get(code=ipledge.CONFIRM).done_by == clinician


def test_a_hold_takes_the_task_back(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    ipledge.ask_to_confirm(now=at(clinic_open, DAY_ONE))
    assert len(waiting()) == 1

    treatment.hold(enrolment=enrolment, reason="ALT.", by=clinician, now=at(clinic_open, DAY_ONE))

    assert waiting() == []


# --- pages -----------------------------------------------------------------------------------


@pytest.mark.time_machine("2026-04-01 17:00 +00:00")
def test_a_month_is_confirmed_on_his_page(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)
    client, url = sign_in(client, clinician), reverse("protocols:enrolment", args=[enrolment.pk])
    assert "Month 1: without it the next bottle is not handed over" in client.get(url).text

    page = client.post(
        reverse("protocols:attest_ipledge", args=[enrolment.pk]),
        {"attest_ipledge-on": "2026-03-31"},
        follow=True,
    )

    assert "Month 1 is confirmed." in page.text
    assert Attestation.objects.get().on == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("days", "offered"), [pytest.param(0, False, id="Day 1"), (22, False), (23, True)]
)
def test_his_page_offers_the_month_that_has_come(
    client, supplied, sign_in, time_machine, days, offered
):
    time_machine.move_to(at(supplied.patient.site, DAY_ONE + days * DAY, 15))

    doctor = sign_in(client, supplied.opened_by)
    page = soup(doctor.get(reverse("protocols:enrolment", args=[supplied.pk])))

    said = page.select_one("section[aria-labelledby=ipledge-title]").get_text(" ", strip=True)
    assert ("Month 2 is confirmed with its visit, from 25 Mar 2026 on." in said) != offered
    assert bool(page.find("form", id="attest_ipledge")) == offered


@pytest.mark.time_machine("2026-04-01 17:00 +00:00")
def test_a_refused_confirmation_keeps_its_day(client, clinic_open, clinician, sign_in):
    enrolment = started(clinic_open, clinician)

    page = sign_in(client, clinician).post(
        reverse("protocols:attest_ipledge", args=[enrolment.pk]),
        {"attest_ipledge-on": "2026-04-02"},
    )

    assert page.status_code == 422
    form = soup(page).find("form", id="attest_ipledge")
    assert "not before" in form.text
    assert form.find("input", attrs={"type": "date"})["value"] == "2026-04-02"


@pytest.mark.time_machine("2026-08-10 17:00 +00:00")
def test_the_rules_are_chosen_on_their_page(client, site, clinician, sign_in):
    client, url = sign_in(client, clinician), reverse("protocols:ipledge_rules")
    assert "Nothing chosen yet" in client.get(url).text

    page = client.post(
        reverse("protocols:choose_ipledge_rules"),
        {"ruleset": "MOD_2026", "effective_on": "2026-08-08", "reason": "Letter of 1 August."},
        follow=True,
    )

    assert "Letter of 1 August." in page.text
    assert ipledge.ruleset_of(site, date(2026, 8, 10)) == "MOD_2026"


@pytest.mark.time_machine("2026-08-10 17:00 +00:00")
def test_a_refused_choice_says_why_beside_its_field(client, site, clinician, sign_in):
    page = sign_in(client, clinician).post(
        reverse("protocols:choose_ipledge_rules"),
        {"ruleset": "MOD_2026", "effective_on": "2026-02-08", "reason": "Letter."},
    )

    assert page.status_code == 422
    field = soup(page).find(id="field-effective_on")
    assert "approved on 9 Feb 2026" in field.text
    assert field.input["value"] == "2026-02-08"


def test_who_may_not_choose_reads_the_rules(client, site, coordinator, sign_in):
    page = sign_in(client, coordinator).get(reverse("protocols:ipledge_rules"))

    assert page.status_code == 200
    assert soup(page).find("h2", string="Choose") is None


@pytest.mark.parametrize("rows", [1, 3])
def test_the_rules_cost_the_same_however_often_they_were_chosen(
    client, site, clinician, sign_in, rows, django_assert_num_queries
):
    for days in range(rows):
        RulesetChoiceFactory(site=site, effective_on=CHANGED_ON + timedelta(days=days))
    client, url = sign_in(client, clinician), reverse("protocols:ipledge_rules")
    client.get(url)

    with django_assert_num_queries(5):
        client.get(url)


def test_consented_he_may_be_confirmed_before_the_first_bottle(clinic_open, clinician):
    enrolment = consented(clinic_open, clinician)
    type(enrolment).objects.filter(pk=enrolment.pk).update(ipledge_id="12345")

    assert confirm(enrolment, clinician).month == 1
