"""The first page: what to do now, what comes next, what is new; and what a discreet one leaves out.

It is Tue 4 Aug 2026, 10:45 Pacific, his day 89.
"""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Account
from patients.actions.letters import write_to_patient
from protocols.actions.diary import feel, take
from protocols.actions.segments import open_segment
from protocols.models import DiaryDose, Enrolment, Feeling
from tests.factories.patients import (
    ConsentFactory,
    ConsentTextFactory,
    PortalAccountFactory,
)
from tests.factories.protocols import DiaryDoseFactory, EnrolmentFactory
from tests.pages import soup, swapped
from tests.protocols.men import DAY, NOW, TODAY, blood, make_patient
from tests.protocols.portal.rows import booked, name_clinician, planned, sample, words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
PRIVATE = ("sperm", "semen", "fertil", "isotretinoin", "ejacul")


def home(him):
    return soup(him.get(reverse("portal:home")))


def said(page, selector="#main"):
    """Its words, a space between what stands apart."""
    return words(page.select_one(selector))


def htmx(target):
    return {"HX-Request": "true", "HX-Target": target}


def tick(him, slot="morning", taken="yes", on=TODAY, **more):
    given = {"on": on.isoformat(), "slot": slot, "taken": taken}
    return him.post(reverse("portal:tick"), given, **more)


def order(enrolment, by, kind, capsules, on=TODAY):
    open_segment(
        enrolment=enrolment, on=on, capsules_per_day=capsules, kind=kind, reason="ALT 134", by=by
    )


def move_to(enrolment, status, **more):
    Enrolment.objects.filter(pk=enrolment.pk).update(status=status, status_since=TODAY, **more)


def test_the_first_third_says_what_to_do(him: Client, treated):
    booked(treated)

    assert said(home(him), "#now .p-hero div") == (
        "Good morning, Dan Tuesday 4 August. Two capsules left today, a visit on Thursday."
    )


def test_the_ring_says_the_month(him: Client):
    assert home(him).select_one(".ring title").text == "Month 3 of 6. Day 89 of 180."


def test_both_capsules_are_buttons_and_the_next_one_is_filled(him: Client, treated, his):
    take(enrolment=treated, on=TODAY, slot="morning", by=his, now=NOW)

    buttons = home(him).select("#now .dose")

    assert [(b["aria-pressed"], "dose--go" in b["class"]) for b in buttons] == [
        ("true", False),
        ("false", True),
    ]
    assert [words(b) for b in buttons] == [
        "Morning taken at 10:45",
        "Evening tap after dinner",
    ]


def test_a_tick_without_javascript_comes_back_to_the_page(him: Client, treated):
    answer = tick(him)

    assert answer.url == reverse("portal:home")
    assert DiaryDose.objects.get().slot == "morning"
    assert said(home(him), ".p-hero p").startswith("Tuesday 4 August. One capsule left today")


def test_a_tick_is_taken_back(him: Client):
    tick(him)
    tick(him, taken="no")

    assert not DiaryDose.objects.exists()


def test_a_swapped_tick_leaves_the_page_a_reload_would_show(him: Client, treated):
    booked(treated)
    before = home(him)

    part = tick(him, headers=htmx("now"), follow=True)

    after = home(him)
    assert len(part.content) < 6000
    assert swapped(before, part).prettify() == after.prettify()
    assert "taken at 10:45" in after.text


def test_a_swapped_face_leaves_the_page_a_reload_would_show(him: Client):
    before = home(him)

    part = him.post(
        reverse("portal:feel"), {"mood": "4"}, headers=htmx("feeling"), follow=True
    )  # fmt: skip

    after = home(him)
    assert swapped(before, part).prettify() == after.prettify()
    assert after.select_one("#face-4")["aria-pressed"] == "true"


def test_a_refused_tick_says_why_in_its_place(him: Client):
    part = tick(him, on=TODAY + DAY, headers=htmx("now"))

    assert part.status_code == 422
    assert soup(part).select_one("#now [role=alert]").text.strip() == "That day has not come yet."


def test_a_tap_that_means_nothing_is_refused_kindly(him: Client):
    assert "Please tap again" in tick(him, slot="noon").text
    answer = him.post(reverse("portal:feel"), {"mood": "9"})
    assert (answer.status_code, "Choose one of the five faces." in answer.text) == (422, True)


def test_what_to_do_with_a_missed_one_always_stands_there(him: Client):
    page = said(home(him), "#now")

    assert "Take it with your next meal unless the next one is near; never two at once." in page
    assert "Yesterday is not ticked." in page


