"""Fourteen days, today first, ticked and unticked in place."""

import pytest
from django.test import Client
from django.urls import reverse

from protocols.actions.diary import feel
from protocols.actions.segments import open_segment
from protocols.models import DiaryDose, Enrolment
from tests.pages import soup, swapped
from tests.protocols.men import DAY, NOW, TODAY
from tests.protocols.portal.rows import words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
URL = "/my/diary/"


def days(him):
    return [words(day) for day in soup(him.get(URL)).select(".p-days > li")]


def tick(him, on, slot="evening", taken="yes", **more):
    given = {"on": on.isoformat(), "slot": slot, "taken": taken, "back": "diary"}
    return him.post(reverse("portal:tick"), given, **more)


def test_fourteen_days_stand_there_today_first(him: Client):
    shown = days(him)

    assert len(shown) == 14
    assert shown[0] == "Today Morning of Tue 4 Aug Evening of Tue 4 Aug"
    assert shown[-1].startswith("Wed 22 Jul Morning")


def test_a_day_of_last_week_is_ticked_and_comes_back_to_the_diary(him: Client):
    answer = tick(him, TODAY - 6 * DAY)

    assert answer.url == URL
    assert DiaryDose.objects.get().on == TODAY - 6 * DAY
    assert "1 of 28 ticked" in soup(him.get(URL)).text


def test_a_swapped_tick_leaves_the_page_a_reload_would_show(him: Client):
    before = soup(him.get(URL))

    part = tick(
        him, TODAY, follow=True, headers={"HX-Request": "true", "HX-Target": "days"}
    )  # fmt: skip

    assert swapped(before, part).prettify() == soup(him.get(URL)).prettify()


def test_a_refused_tick_stays_on_the_diary_and_says_why(him: Client):
    answer = tick(him, TODAY - 14 * DAY)

    assert answer.status_code == 422
    page = soup(answer)
    assert page.h1.text == "Diary"
    assert page.select_one("#days [role=alert]").text.strip() == "The diary goes back 14 days."


def test_paused_days_have_no_buttons(him: Client, treated, clinician):
    open_segment(
        enrolment=treated, on=TODAY - DAY, capsules_per_day=0, kind="hold", reason="ALT 134",
        by=clinician,
    )  # fmt: skip

    assert days(him)[:3] == [
        "Today paused",
        "Mon 3 Aug paused",
        "Sun 2 Aug Morning of Sun 2 Aug Evening of Sun 2 Aug",
    ]


def test_a_face_stands_beside_its_day(him: Client, treated, his):
    feel(enrolment=treated, on=TODAY - DAY, mood=2, by=his, now=NOW)

    assert days(him)[1].startswith("Mon 3 Aug Low Morning")


def test_it_says_how_to_take_them_and_when_to_stop(him: Client):
    page = soup(him.get(URL))

    assert "Severe headache, visual or hearing change" in words(page.select_one(".notice.warning"))
    lines = [words(line) for line in page.select("details .bullets li")]
    assert lines[0] == "Take one capsule with the morning meal and one with the evening meal."
    assert "The capsules are never shared with anybody." in lines


def test_a_closed_diary_can_be_read_and_not_changed(him: Client, treated):
    tick(him, TODAY)
    Enrolment.objects.filter(pk=treated.pk).update(status="WITHDRAWN_CONSENT")

    page = soup(him.get(URL))
    assert "The diary is closed; what is in it stays here." in page.text
    assert all(button.has_attr("disabled") for button in page.select(".p-tick"))
    assert "the diary is closed" in tick(him, TODAY - DAY).text
    assert DiaryDose.objects.count() == 1


def test_a_man_without_a_programme_has_an_empty_diary(him: Client, treated):
    treated.dose_segments.all().delete()

    assert days(him)[0] == "Today none planned"
