"""What is critical pages at once; what nobody looks at is told to one after another."""

from datetime import timedelta

import pytest

from clinic import audit
from clinic.access import Role
from clinic.actions import on_call, reading
from clinic.models import Message, Page, ReadingStep
from clinic.refusal import Refusal
from clinic.rules.reading import Severity
from labs.actions.results import correct_draw, review_draws, strike_draw
from labs.rules.readings import Value
from protocols.actions import unread
from protocols.models import Finding
from protocols.tasks import escalate_unread
from tests.conftest import make_member
from tests.factories.labs import SemenAnalysisFactory
from tests.protocols.men import NOW, blood, make_patient

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def vance(site, coordinator, catalogue):
    """A man who is in no programme: no rule of one pages for him."""
    return make_patient(site, coordinator, "Vance")


def pages(draw):
    return list(Page.objects.filter(about=audit.label(draw)).values_list("state", flat=True))


def correct(draw, value, by, now=NOW + HOUR):
    return correct_draw(
        draw=draw, values=[Value("glucose", value, "mg/dL")], reason="Typed wrong.", by=by,
        now=now, confirmed=True,
    )  # fmt: skip


# --- critical values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glucose", "paged"),
    [("53", True), ("54", False), ("400", False), ("401", True), (">350", True), ("<60", True)],
)
def test_a_value_beyond_its_limit_pages_and_one_at_it_does_not(
    vance, coordinator, clinician, glucose, paged
):
    draw = blood(vance, coordinator, glucose=glucose)

    assert pages(draw) == (["open"] if paged else [])
    assert draw.results.get().critical is paged


def test_the_page_goes_to_who_is_on_call_and_is_answered_by_signing(vance, coordinator, clinician):
    draw = blood(vance, coordinator, glucose="420")
    page = Page.objects.get(about=audit.label(draw))
    assert [call.member for call in page.calls.all()] == [clinician.member]

    review_draws(draws=[draw], by=clinician, now=NOW + HOUR)

    page.refresh_from_db()
    assert (page.state, page.answered_by, page.answered_at) == ("answered", clinician, NOW + HOUR)


def test_when_nobody_answers_the_next_is_called(vance, coordinator, clinician, site):
    blood(vance, coordinator, glucose="420")

    assert on_call.call_due(now=NOW + timedelta(minutes=15)) == 1


def test_a_correction_to_a_harmless_value_takes_the_page_back(vance, coordinator, clinician):
    draw = blood(vance, coordinator, glucose="420")

    correct(draw, "42", coordinator)
    assert pages(draw) == ["open"]
    correct(draw, "95", coordinator, now=NOW + 2 * HOUR)
    assert pages(draw) == ["withdrawn"]


def test_striking_it_out_takes_the_page_back(vance, coordinator, clinician):
    draw = blood(vance, coordinator, glucose="420")

    strike_draw(draw=draw, reason="Another man's.", by=coordinator, now=NOW + HOUR)

    assert pages(draw) == ["withdrawn"]


def test_a_new_critical_value_after_an_answer_pages_again_and_the_same_does_not(
    vance, coordinator, clinician
):
    draw = blood(vance, coordinator, glucose="420", alt="30")
    on_call.answer(page=Page.objects.get(), by=clinician, now=NOW)

    correct_draw(
        draw=draw, values=[Value("alt", "31", "U/L", "<40")], reason="Typed wrong.",
        by=coordinator, now=NOW + HOUR,
    )  # fmt: skip
    assert pages(draw) == ["answered"]
    correct(draw, "460", coordinator, now=NOW + 2 * HOUR)
    assert sorted(pages(draw)) == ["answered", "open"]


def test_an_old_file_rings_nobody_up(vance, coordinator, clinician):
    from labs.actions.results import file_draw

    for days, number in ((14, 1), (15, 1)):
        file_draw(
            patient=vance, laboratory=None, collected_at=NOW - timedelta(days=days),
            values=[Value("glucose", "420", "mg/dL")], by=coordinator, now=NOW, confirmed=True,
        )  # fmt: skip
        assert Page.objects.count() == number


def test_one_page_is_enough_where_a_rule_has_paged_for_the_same_value(
    treated, coordinator, clinician
):
    draw = blood(treated.patient, coordinator, triglycerides="1200")

    finding = Finding.objects.get(evidence=audit.label(draw))
    assert finding.action == "STOP"
    assert list(Page.objects.values_list("about", flat=True)) == [audit.label(finding)]