def test_yesterday_is_not_nagged_about_when_it_is_ticked(him: Client, treated):
    for slot in ("morning", "evening"):
        DiaryDoseFactory(enrolment=treated, on=TODAY - DAY, slot=slot, taken_at=NOW - DAY)

    assert "ticked" not in said(home(him), "#now")


def test_a_hold_takes_the_buttons_away_and_says_whom_to_ask(him: Client, treated, clinician):
    name_clinician(treated, clinician)
    order(treated, clinician, "hold", 0)
    move_to(treated, "ON_HOLD")

    page = home(him)

    assert not page.select(".dose")
    assert said(page, "#now section").startswith("Your capsules are paused Since Tue 4 Aug 2026")
    assert "Your visits stay as they are. Dr Amina Okafor tells you when" in said(page)
    assert "555 0142" in said(page, "#now")


def test_one_capsule_a_day_is_one_button(him: Client, treated, clinician):
    order(treated, clinician, "reduced", 1)

    assert [b["id"] for b in home(him).select(".dose")] == ["tick-morning"]


def test_a_change_of_tomorrow_is_told_today(him: Client, treated, clinician):
    order(treated, clinician, "reduced", 1, on=TODAY + DAY)

    assert "From tomorrow on, one a day: in the morning." in said(home(him), "#now")


def test_the_last_capsules_are_told(him: Client):
    """180 handed out for 90 days from 8 May: the last are those of 5 August."""
    assert "What you have lasts until Wed 5 Aug" in said(home(him), "#now")


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("REFERRED", "Your treatment has not begun"),
        ("SCREENING", "Your treatment has not begun"),
        ("ELIGIBLE", "Your treatment has not begun"),
        ("CONSENTED", "Almost there"),
        ("SCREEN_FAILED", "This treatment is not the right one for you"),
    ],
)
def test_before_the_start_it_says_so(client: Client, site, clinician, sign_in, status, title):
    patient = make_patient(site, clinician, "Waiting", email="w@example.org")
    EnrolmentFactory(patient=patient, status=status, first_dose_on=None, opened_by=clinician)
    sign_in(client, PortalAccountFactory(patient=patient).account)

    page = home(client)

    assert page.select_one("#h-today").text == title
    assert not page.select(".dose")
    assert "Results nothing new When your first result is ready, it is here." in said(page)
    assert "No visit is planned at the moment." in said(page)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("COMPLETED_TREATMENT", "You have finished your capsules"),
        ("DISCONTINUED", "The capsules have ended for you"),
        ("WITHDRAWN_TREATMENT", "You have stopped the capsules"),
        ("WITHDRAWN_CONSENT", "You have left the programme"),
        ("LOST_TO_FOLLOW_UP", "We would like to hear from you"),
        ("CLOSED", "Your programme is finished"),
    ],
)
def test_after_the_end_it_says_so(him: Client, treated, status, title):
    treated.dose_segments.update(during=(treated.first_dose_on, TODAY))
    move_to(treated, status, last_dose_on=TODAY - DAY)

    page = home(him)

    assert page.select_one("#h-today").text == title
    assert not page.select(".dose")
    assert "555 0142" in said(page, "#now")


@pytest.mark.parametrize(
    ("last", "told"),
    [
        pytest.param(date(2026, 7, 4), True, id="the last day without giving blood"),
        pytest.param(date(2026, 7, 3), False, id="the day after it"),
    ],
)
def test_giving_blood_waits_a_month(him: Client, treated, last, told):
    treated.dose_segments.update(during=(treated.first_dose_on, last + DAY))
    move_to(treated, "COMPLETED_TREATMENT", last_dose_on=last)

    assert ("Please do not give blood until Tue 4 Aug 2026." in said(home(him))) is told


def test_a_man_without_a_programme_is_welcome(client: Client, site, clinician, sign_in):
    patient = make_patient(site, clinician, "New", email="n@example.org")
    sign_in(client, PortalAccountFactory(patient=patient).account)

    page = home(client)

    assert page.select_one("#h-today").text == "Welcome"
    assert not page.select(".ring")
    assert not page.select("#feeling")


def test_a_visit_without_a_booking_says_how_to_get_one(him: Client, treated):
    planned(treated)

    page = said(home(him), "#next")

    assert "Month 3: any day from Thu 30 Jul to Thu 13 Aug, best around Thu 6 Aug." in page
    assert "Call 555 0142" in page
    assert "Add to calendar" not in page


def test_an_overdue_visit_is_not_too_late(him: Client, treated):
    planned(treated, "M2")

    assert "We missed you: Month 2 was planned until Tue 14 Jul 2026." in said(home(him), "#next")


