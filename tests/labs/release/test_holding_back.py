"""One result waits for one man, behind two clinicians, for days; nothing wider can be written."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic import audit
from clinic.access import Role
from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions import semen, withholding
from labs.actions.results import correct_draw, strike_draw
from labs.actions.withholding import confirm, lift, withhold
from labs.models import Withholding
from labs.queries.held import standing_on
from labs.rules.readings import Value
from labs.rules.release import Held, Preference, Release, Waiting, released, why_not_until
from tests.conftest import make_member
from tests.labs.conftest import FEW, NONE, NOW

DAY, HOUR, MOMENT = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
HARM = "He said that he would not live with a bad result; he lives alone."

# --- the rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confirmed", "ends_after", "until_after"),
    [
        pytest.param(None, 3 * DAY, DAY, id="alone it holds a day"),
        pytest.param(None, 2 * HOUR, 2 * HOUR, id="or less, if less was asked"),
        pytest.param(NOW, 3 * DAY, 3 * DAY, id="with a second one as long as asked"),
    ],
)
def test_how_long_a_result_is_held_back(confirmed, ends_after, until_after):
    held = Held(NOW, NOW + ends_after, confirmed)

    assert held.until == NOW + until_after
    assert held.stands(held.until - MOMENT) is True
    assert held.stands(held.until) is False


@pytest.mark.parametrize(
    ("preference", "days", "opens_after"),
    [
        (Preference.IMMEDIATE, 0, 3 * DAY),
        (Preference.DELAYED, 2, 3 * DAY),
        (Preference.DELAYED, 5, 5 * DAY),
        (Preference.REVIEWED, 0, 14 * DAY),
    ],
)
def test_while_it_holds_it_is_closed_whatever_he_chose_and_then_his_own_choice_counts(
    preference, days, opens_after
):
    def at(now):
        return released(
            final_at=NOW, reviewed_at=None, preference=preference, delay_days=days,
            held=Held(NOW, NOW + 3 * DAY, NOW), now=now,
        )  # fmt: skip

    last = at(NOW + 3 * DAY - MOMENT)
    assert last == Release(False, NOW + opens_after, Waiting.TALK)
    after = at(NOW + 3 * DAY)
    assert after.waiting_for is not Waiting.TALK
    assert after.open is (opens_after == 3 * DAY)


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (timedelta(0), "lies in the past"),
        (MOMENT, ""),
        (14 * DAY, ""),
        (14 * DAY + MOMENT, "14 days at the most"),
    ],
)
def test_it_ends_within_fourteen_days(after, fault):
    assert fault in why_not_until(NOW + after, placed_at=NOW)
    assert bool(why_not_until(NOW + after, placed_at=NOW)) is bool(fault)


def test_there_is_no_way_to_hold_back_a_kind_of_result_or_a_site():
    columns = {field.name for field in Withholding._meta.concrete_fields}

    assert columns & {"site", "analyte", "panel", "kind", "group"} == set()
    names = {constraint.name for constraint in Withholding._meta.constraints}
    assert "withholding_is_of_one_result" in names


# --- the deed ------------------------------------------------------------------------------------


def held_by(clinician, result, **more):
    given = {"harm": HARM, "ends_at": NOW + 3 * DAY, "by": clinician, "now": NOW} | more
    return withhold(result=result, **given)


def test_alone_it_holds_a_day_and_ends_by_itself(file, portal, clinician):
    draw = file()

    held = held_by(clinician, draw)

    assert standing_on(draw, NOW + DAY - MOMENT) == held
    assert standing_on(draw, NOW + DAY) is None
    event = AuditEvent.objects.get(action="result.withheld")
    assert (event.actor, event.reason, event.detail["about"]) == (
        clinician, HARM, audit.label(draw),
    )  # fmt: skip


def test_a_second_clinician_makes_it_hold_as_long_as_was_asked(file, portal, clinician, reyes):
    draw = file()
    held = held_by(clinician, draw)

    confirm(withholding=held, by=reyes, now=NOW + HOUR)

    assert standing_on(draw, NOW + 3 * DAY - MOMENT) == held
    assert standing_on(draw, NOW + 3 * DAY) is None
    assert AuditEvent.objects.get(action="result.withholding_confirmed").actor == reyes
    with pytest.raises(Refusal, match="Dr Reyes has agreed already"):
        confirm(withholding=held, by=reyes, now=NOW + HOUR)


def test_the_second_is_another_clinician_of_the_site(file, portal, clinician, nurse_of, stranger):
    held = held_by(clinician, file())

    for other, sentence in (
        (clinician, "another person"),
        (nurse_of, "cannot sign"),
        (stranger, "cannot sign"),
    ):
        with pytest.raises(Refusal, match=sentence):
            confirm(withholding=held, by=other, now=NOW)


@pytest.fixture
def nurse_of(site):
    return make_member(site, Role.NURSE)


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"harm": "He is upset."}, "harm", "which harm"),
        ({"ends_at": NOW}, "ends_at", "in the past"),
        ({"ends_at": NOW + 15 * DAY}, "ends_at", "14 days"),
    ],
)
def test_a_bare_wish_or_a_long_delay_is_refused(file, portal, clinician, more, field, sentence):
    with pytest.raises(Refusal, match=sentence) as refused:
        held_by(clinician, file(), **more)

    assert refused.value.field == field
    assert not Withholding.objects.exists()


def test_what_he_has_read_cannot_be_held_back_but_its_correction_can(
    file, portal, clinician, coordinator
):
    draw = file()
    audit.record(
        actor=portal.account, action="result.opened", subject=draw, person=draw.patient,
        site=draw.patient.site,
    )  # fmt: skip
    with pytest.raises(Refusal, match="He has read it already, on 4 Aug at 10:45"):
        held_by(clinician, draw)

    correct_draw(
        draw=draw, values=[Value("triglycerides", "700", "mg/dL", "<150")], reason="Typed wrong.",
        by=coordinator, now=NOW + HOUR,
    )  # fmt: skip

    assert held_by(clinician, draw, now=NOW + HOUR).pk


def test_one_stands_at_a_time_and_one_that_is_over_makes_room(file, portal, clinician):
    draw = file()
    first = held_by(clinician, draw)
    with pytest.raises(Refusal, match="held back already"):
        held_by(clinician, draw)

    again = held_by(clinician, draw, now=NOW + DAY, ends_at=NOW + 2 * DAY)

    first.refresh_from_db()
    assert (first.lifted_at, first.lifted_because) == (NOW + DAY, "It ended by itself.")
    assert standing_on(draw, NOW + DAY) == again


def test_letting_it_go_needs_why_and_opens_it_at_once(file, portal, clinician, reyes):
    draw = file()
    held = held_by(clinician, draw, second=reyes)
    with pytest.raises(Refusal, match="why he may read it now"):
        lift(withholding=held, because=" ", by=reyes, now=NOW)

    lift(withholding=held, because="Spoken with him.", by=reyes, now=NOW + HOUR)

    assert standing_on(draw, NOW + HOUR) is None
    assert AuditEvent.objects.get(action="result.withholding_lifted").reason == "Spoken with him."
    for act in (
        lambda: lift(withholding=held, because="x", by=reyes, now=NOW + HOUR),
        lambda: confirm(withholding=held, by=reyes, now=NOW + HOUR),
    ):
        with pytest.raises(Refusal, match="ended already"):
            act()


def test_a_corrected_sheet_is_held_back_as_the_one_it_replaces(
    enter, portal, clinician, reyes, technologist, verifier
):
    sheet = semen.verify(analysis=enter(NONE), by=verifier, now=NOW)
    held = held_by(clinician, sheet, second=reyes)

    new = semen.correct(
        analysis=sheet, sheet=FEW, reason="Counted again.", by=technologist, now=NOW + HOUR
    )
    semen.verify(analysis=new, by=verifier, now=NOW + HOUR)

    assert standing_on(new, NOW + HOUR) == held


def test_a_struck_result_is_not_held_back(file, portal, clinician):
    draw = strike_draw(draw=file(), reason="Twice.", by=clinician, now=NOW)
    with pytest.raises(Refusal, match="no longer stands"):
        held_by(clinician, draw)
    withholding.moved(draw, by=clinician, now=NOW)


# --- the pages -----------------------------------------------------------------------------------


def ask(client, draw, **more):
    given = {"harm": HARM, "ends_at": "2026-08-07T10:00", **more}
    return client.post(reverse("labs:withhold_draw", args=[draw.pk]), given, follow=True)


def test_he_holds_it_back_alone_and_a_second_agrees_with_his_own_password(
    deciding: Client, file, portal, clinician, reyes, sign_in
):
    draw = file()

    page = ask(deciding, draw)

    held = Withholding.objects.get()
    assert "Held back for a day" in page.text
    assert held.confirmed_by is None
    assert "You are the second" not in page.text
    assert "Held back" in deciding.get(reverse("labs:withheld")).text

    sign_in(deciding, reyes)
    agree = reverse("labs:agree_withholding", args=[held.pk])
    wrong = deciding.post(agree, {"password": "not mine"})
    assert wrong.status_code == 422
    assert "That is not your password." in wrong.text
    right = deciding.post(agree, {"password": "correct horse battery"}, follow=True)
    assert "You have agreed" in right.text
    held.refresh_from_db()
    assert held.confirmed_by == reyes


def test_the_second_signs_at_the_same_screen(deciding: Client, file, portal, reyes):
    page = ask(deciding, file(), second_email=reyes.email, second_password="correct horse battery")

    assert "by when you speak with him" in page.text
    assert Withholding.objects.get().confirmed_by == reyes


def test_a_wrong_second_password_holds_nothing_back(deciding: Client, file, portal, reyes):
    page = ask(deciding, file(), second_email=reyes.email, second_password="guess")

    assert page.status_code == 422
    assert "do not belong together" in page.text
    assert HARM in page.text
    assert not Withholding.objects.exists()


def test_the_page_of_the_result_says_what_he_sees(deciding: Client, file, portal, clinician):
    draw = file()
    url = reverse("labs:draw", args=[draw.pk])

    assert "Open to him since" in deciding.get(url).text
    held_by(clinician, draw)
    page = deciding.get(url).text
    assert "alone: without a second clinician it opens then" in page
    assert "Nobody has looked at it for 0 min" in page
    assert "Hold back from him" not in page


def test_letting_go_on_the_page_needs_a_reason(deciding: Client, file, portal, clinician):
    held = held_by(clinician, file())
    url = reverse("labs:lift_withholding", args=[held.pk])

    assert deciding.post(url, {"because": ""}).status_code == 422
    assert "He can read it now." in deciding.post(url, {"because": "Spoken."}, follow=True).text
    assert "Spoken." in deciding.get(reverse("labs:withheld")).text
