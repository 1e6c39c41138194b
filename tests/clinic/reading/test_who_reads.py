"""Who reads while somebody is away, how long a result waits, and who is told when nobody looks."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.access import Role
from clinic.actions import reading
from clinic.models import AuditEvent, Cover, Message, Page, ReadingStep
from clinic.queries.reading import covered_today, limits_of, unread
from clinic.refusal import Refusal
from clinic.rules.reading import (
    EVERYBODY,
    ON_CALL,
    PROPOSED,
    RESPONSIBLE,
    Severity,
    There,
    steps_due,
    told_at,
    waited_words,
    why_not_hours,
)
from tests.conftest import make_member
from tests.factories.clinic import OnCallShiftFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(seconds=1)
TODAY = date(2026, 3, 16)
DAY = timedelta(days=1)
OFF = PROPOSED[Severity.OUT_OF_RANGE]

# --- the rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "hours"),
    [
        (Severity.CRITICAL, (1, 2, 4)),
        (Severity.OUT_OF_RANGE, (24, 48, 72)),
        (Severity.IN_RANGE, (72, 120, 168)),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_each_step_is_due_at_its_hour_and_not_a_second_before(severity, hours, step):
    at = NOW + timedelta(hours=hours[step - 1])
    known = {"since": NOW, "hours": PROPOSED[severity], "taken": set(range(1, step))}

    assert PROPOSED[severity] == hours
    assert steps_due(now=at - MOMENT, **known) == ()
    assert steps_due(now=at, **known) == (step,)


def test_after_an_outage_every_step_that_was_missed_is_taken_in_its_order():
    late = NOW + timedelta(days=30)

    assert steps_due(since=NOW, now=late, hours=OFF, taken=()) == (1, 2, 3)
    assert steps_due(since=NOW, now=late, hours=OFF, taken={1, 2, 3}) == ()


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(datetime(2026, 3, 8, 1, 0, tzinfo=UTC), id="the clocks go forward"),
        pytest.param(datetime(2026, 11, 1, 1, 0, tzinfo=UTC), id="the clocks go back"),
        pytest.param(datetime(2028, 2, 28, 20, 0, tzinfo=UTC), id="over a leap day"),
    ],
)
def test_hours_are_hours_that_passed_whatever_the_clocks_do(since):
    day = 24 * HOUR

    assert steps_due(since=since, now=since + day - MOMENT, hours=OFF, taken=()) == ()
    assert steps_due(since=since, now=since + day, hours=OFF, taken=()) == (1,)


FULL = There(responsible=1, covers=(2,), on_call=(3, 4), clinicians=(1, 2, 3, 4, 5))
NOBODY_OFF = There(responsible=1, covers=(), on_call=(3,), clinicians=(1, 3))
NOBODYS = There(responsible=None, covers=(), on_call=(3,), clinicians=(1, 3))
EMPTY_ROTA = There(responsible=None, covers=(), on_call=(), clinicians=(1, 3))
ALONE = There(responsible=None, covers=(), on_call=(), clinicians=())


@pytest.mark.parametrize(
    ("step", "there", "told"),
    [
        pytest.param(RESPONSIBLE, NOBODY_OFF, (1,), id="first whose result it is"),
        pytest.param(RESPONSIBLE, FULL, (1, 2), id="while she is away her cover as well"),
        pytest.param(ON_CALL, FULL, (2, 3, 4), id="then the cover and who is on call"),
        pytest.param(EVERYBODY, FULL, (1, 2, 3, 4, 5), id="then every clinician"),
        pytest.param(RESPONSIBLE, NOBODYS, (3,), id="nobody's result goes to who is on call"),
        pytest.param(RESPONSIBLE, EMPTY_ROTA, (1, 3), id="with an empty rota to all at once"),
        pytest.param(ON_CALL, EMPTY_ROTA, (1, 3), id="and so at the second step"),
        pytest.param(EVERYBODY, ALONE, (), id="a site without clinicians"),
    ],
)
def test_who_is_told_at_each_step(step, there, told):
    assert told_at(step, there) == told


@pytest.mark.parametrize(
    ("hours", "fault"),
    [
        ((1, 2, 3), ""),
        ((1, 2, 336), ""),
        ((1, 2, 337), "1 to 336 hours"),
        ((0, 2, 3), "1 to 336 hours"),
        ((2, 2, 3), "later than the one before"),
        ((1, 3, 3), "later than the one before"),
    ],
)
def test_hours_are_within_two_weeks_and_one_after_another(hours, fault):
    assert fault in why_not_hours(hours)
    assert bool(why_not_hours(hours)) is bool(fault)


@pytest.mark.parametrize(
    ("waited", "words"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(hours=26, minutes=59), "26 h"),
        (timedelta(hours=71, minutes=59), "71 h"),
        (timedelta(hours=72), "3 days"),
        (timedelta(hours=-1), "0 min"),
    ],
)
def test_how_long_it_waits_is_said_in_words(waited, words):
    assert waited_words(NOW, NOW + waited) == words


# --- cover ---------------------------------------------------------------------------------------


@pytest.fixture
def reyes(site):
    return make_member(site, Role.CLINICIAN, "Dr Reyes")


def away(member, cover, by, first=TODAY, last=TODAY + 6 * DAY, now=NOW):
    return reading.arrange_cover(
        member=member.member, cover=cover.member, first_on=first, last_on=last, by=by, now=now
    )


def test_she_names_who_reads_for_her_and_it_ends_by_itself(site, clinician, reyes):
    cover = away(clinician, reyes, clinician)

    assert cover.last_day == TODAY + 6 * DAY
    assert covered_today(site.pk, TODAY - DAY) == {}
    assert covered_today(site.pk, TODAY) == {clinician.member.pk: cover}
    assert covered_today(site.pk, TODAY + 6 * DAY) == {clinician.member.pk: cover}
    assert covered_today(site.pk, TODAY + 7 * DAY) == {}
    event = AuditEvent.objects.get(action="cover.arranged")
    assert (event.actor, event.site) == (clinician, site)


def test_an_administrator_arranges_it_for_her(clinician, reyes, administrator):
    assert away(clinician, reyes, administrator).arranged_by == administrator


@pytest.mark.parametrize(
    ("first", "last", "field", "sentence"),
    [
        (TODAY + DAY, TODAY, "last_on", "before the first"),
        (TODAY - 2 * DAY, TODAY - DAY, "last_on", "over already"),
        (TODAY, TODAY + 93 * DAY, "last_on", "Three months"),
    ],
)
def test_impossible_days_are_refused_at_their_field(clinician, reyes, first, last, field, sentence):
    with pytest.raises(Refusal, match=sentence) as refused:
        away(clinician, reyes, clinician, first=first, last=last)

    assert refused.value.field == field


def test_a_cover_of_today_alone_and_one_of_three_months_are_taken(clinician, reyes, site):
    third = make_member(site, Role.CLINICIAN, "Dr Lund")

    assert away(clinician, reyes, clinician, last=TODAY).pk
    assert away(third, reyes, third, last=TODAY + 92 * DAY).pk


def test_who_may_not_review_can_neither_stand_in_nor_be_stood_in_for(
    clinician, reyes, coordinator, stranger
):
    for cover, field in ((coordinator, "cover"), (stranger, "cover"), (clinician, "cover")):
        with pytest.raises(Refusal) as refused:
            away(clinician, cover, clinician)
        assert refused.value.field == field
    with pytest.raises(Refusal, match="Nobody waits"):
        away(coordinator, reyes, coordinator)
    with pytest.raises(Refusal, match="She arranges this herself"):
        away(clinician, reyes, coordinator)
    assert not Cover.objects.exists()


def test_one_person_stands_in_at_a_time_and_nobody_hands_on(clinician, reyes, site):
    third = make_member(site, Role.CLINICIAN, "Dr Lund")
    away(clinician, reyes, clinician)

    with pytest.raises(Refusal, match="already on some of these days"):
        away(clinician, third, clinician, first=TODAY + 6 * DAY, last=TODAY + 8 * DAY)
    with pytest.raises(Refusal, match="reads for somebody else"):
        away(reyes, third, reyes)
    with pytest.raises(Refusal, match="is away herself"):
        away(third, clinician, third)
    assert away(clinician, third, clinician, first=TODAY + 7 * DAY, last=TODAY + 8 * DAY).pk


def test_it_is_ended_before_its_day_by_her_or_an_administrator(clinician, reyes, administrator):
    cover = away(clinician, reyes, clinician)
    with pytest.raises(Refusal, match="She arranges this herself"):
        reading.end_cover(cover=cover, by=reyes, now=NOW)

    reading.end_cover(cover=cover, by=administrator, now=NOW)
    reading.end_cover(cover=cover, by=clinician, now=NOW + HOUR)

    cover.refresh_from_db()
    assert (cover.ended_at, cover.ended_by) == (NOW, administrator)
    assert away(clinician, reyes, clinician).pk


# --- hours ---------------------------------------------------------------------------------------


def test_a_site_goes_by_what_is_proposed_until_it_has_decided(site, other_site, clinician):
    assert {s: row.hours for s, row in limits_of(site).items()} == dict(PROPOSED)
    assert all(row.decided is None for row in limits_of(site).values())

    reading.set_hours(
        site=site, severity=Severity.OUT_OF_RANGE, hours=[12, 24, 36], by=clinician, now=NOW
    )
    again = reading.set_hours(
        site=site, severity=Severity.OUT_OF_RANGE, hours=[6, 24, 36], by=clinician, now=NOW
    )

    limit = limits_of(site)[Severity.OUT_OF_RANGE]
    assert (limit.hours, limit.decided) == ((6, 24, 36), again)
    assert limits_of(other_site)[Severity.OUT_OF_RANGE].hours == OFF
    told = AuditEvent.objects.filter(action="reading.hours").latest("pk").detail
    assert (told["was"], told["became"]) == ([12, 24, 36], [6, 24, 36])


def test_hours_out_of_order_are_refused(site, clinician):
    with pytest.raises(Refusal, match="later than the one before"):
        reading.set_hours(
            site=site, severity=Severity.CRITICAL, hours=[2, 1, 3], by=clinician, now=NOW
        )


# --- the steps -----------------------------------------------------------------------------------


def step(site, now, severity=Severity.OUT_OF_RANGE, responsible=None, about="labs.draw:1"):
    return reading.take_steps(
        site=site, about=about, person="patients.patient:1", severity=severity, since=NOW,
        responsible=responsible, now=now,
    )  # fmt: skip


def recipients():
    return set(Message.objects.filter(template="unread").values_list("recipient", flat=True))


def test_each_step_is_taken_once_written_down_and_tells_the_right_people(
    site, clinician, reyes, other_site
):
    third = make_member(site, Role.CLINICIAN, "Dr Lund")
    make_member(other_site, Role.CLINICIAN, "Dr Elsewhere")
    start = NOW + 40 * HOUR
    OnCallShiftFactory(member=reyes.member, during=(start, start + 24 * HOUR), added_by=clinician)

    first = step(site, NOW + 24 * HOUR, responsible=clinician.member.pk)
    again = step(site, NOW + 25 * HOUR, responsible=clinician.member.pk)
    assert ([row.step for row in first], again) == ([1], [])
    assert recipients() == {clinician.email}

    step(site, NOW + 48 * HOUR, responsible=clinician.member.pk)
    assert recipients() == {clinician.email, reyes.email}

    step(site, NOW + 72 * HOUR, responsible=clinician.member.pk)
    assert recipients() == {clinician.email, reyes.email, third.email}
    assert [(row.step, row.after_hours, row.taken_at) for row in ReadingStep.objects.all()] == [
        (1, 24, NOW + 24 * HOUR),
        (2, 48, NOW + 48 * HOUR),
        (3, 72, NOW + 72 * HOUR),
    ]
    assert (
        AuditEvent.objects.filter(action="reading.step", person="patients.patient:1").count() == 3
    )
    told = unread("labs.draw:1", NOW, NOW + 73 * HOUR)
    assert (told.waited, [row.told for row in told.steps][:2]) == (
        "3 days", [clinician.name, "Dr Reyes"],
    )  # fmt: skip
    assert not Page.objects.exists()


def test_while_she_is_away_her_cover_is_told_with_her(site, clinician, reyes):
    away(clinician, reyes, clinician)

    step(site, NOW + 24 * HOUR, responsible=clinician.member.pk)

    assert recipients() == {clinician.email, reyes.email}


def test_who_has_left_is_not_told(site, clinician, reyes):
    clinician.member.deactivated_at, clinician.member.deactivated_by = NOW, reyes
    clinician.member.save()

    step(site, NOW + 24 * HOUR, responsible=clinician.member.pk)

    assert recipients() == {reyes.email}


def test_however_much_waits_one_e_mail_an_hour_is_enough(site, clinician):
    for number in range(3):
        step(site, NOW + 24 * HOUR, responsible=clinician.member.pk, about=f"labs.draw:{number}")

    assert ReadingStep.objects.count() == 3
    assert Message.objects.filter(template="unread").count() == 1


def test_a_critical_value_nobody_looked_at_pages_from_the_second_step(site, clinician):
    step(site, NOW + HOUR, Severity.CRITICAL, clinician.member.pk)
    assert not Page.objects.exists()

    step(site, NOW + 2 * HOUR, Severity.CRITICAL, clinician.member.pk)

    page = Page.objects.get()
    assert (page.about, page.state, page.site) == ("labs.draw:1", "open", site)


# --- the page ------------------------------------------------------------------------------------

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]


def test_the_page_says_which_hours_nobody_has_decided(client: Client, sign_in, clinician, site):
    reading.set_hours(site=site, severity=Severity.CRITICAL, hours=[2, 3, 4], by=clinician, now=NOW)
    sign_in(client, clinician)

    page = client.get(reverse("clinic:who_reads")).text

    assert page.count("proposed, nobody has decided it") == 2
    assert "proposed were 1, 2 and 4 h" in page
    assert "Nobody is away" in page


def test_she_arranges_her_cover_on_the_page(client: Client, sign_in, clinician, reyes):
    sign_in(client, clinician)
    given = {
        "member": clinician.member.pk, "cover": reyes.member.pk, "first_on": "2026-03-16",
        "last_on": "2026-03-20",
    }  # fmt: skip

    answer = client.post(reverse("clinic:arrange_cover"), given, follow=True)

    assert "Dr Reyes reads until 20 Mar." in answer.text
    assert Cover.objects.get().by == reyes.member
    ended = client.post(reverse("clinic:end_cover", args=[Cover.objects.get().pk]), follow=True)
    assert "reads herself again" in ended.text


def test_a_refusal_stands_on_the_page_with_what_was_typed(
    client: Client, sign_in, clinician, reyes
):
    sign_in(client, clinician)
    given = {
        "member": clinician.member.pk, "cover": reyes.member.pk, "first_on": "2026-03-20",
        "last_on": "2026-03-16",
    }  # fmt: skip

    answer = client.post(reverse("clinic:arrange_cover"), given)

    assert answer.status_code == 422
    assert "The last day comes before the first." in answer.text
    assert 'value="2026-03-20"' in answer.text


def test_hours_are_decided_on_the_page(client: Client, sign_in, clinician, site):
    sign_in(client, clinician)
    url = reverse("clinic:reading_hours", args=["critical"])
    odd = {"critical-responsible": 3, "critical-on_call": 2, "critical-everybody": 4}

    assert client.post(url, odd).status_code == 422
    fine = odd | {"critical-on_call": 4, "critical-everybody": 5}
    assert client.post(url, fine).status_code == 302
    assert limits_of(site)[Severity.CRITICAL].hours == (3, 4, 5)
    assert client.post(reverse("clinic:reading_hours", args=["harmless"]), fine).status_code == 404