def test_a_new_result_stands_there_sentence_first(him: Client, treated, coordinator, portal):
    portal.opened_at = NOW - timedelta(days=30)
    portal.save()
    blood(treated.patient, coordinator, triglycerides="118", alt="24")

    page = said(home(him))

    assert "New result from 4 Aug Good to read, nothing to change. All two values" in page
    assert "one new result" in page


def test_what_was_there_before_the_portal_is_no_news(him: Client, treated, portal):
    sample(treated, found=3, days_ago=30)
    portal.opened_at = NOW
    portal.save()

    page = said(home(him))

    assert "nothing new" in page
    assert "What came before is under Results." in page


def test_one_face_a_day_can_be_corrected(him: Client, treated):
    him.post(reverse("portal:feel"), {"mood": "2"})
    him.post(reverse("portal:feel"), {"mood": "5"})

    assert list(Feeling.objects.values_list("on", "mood")) == [(TODAY, 5)]
    pressed = home(him).select(".faces [aria-pressed=true]")
    assert [b.text.strip() for b in pressed] == ["Very good"]


@pytest.mark.parametrize(
    ("version", "since", "told"),
    [
        pytest.param(1, TODAY, True, id="from today on"),
        pytest.param(1, TODAY + DAY, False, id="from tomorrow on"),
        pytest.param(2, TODAY, False, id="he has agreed to them"),
    ],
)
def test_new_words_of_his_consent_are_told_with_whom_to_ask(
    him: Client, treated, version, since, told
):
    texts = {
        1: ConsentTextFactory(kind="treatment", version=1),
        2: ConsentTextFactory(kind="treatment", version=2, effective_on=since),
    }
    ConsentFactory(patient=treated.patient, text=texts[version], given_on=TODAY - DAY)

    page = said(home(him))
    assert ("has new words since Tue 4 Aug 2026" in page) is told
    assert ("nothing else changes. Questions: 555 0142." in page) is told


def test_a_very_low_day_offers_a_person(him: Client, treated, his):
    feel(enrolment=treated, on=TODAY, mood=1, by=his, now=NOW)

    page = home(him).select_one("#feeling")

    assert "You do not have to carry it alone" in page.text
    assert reverse("portal:mood") in [a["href"] for a in page.select("a")]


def test_help_stands_under_the_faces_always(him: Client):
    assert [a["href"] for a in home(him).select("#feeling .p-crisis a")] == [
        "tel:988",
        "sms:988",
        "tel:5550142",
    ]


def test_the_clinics_last_words_are_told(him: Client, treated, coordinator):
    write_to_patient(patient=treated.patient, body="Tuesday is fine.", by=coordinator, now=NOW)

    page = said(home(him))

    assert f"{coordinator.name} wrote on Tue 4 Aug: “Tuesday is fine.”" in page
    assert "one new message" in page


def test_a_discreet_page_keeps_every_private_word_off(
    him: Client, treated, coordinator, portal, his: Account
):
    portal.discreet, portal.opened_at = True, NOW - timedelta(days=30)
    portal.save()
    booked(treated)
    sample(treated, found=14, motile=5)
    body = "Your semen sample: isotretinoin works, sperm are there."
    write_to_patient(patient=treated.patient, body=body, by=coordinator, now=NOW)

    answer = him.get(reverse("portal:home"))

    assert [word for word in PRIVATE if word in answer.text.lower()] == []
    page = said(soup(answer))
    assert "Private instructions 2 items, open" in page
    assert "It is here for you to read, with what it means and whom to ask." in page
    assert f"{coordinator.name} wrote on Tue 4 Aug." in page


def test_a_discreet_page_names_no_value_either(him: Client, treated, coordinator, portal):
    portal.discreet, portal.opened_at = True, NOW - timedelta(days=30)
    portal.save()
    blood(treated.patient, coordinator, triglycerides="620")

    assert "riglycerid" not in him.get(reverse("portal:home")).text


def test_an_open_page_shows_everything(him: Client, treated, portal):
    portal.opened_at = NOW - timedelta(days=30)
    portal.save()
    booked(treated)
    sample(treated, found=14, motile=5)

    page = said(home(him))

    assert "A few sperm were found. Some of them were moving." in page
    assert "Last ejaculation between" in page


def test_greeting_and_day_are_those_of_his_own_clock(him: Client, treated):
    treated.patient.time_zone = "Asia/Tokyo"
    treated.patient.save()
    booked(treated)

    page = home(him)

    assert said(page, ".p-hero div").startswith("Good morning, Dan Wednesday 5 August.")
    assert "Thu 6 Aug 2026, 08:30 Pacific time · Harbour Street" in said(page, "#next")
    assert "That is 00:30 where you are." in said(page, "#next")
