"""Every list of the desk, on both sides of its limit, each row with its act (§7.7)."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from labs.actions.ordering import order
from labs.actions.results import Value, file_draw
from labs.models import Analyte, Draw
from patients.models import ContactAttempt
from protocols.actions.missed import mark_missed
from protocols.models import Duty, Enrolment, Visit
from tests.factories.patients import ConsentFactory, ConsentTextFactory
from tests.factories.protocols import (
    DeviationFactory,
    DispenseFactory,
    DoseSegmentFactory,
    EnrolmentFactory,
)
from tests.pages import soup
from tests.protocols.enrolment.cast import at
from tests.protocols.men import NOW, TODAY, make_patient
from tests.protocols.today.day import booked, rooms, treated, visit

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
DAY = timedelta(days=1)


@pytest.fixture
def desk(client, coordinator, sign_in, site, catalogue, programme):
    return sign_in(client, coordinator)


def work(desk, **asked):
    return desk.get(reverse("protocols:today"), asked).context["work"]


def lines(desk, **asked):
    return [(row.what, row.acts) for row in work(desk, **asked)]


# --- who comes, and who is booked where he should not be ------------------------------------


def test_who_comes_tomorrow_stands_under_who_comes_today(desk, site, coordinator):
    made = rooms(site, TODAY)
    for name, days in (("Lin", 1), ("Nowak", 2)):
        row = visit(treated(site, coordinator, name, TODAY - 117 * DAY), "M4")
        booked(row, made[0], time(9), TODAY + days * DAY)
        booked(row, made[3], time(8), TODAY + days * DAY, minutes=15)

    assert lines(desk, show="expected") == [("08:00 Daniel Lin", ("booking", "call"))]
    assert lines(desk) == []
    assert "Tomorrow" in desk.get(reverse("protocols:today"), {"show": "expected"}).text


@pytest.mark.parametrize(
    ("days", "outside"),
    [
        pytest.param(112, True, id="the day before it opens"),
        pytest.param(113, False, id="the day it opens"),
        pytest.param(127, False, id="its last day"),
        pytest.param(128, True, id="the day after"),
    ],
)
def test_a_booking_outside_its_window_is_moved_from_its_row(desk, site, coordinator, days, outside):
    row = visit(treated(site, coordinator, "Lin", TODAY - 110 * DAY), "M4")
    booked(row, rooms(site, TODAY)[0], time(9), TODAY + (days - 110) * DAY)

    found = [what for what in lines(desk) if "outside" in what[0]]

    assert found == (
        [("Daniel Lin, M4 is booked outside its window", ("move", "pin", "call"))]
        if outside
        else []
    )


@pytest.mark.parametrize(("left", "kind"), [(3, "warning"), (4, "")])
def test_a_window_that_closes_within_three_days_is_urgent(desk, site, coordinator, left, kind):
    visit(treated(site, coordinator, "Mills", TODAY - (157 - left) * DAY), "M5")

    (row,) = work(desk)

    assert (row.kind, row.acts) == (kind, ("book", "call"))


# --- papers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "words"),
    [
        pytest.param(48, None, id="eight days left"),
        pytest.param(49, "eligibility ends", id="seven days left"),
        pytest.param(56, "eligibility ends", id="the last day"),
        pytest.param(57, "eligibility is over", id="the day after"),
    ],
)
def test_eligibility_that_runs_out(desk, site, coordinator, days, words):
    EnrolmentFactory(
        patient=make_patient(site, coordinator, "Vance"), status="ELIGIBLE", first_dose_on=None,
        eligible_on=TODAY - days * DAY, status_since=TODAY - days * DAY, opened_by=coordinator,
    )  # fmt: skip

    assert lines(desk) == ([(f"Daniel Vance, {words}", ("enrol", "call"))] if words else [])


@pytest.mark.parametrize(("days", "shown"), [(7, True), (8, False), (-1, True)])
def test_words_he_has_not_agreed_to_yet(desk, site, coordinator, days, shown):
    man = treated(site, coordinator, "Vance", TODAY - 10 * DAY)
    text = ConsentTextFactory(kind="treatment", version=1, title="Treatment")
    ConsentFactory(patient=man.patient, text=text, recorded_by=coordinator)
    ConsentTextFactory(kind="treatment", version=2, effective_on=TODAY + days * DAY)

    found = [what for what in lines(desk) if "new words" in what[0]]

    assert found == (
        [("Daniel Vance, new words to agree to", ("consents", "call"))] if shown else []
    )


@pytest.mark.parametrize(
    ("kind", "status", "shown"),
    [
        ("treatment", "ON_HOLD", True),
        ("treatment", "COMPLETED_TREATMENT", False),
        ("storage", "COMPLETED_TREATMENT", True),
        ("storage", "CLOSED", False),
    ],
)
def test_new_words_are_a_row_as_long_as_they_are_about_him(
    desk, site, coordinator, kind, status, shown
):
    man = treated(site, coordinator, "Vance", TODAY - 10 * DAY)
    Enrolment.objects.filter(pk=man.pk).update(status=status)
    text = ConsentTextFactory(kind=kind, version=1)
    ConsentFactory(patient=man.patient, text=text, recorded_by=coordinator)
    ConsentTextFactory(kind=kind, version=2, effective_on=TODAY)

    assert any("new words" in what for what, _ in lines(desk)) is shown


def test_new_words_he_has_agreed_to_are_no_row(desk, site, coordinator):
    man = treated(site, coordinator, "Vance", TODAY - 10 * DAY)
    for version in (1, 2):
        text = ConsentTextFactory(kind="treatment", version=version, effective_on=TODAY - DAY)
        ConsentFactory(patient=man.patient, text=text, recorded_by=coordinator)

    assert not [what for what in lines(desk) if "new words" in what[0]]


def test_what_a_rule_asks_of_somebody_is_a_row_until_it_is_done(desk, site, coordinator):
    man = treated(site, coordinator, "Vance", TODAY - 10 * DAY)
    duty = Duty.objects.create(
        enrolment=man, code="IPLEDGE_ATTEST", title="Confirm month 2 in iPLEDGE",
        about=f"protocols.enrolment:{man.pk}", due_at=NOW + DAY,
    )  # fmt: skip
    assert ("Daniel Vance, confirm month 2 in iPLEDGE", ("duty", "record")) in lines(desk)

    Duty.objects.filter(pk=duty.pk).update(done_at=NOW, done_by=coordinator, outcome="done")

    assert lines(desk) == []


# --- capsules and the blood they wait for ----------------------------------------------------


def on_capsules(site, by, days, name="Adeyemi"):
    """One bottle of thirty days, handed over so many days ago."""
    man = treated(site, by, name, TODAY - days * DAY)
    DoseSegmentFactory(enrolment=man, ordered_by=by)
    DispenseFactory(
        prescription__enrolment=man, prescription__written_on=TODAY - days * DAY,
        prescription__written_by=by, handed_by=by,
    )  # fmt: skip
    return man


@pytest.mark.parametrize(
    ("days", "row"),
    [
        (29, "Daniel Adeyemi runs out on Wed 5 Aug"),
        (30, "Daniel Adeyemi runs out on Tue 4 Aug"),
        (31, "Daniel Adeyemi ran out on Mon 3 Aug"),
        (45, "Daniel Adeyemi ran out on Mon 20 Jul"),
    ],
)
def test_who_has_none_left_is_told_since_when(desk, site, coordinator, days, row):
    on_capsules(site, coordinator, days)

    assert [what for what, _ in lines(desk) if "Adeyemi r" in what] == [row]


@pytest.mark.parametrize(("days", "shown"), [(22, False), (23, True), (31, True)])
def test_capsules_that_end_within_a_week(desk, site, coordinator, days, shown):
    """Thirty days from day 1: the thirty-first day is the first without."""
    on_capsules(site, coordinator, days)

    found = [acts for what, acts in lines(desk) if "Adeyemi r" in what]

    assert found == ([("doses", "call")] if shown else [])


def test_blood_the_next_bottle_waits_for(desk, site, coordinator, clinician):
    man = on_capsules(site, coordinator, 29)
    row = visit(man, "M1")
    Visit.objects.filter(pk=row.pk).update(
        status="in_progress", attended_on=TODAY, opened_by=coordinator
    )

    def waits():
        return [what for what, acts in lines(desk) if "blood" in what and acts[0] == "results"]

    assert waits() == ["Daniel Adeyemi, blood of M1 is not in yet"]
    units = dict(Analyte.objects.values_list("key", "unit"))
    keys = ("total_cholesterol", "hdl", "triglycerides", "alt", "ast", "ck", "glucose")
    file_draw(
        patient=man.patient, laboratory=None, collected_at=NOW - timedelta(hours=2),
        values=[Value(key, "20", units[key], "") for key in keys], fasting=True,
        fasting_hours=Decimal(12), alcohol_hours=Decimal(48), by=coordinator, now=NOW,
        confirmed=True,
    )  # fmt: skip
    assert waits() == ["Daniel Adeyemi, blood of M1 waits to be read"]
    Draw.objects.update(reviewed_at=NOW, reviewed_by=clinician)
    assert waits() == []


def test_a_sample_that_confirms_is_a_row_when_it_is_due(desk, site, coordinator):
    man = treated(site, coordinator, "Vance", TODAY - 90 * DAY)
    for days in (7, 8):
        order(
            patient=man.patient, semen=True, due_on=TODAY + days * DAY, by=coordinator, now=NOW,
            about=f"protocols.enrolment:{man.pk}", reason=f"Confirm {days}.",
        )  # fmt: skip

    found = [row.ctx for row in work(desk) if "repeat sample" in row.what]

    assert found == ["Due Tue 11 Aug; Confirm 7."]


# --- who does not come ------------------------------------------------------------------------


def silent(site, by, name="Vance"):
    man = treated(site, by, name, TODAY - 84 * DAY)
    for code in ("M1", "M2"):
        visit(man, code)
    mark_missed(now=NOW)
    return man


def tried(man, by, days, channel):
    ContactAttempt.objects.create(
        patient=man.patient, at=at(man.patient.site, TODAY + days * DAY), channel=channel,
        outcome="no_answer", recorded_by=by,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tries", "what", "act"),
    [
        pytest.param([], "reach him", "call", id="nothing yet"),
        pytest.param(
            [(-13, "phone"), (-5, "phone")], "wait for him", "call", id="the letter is for tomorrow"
        ),
        pytest.param(
            [(-14, "phone"), (-5, "phone")], "the letter is due", "reach_letter", id="the letter"
        ),
    ],
)
def test_the_next_step_for_a_man_who_does_not_come(desk, site, coordinator, tries, what, act):
    man = silent(site, coordinator)
    for days, channel in tries:
        tried(man, coordinator, days, channel)

    (row,) = [row for row in work(desk) if "missed" in row.what]

    assert (row.what, row.acts[0]) == (f"Daniel Vance, missed M1 and M2: {what}", act)


def test_who_was_lost_and_was_there_again_is_a_row(desk, site, coordinator):
    man = silent(site, coordinator)
    Enrolment.objects.filter(pk=man.pk).update(
        status="LOST_TO_FOLLOW_UP", status_since=TODAY - 2 * DAY
    )
    assert lines(desk) == []

    attempt = ContactAttempt.objects.create(
        patient=man.patient, at=NOW - DAY, channel="phone", outcome="spoke",
        recorded_by=coordinator,
    )  # fmt: skip

    assert lines(desk) == [("Daniel Vance was there again on Mon 3 Aug", ("back", "call"))]
    ContactAttempt.objects.filter(pk=attempt.pk).update(at=NOW - 3 * DAY)
    assert lines(desk) == []


# --- all of it --------------------------------------------------------------------------------


def test_open_deviations_are_counted_and_lead_to_the_log(desk, site, coordinator):
    man = treated(site, coordinator, "Vance", TODAY - 10 * DAY)
    DeviationFactory(enrolment=man)
    DeviationFactory(
        enrolment=man, closed_at=NOW, closed_by=coordinator, outcome="closed", cause="His train."
    )

    link = soup(desk.get(reverse("protocols:today"))).find(
        "a", href=reverse("protocols:deviations")
    )

    assert link.text == "1 deviation open"


@pytest.mark.parametrize("times", [1, 3])
def test_the_queue_costs_the_same_however_much_waits(
    desk, site, coordinator, times, django_assert_max_num_queries
):
    for n in range(times):
        man = silent(site, coordinator, f"Silent{n}")
        tried(man, coordinator, -20, "phone")
        low = on_capsules(site, coordinator, 29, f"Low{n}")
        row = visit(low, "M1")
        Visit.objects.filter(pk=row.pk).update(
            status="in_progress", attended_on=TODAY, opened_by=coordinator
        )
        DeviationFactory(enrolment=low)
    url = reverse("protocols:today")
    desk.get(url)

    with django_assert_max_num_queries(9):
        page = desk.get(url)

    assert len(page.context["work"]) >= 2 * times
