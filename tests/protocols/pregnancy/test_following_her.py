"""A partner's pregnancy is counselled the same day and asked about until its outcome is known."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import pregnancy as actions
from protocols.models import Duty, PartnerPregnancy
from protocols.rules.pregnancy import due_date, exposure_words, implausible, next_call
from tests.protocols.men import DAY, NOW, TODAY

pytestmark = pytest.mark.django_db
D = date


def told(enrolment, by, **more):
    return actions.record_pregnancy(
        enrolment=enrolment, told_on=TODAY, told_by="him", by=by, now=NOW, **more
    )


def counselled(enrolment, by, **more):
    row = told(enrolment, by, **more)
    return actions.counsel(pregnancy=row, on=TODAY, words="Traces only.", by=by, now=NOW)


def asked():
    return {duty.code: duty.due_at for duty in Duty.objects.open()}


# --- the rule ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_period", "due"),
    [(D(2026, 3, 1), D(2026, 12, 6)), (D(2028, 2, 1), D(2028, 11, 7))],  # 2028 has 29 February
)
def test_a_birth_is_due_280_days_after_the_last_period(last_period, due):
    assert due_date(last_period) == due


@pytest.mark.parametrize(
    ("on", "due_on", "reached", "again"),
    [
        (D(2026, 8, 4), None, True, D(2026, 11, 2)),
        (D(2026, 8, 4), None, False, D(2026, 8, 11)),
        (D(2026, 8, 4), D(2027, 1, 10), True, D(2026, 11, 2)),
        (D(2026, 8, 4), D(2026, 10, 5), True, D(2026, 11, 2)),
        (D(2026, 8, 4), D(2026, 10, 4), True, D(2026, 11, 1)),
        (D(2026, 11, 1), D(2026, 10, 4), True, D(2026, 11, 29)),
    ],
)
def test_the_next_call_is_each_trimester_and_four_weeks_after_the_day_it_was_due(
    on, due_on, reached, again
):
    assert next_call(on=on, due_on=due_on, reached=reached) == again


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (None, "When it began is not known; count it as exposed until it is."),
        (D(2026, 4, 23), "It began before his first capsule."),
        (D(2026, 4, 24), "It began while he was on treatment."),
        (D(2026, 10, 17), "It began while he was on treatment."),
        (D(2026, 10, 18), "It began 1 day after his last capsule, within a month after it."),
        (D(2026, 11, 16), "It began 30 days after his last capsule, within a month after it."),
        (D(2026, 11, 17), "It began 31 days after his last capsule, more than a month after it."),
    ],
)
def test_how_the_treatment_lies_to_its_beginning(period, words):
    said = exposure_words(
        first_dose_on=D(2026, 5, 8), last_dose_on=D(2026, 10, 31), last_period_on=period
    )
    assert said == words


DUE = D(2026, 12, 6)  # last period Sun 1 Mar 2026


@pytest.mark.parametrize(
    ("outcome", "first", "last"),
    [
        ("live_birth", 140, 308),
        ("anomaly", 140, 308),
        ("stillbirth", 140, 308),
        ("miscarriage", 21, 139),
        ("ectopic", 21, 167),
        ("termination", 21, 308),
        ("unknown", 0, 308),
    ],
)
def test_how_it_ended_fits_how_old_it_was(outcome, first, last):
    fits = [
        not implausible(outcome, ended_on=D(2026, 3, 1) + days * DAY, due_on=DUE)
        for days in (first - 1, first, last, last + 1)
    ]
    assert fits == [False, True, True, False]


@pytest.mark.parametrize(
    ("outcome", "days", "words"),
    [
        ("live_birth", 63, "9 weeks old on that day, and a live birth is not before 20 weeks."),
        ("stillbirth", 139, "19 weeks and 6 days old on that day, and a stillbirth is not before"),
        (
            "miscarriage",
            140,
            "than 19 weeks and 6 days; from then on it is a stillbirth.",
        ),
        ("miscarriage", 8, "was 1 week and 1 day old on that day, and a miscarriage is not before"),
        ("ectopic", 168, "the end of an ectopic pregnancy is not later than 23 weeks and 6 days."),
        ("live_birth", 309, "no pregnancy lasts more than 44 weeks."),
        ("unknown", -1, "By the day it was due it had not begun then"),
    ],
)
def test_what_cannot_be_is_a_sentence(outcome, days, words):
    assert words in implausible(outcome, ended_on=D(2026, 3, 1) + days * DAY, due_on=DUE)


def test_without_any_date_nothing_is_implausible():
    assert implausible("live_birth", ended_on=D(2026, 3, 8), due_on=None) == ""


# --- the actions -------------------------------------------------------------------------------


def test_it_asks_for_counselling_the_same_day(treated, coordinator):
    row = told(treated, coordinator)

    assert asked() == {"COUNSEL_PARTNER": datetime(2026, 8, 5, 0, 0, tzinfo=UTC)}
    assert (row.outcome, row.counselled_on) == ("", None)


def test_counselling_ticks_it_off_and_plans_the_first_call(treated, coordinator):
    counselled(treated, coordinator)

    # Mon 2 Nov at closing time, after summer time has ended.
    assert asked() == {"FOLLOW_PREGNANCY": datetime(2026, 11, 3, 1, 0, tzinfo=UTC)}


def test_a_call_on_a_shut_day_moves_to_the_next_open_one(treated, coordinator, site):
    site.closed_days.create(on=D(2026, 11, 2), name="Holiday")
    counselled(treated, coordinator)

    assert asked() == {"FOLLOW_PREGNANCY": datetime(2026, 11, 4, 1, 0, tzinfo=UTC)}


def test_each_call_is_kept_and_plans_the_next(treated, coordinator):
    row = counselled(treated, coordinator)
    later = NOW + 90 * DAY

    actions.follow_up(
        pregnancy=row, on=TODAY + 90 * DAY, reached=False, note="No answer.", by=coordinator,
        now=later,
    )  # fmt: skip

    assert list(row.follow_ups.values_list("reached", "note")) == [(False, "No answer.")]
    assert asked()["FOLLOW_PREGNANCY"].date() == D(2026, 11, 10)


@pytest.mark.parametrize(
    ("outcome", "duties"),
    [
        ("live_birth", []),
        ("miscarriage", []),
        ("anomaly", ["MEDWATCH_REPORT", "SAE_REPORT"]),
        ("stillbirth", ["MEDWATCH_REPORT", "SAE_REPORT"]),
    ],
)
def test_the_outcome_ends_the_calls_and_a_serious_one_asks_for_its_report(
    treated, coordinator, outcome, duties
):
    row = counselled(treated, coordinator)

    actions.record_outcome(pregnancy=row, outcome=outcome, ended_on=TODAY, by=coordinator, now=NOW)

    assert sorted(asked()) == duties


def test_only_one_is_followed_at_a_time_and_another_may_follow(treated, coordinator):
    row = told(treated, coordinator)
    with pytest.raises(Refusal, match="followed already"):
        told(treated, coordinator)
    actions.record_outcome(
        pregnancy=row, outcome="miscarriage", ended_on=TODAY, by=coordinator, now=NOW
    )

    assert told(treated, coordinator).pk != row.pk


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"last_period_on": TODAY + DAY}, "last_period_on"),
        ({"last_period_on": TODAY - 302 * DAY}, "last_period_on"),
        ({"due_on": TODAY + 302 * DAY}, "due_on"),
    ],
)
def test_an_impossible_day_is_refused_at_its_field(treated, coordinator, more, field):
    with pytest.raises(Refusal) as refused:
        told(treated, coordinator, **more)

    assert (refused.value.field, PartnerPregnancy.objects.count()) == (field, 0)


def test_it_cannot_end_twice_nor_before_it_began(treated, coordinator):
    row = told(treated, coordinator, last_period_on=TODAY - 60 * DAY)
    with pytest.raises(Refusal, match="before it began"):
        actions.record_outcome(
            pregnancy=row, outcome="miscarriage", ended_on=TODAY - 61 * DAY, by=coordinator,
            now=NOW,
        )  # fmt: skip
    actions.record_outcome(
        pregnancy=row, outcome="miscarriage", ended_on=TODAY, by=coordinator, now=NOW
    )
    with pytest.raises(Refusal, match="already"):
        actions.record_outcome(
            pregnancy=row, outcome="live_birth", ended_on=TODAY, by=coordinator, now=NOW
        )


@pytest.mark.parametrize(
    "known", [{"last_period_on": TODAY - 63 * DAY}, {"due_on": TODAY + 217 * DAY}]
)
def test_a_live_birth_after_nine_weeks_is_refused_and_the_loss_is_taken(
    treated, coordinator, known
):
    row = told(treated, coordinator, **known)
    ended = {"pregnancy": row, "ended_on": TODAY, "by": coordinator, "now": NOW}

    with pytest.raises(Refusal, match="9 weeks old on that day") as refused:
        actions.record_outcome(outcome="live_birth", **ended)

    assert (refused.value.field, PartnerPregnancy.objects.get().outcome) == ("ended_on", "")
    assert actions.record_outcome(outcome="miscarriage", **ended).outcome == "miscarriage"


@pytest.mark.parametrize(("days", "taken"), [(731, True), (732, False)])
def test_an_end_long_before_we_were_told_is_refused(treated, coordinator, days, taken):
    row = told(treated, coordinator)
    ended = {"pregnancy": row, "outcome": "live_birth", "by": coordinator, "now": NOW}
    if taken:
        assert actions.record_outcome(ended_on=TODAY - days * DAY, **ended).outcome == "live_birth"
        return
    with pytest.raises(Refusal, match="more than two years before"):
        actions.record_outcome(ended_on=TODAY - days * DAY, **ended)


@pytest.mark.parametrize(
    ("known", "given", "due"),
    [
        ({"last_period_on": D(2026, 6, 1)}, {"due_on": None}, D(2027, 2, 8)),
        ({"last_period_on": D(2026, 6, 1)}, {"due_on": D(2027, 3, 8)}, D(2027, 2, 8)),
        ({"last_period_on": D(2026, 6, 1)}, {"due_on": D(2027, 2, 20)}, D(2027, 2, 20)),
        (
            {"last_period_on": D(2026, 6, 1), "due_on": D(2027, 3, 1)},
            {"due_on": D(2027, 3, 1)},
            D(2027, 3, 1),
        ),
    ],
    ids=["left empty", "left as counted", "by a scan", "as a scan had said"],
)
def test_corrected_dates_say_when_it_is_due(treated, coordinator, known, given, due):
    row = told(treated, coordinator, **known)

    corrected = actions.correct_dates(
        pregnancy=row, last_period_on=D(2026, 5, 4), by=coordinator, now=NOW, **given
    )

    assert (corrected.last_period_on, corrected.due_on) == (D(2026, 5, 4), due)


def test_the_call_that_waits_follows_the_corrected_dates(treated, coordinator):
    row = counselled(treated, coordinator)
    assert asked()["FOLLOW_PREGNANCY"] == datetime(2026, 11, 3, 1, 0, tzinfo=UTC)

    actions.correct_dates(
        pregnancy=row, last_period_on=None, due_on=D(2026, 8, 20), by=coordinator, now=NOW
    )

    # Thu 17 Sep, four weeks after the day it is due.
    assert asked() == {"FOLLOW_PREGNANCY": datetime(2026, 9, 18, 0, 0, tzinfo=UTC)}


def test_before_the_counselling_corrected_dates_ask_for_no_call(treated, coordinator):
    row = told(treated, coordinator)

    actions.correct_dates(
        pregnancy=row, last_period_on=None, due_on=D(2026, 8, 20), by=coordinator, now=NOW
    )

    assert set(asked()) == {"COUNSEL_PARTNER"}


def test_the_dates_of_what_has_ended_stay(treated, coordinator):
    row = told(treated, coordinator)
    actions.record_outcome(
        pregnancy=row, outcome="miscarriage", ended_on=TODAY, by=coordinator, now=NOW
    )

    with pytest.raises(Refusal, match="already"):
        actions.correct_dates(
            pregnancy=row, last_period_on=TODAY - 60 * DAY, due_on=None, by=coordinator, now=NOW
        )


def test_the_trail_tells_each_step_without_its_words(treated, coordinator):
    counselled(treated, coordinator, note="She is well.")

    kept = AuditEvent.objects.filter(action__startswith="pregnancy.").order_by("pk")
    assert [event.action for event in kept] == ["pregnancy.recorded", "pregnancy.counselled"]
    assert not any("well" in str(event.detail) + event.reason for event in kept)


# --- in the browser ----------------------------------------------------------------------------


def test_from_the_call_to_the_outcome_on_one_page(client, treated, coordinator, sign_in):
    sign_in(client, coordinator)
    page = reverse("protocols:pregnancies", args=[treated.patient_id])
    today = treated.patient.site.localdate(datetime.now(UTC))

    client.post(
        reverse("protocols:record_pregnancy", args=[treated.patient_id]),
        {"told_on": today, "told_by": "partner", "conceived": "natural"},
    )
    row = PartnerPregnancy.objects.get()
    assert "not counselled yet" in client.get(page).content.decode()
    client.post(
        reverse("protocols:counsel_pregnancy", args=[row.pk]), {"on": today, "words": "Traces."}
    )
    client.post(
        reverse("protocols:follow_pregnancy", args=[row.pk]),
        {"on": today, "reached": "yes", "note": "She is well."},
    )
    client.post(
        reverse("protocols:pregnancy_outcome", args=[row.pk]),
        {"outcome": "live_birth", "ended_on": today, "note": "A girl."},
    )

    shown = client.get(page).content.decode()
    assert ["Traces." in shown, "She is well." in shown, "A girl." in shown] == [True] * 3
    row.refresh_from_db()
    assert row.outcome == "live_birth"


def test_the_dates_are_corrected_on_the_page(client, treated, coordinator, sign_in):
    row = told(treated, coordinator, last_period_on=TODAY - 63 * DAY)
    sign_in(client, coordinator)

    refused = client.post(
        reverse("protocols:pregnancy_outcome", args=[row.pk]),
        {"outcome": "live_birth", "ended_on": TODAY},
    )
    corrected = client.post(
        reverse("protocols:date_pregnancy", args=[row.pk]),
        {"last_period_on": TODAY - 280 * DAY},
        follow=True,
    )

    assert (refused.status_code, "9 weeks old on that day" in refused.text) == (422, True)
    assert "The dates are corrected; the next call follows them." in corrected.text
    row.refresh_from_db()
    assert (row.last_period_on, row.due_on) == (TODAY - 280 * DAY, TODAY)


def test_what_was_typed_stands_beside_the_refusal(client, treated, coordinator, sign_in):
    sign_in(client, coordinator)
    tomorrow = treated.patient.site.localdate(datetime.now(UTC)) + timedelta(days=1)

    answer = client.post(
        reverse("protocols:record_pregnancy", args=[treated.patient_id]),
        {"told_on": tomorrow, "told_by": "him", "conceived": "art", "note": "Heard today"},
    )

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert ["This day has not come yet." in shown, "Heard today" in shown] == [True, True]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("natural", "conceived naturally."),
        ("art", "conceived by IVF or ICSI."),
        ("unknown", "conceived in a way not known."),
    ],
)
def test_how_she_conceived_is_a_sentence(client, treated, coordinator, sign_in, how, words):
    told(treated, coordinator, conceived=how)
    sign_in(client, coordinator)

    page = client.get(reverse("protocols:pregnancies", args=[treated.patient_id]))

    assert words in page.text