def test_it_pages_though_he_chose_to_wait_and_though_it_is_preliminary(
    vance, coordinator, clinician
):
    from labs.actions.results import file_draw

    draw = file_draw(
        patient=vance, laboratory=None, collected_at=NOW - HOUR, by=coordinator, now=NOW,
        values=[Value("glucose", "420", "mg/dL", status="preliminary")], confirmed=True,
    )  # fmt: skip

    assert (draw.status, pages(draw)) == ("preliminary", ["open"])
    with pytest.raises(Refusal, match="preliminary"):
        review_draws(draws=[draw], by=clinician, now=NOW)


# --- nobody looked -------------------------------------------------------------------------------


@pytest.fixture
def reyes(site):
    return make_member(site, Role.CLINICIAN, "Dr Reyes")


def steps(result):
    return list(
        ReadingStep.objects.filter(about=audit.label(result)).values_list("severity", "step")
    )


@pytest.mark.parametrize(
    ("glucose", "severity", "hours"),
    [("420", "critical", 1), ("120", "out_of_range", 24), ("90", "in_range", 72)],
)
def test_each_severity_has_hours_of_its_own(
    vance, coordinator, clinician, glucose, severity, hours
):
    from labs.actions.results import file_draw

    draw = file_draw(
        patient=vance, laboratory=None, collected_at=NOW - HOUR, by=coordinator, now=NOW,
        values=[Value("glucose", glucose, "mg/dL", "70-100")], confirmed=True,
    )  # fmt: skip

    assert unread.escalate(now=NOW + hours * HOUR - timedelta(seconds=1)) == 0
    assert unread.escalate(now=NOW + hours * HOUR) == 1
    assert unread.escalate(now=NOW + hours * HOUR) == 0
    assert steps(draw) == [(severity, 1)]


def test_it_goes_to_his_clinician_first_then_to_all_and_stops_when_somebody_has_looked(
    treated, coordinator, clinician, reyes
):
    treated.clinician = clinician.member
    treated.save()
    draw = blood(treated.patient, coordinator, glucose="120")

    unread.escalate(now=NOW + 24 * HOUR)
    sent = Message.objects.filter(template="unread")
    assert set(sent.values_list("recipient", flat=True)) == {clinician.email}
    unread.escalate(now=NOW + 48 * HOUR)
    assert set(sent.values_list("recipient", flat=True)) == {clinician.email, reyes.email}

    review_draws(draws=[draw], by=reyes, now=NOW + 50 * HOUR)
    assert unread.escalate(now=NOW + 90 * HOUR) == 0
    assert len(steps(draw)) == 2


def test_a_correction_waits_anew(vance, coordinator, clinician):
    draw = blood(vance, coordinator, glucose="120")
    unread.escalate(now=NOW + 24 * HOUR)

    correct(draw, "130", coordinator, now=NOW + 25 * HOUR)

    assert unread.escalate(now=NOW + 48 * HOUR) == 0
    assert unread.escalate(now=NOW + 49 * HOUR) == 1
    assert [step for _, step in steps(draw)] == [1, 1]


def test_a_sample_waits_as_long_as_what_is_out_of_range(vance, clinician):
    sheet = SemenAnalysisFactory(patient=vance, verified_at=NOW, entered_at=NOW)

    unread.escalate(now=NOW + 24 * HOUR)

    assert steps(sheet) == [("out_of_range", 1)]


def test_a_site_goes_by_its_own_hours(vance, coordinator, clinician, site):
    reading.set_hours(
        site=site, severity=Severity.OUT_OF_RANGE, hours=[2, 3, 4], by=clinician, now=NOW
    )
    draw = blood(vance, coordinator, glucose="120")

    unread.escalate(now=NOW + 3 * HOUR)

    assert [step for _, step in steps(draw)] == [1, 2]


@pytest.mark.parametrize("draws", [1, 3])
def test_the_sweep_reads_in_a_fixed_number_of_queries_when_nothing_is_due(
    vance, coordinator, clinician, draws, django_assert_num_queries
):
    for number in range(draws):
        blood(vance, coordinator, now=NOW + timedelta(seconds=number), glucose="90")

    with django_assert_num_queries(5):
        assert unread.escalate(now=NOW + HOUR) == 0


def test_the_worker_takes_the_steps_by_its_own_clock(vance, coordinator, clinician, time_machine):
    draw = blood(vance, coordinator, glucose="120")

    time_machine.move_to(NOW + 24 * HOUR, tick=False)

    assert escalate_unread() == 1
    assert steps(draw) == [("out_of_range", 1)]
