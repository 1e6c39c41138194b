"""A fasting triglyceride of 620 becomes a smaller dose, whole or not at all."""

from datetime import date, timedelta

import pytest

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.models import Order
from protocols.actions import decisions
from protocols.actions.safety import decide
from protocols.models import DoseSegment, Finding
from tests.protocols.men import NOW, TODAY, blood

pytestmark = pytest.mark.django_db
TOMORROW = date(2026, 8, 5)


@pytest.fixture
def finding(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="620", alt="58")
    return Finding.objects.get()


def test_triglycerides_of_620_fasting_propose_to_reduce(finding):
    assert (finding.action, finding.urgency, finding.state) == ("REDUCE", 2, "open")
    assert finding.headline == "Triglycerides 620 mg/dL, fasting: reduce"
    assert finding.repeat_by == date(2026, 8, 18)
    assert finding.contact_by.isoformat() == "2026-08-07T00:00:00+00:00"  # Thu 17:00 Pacific
    assert finding.ruleset.startswith("isotretinoin_six_months.v1 ")
    assert [(row["rule"], row["grade"]) for row in finding.reasons] == [
        ("TG_REDUCE", 3),
        ("LIVER_ADVISE", 1),
    ]


def test_accepting_means_20_mg_from_tomorrow_and_a_repeat_in_a_fortnight(finding, clinician):
    decide(finding=finding, decision="accept", by=clinician, now=NOW)

    first, second = DoseSegment.objects.order_by("during")
    assert (first.during.upper, first.mg_per_day) == (TOMORROW, 40)
    assert (second.during.lower, second.during.upper, second.mg_per_day) == (TOMORROW, None, 20)
    assert (second.kind, second.finding) == ("reduced", finding)
    order = Order.objects.get()
    assert (order.panel.key, order.due_on, order.fasting) == ("lipids", date(2026, 8, 18), True)
    assert order.about == f"protocols.finding:{finding.pk}"
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by, finding.decided_at) == ("accepted", clinician, NOW)


def test_a_decision_reviews_the_results_it_rests_on(finding, clinician, treated):
    decide(finding=finding, decision="accept", by=clinician, now=NOW)

    assert treated.patient.draws.get().reviewed_by == clinician


def test_nothing_of_a_decision_stays_when_a_part_of_it_fails(finding, clinician, monkeypatch):
    """He has no portal: the letter is refused, and with it everything else."""
    with pytest.raises(Refusal, match="no open portal"):
        decide(finding=finding, decision="accept", by=clinician, now=NOW, letter="Dear Dan")

    finding.refresh_from_db()
    assert (finding.state, finding.decided_at) == ("open", None)
    assert DoseSegment.objects.get().during.upper is None
    assert not Order.objects.exists()
    assert not AuditEvent.objects.filter(action="dose.ordered").exists()


def test_holding_instead_needs_a_reason(finding, clinician):
    with pytest.raises(Refusal, match="Write down the reason") as refused:
        decide(finding=finding, decision="edit", action="HOLD", by=clinician, now=NOW)

    assert refused.value.field == "reason"


def test_holding_instead_holds_today_and_says_why(finding, clinician, treated):
    decide(
        finding=finding, decision="edit", action="HOLD", reason="Pain last week.",
        by=clinician, now=NOW,
    )  # fmt: skip

    treated.refresh_from_db()
    assert (treated.status, treated.status_since) == ("ON_HOLD", TODAY)
    held = DoseSegment.objects.get(kind="hold")
    assert (held.during.lower, held.reason) == (TODAY, "Pain last week.")
    assert Finding.objects.get().decided_action == "HOLD"


def test_declining_keeps_the_dose_and_the_reason(finding, clinician, treated):
    decide(
        finding=finding, decision="decline", reason="He was not fasting after all.",
        by=clinician, now=NOW,
    )  # fmt: skip

    assert DoseSegment.objects.get().mg_per_day == 40
    assert not Order.objects.exists()
    row = Finding.objects.get()
    assert (row.state, row.decision_reason) == ("declined", "He was not fasting after all.")


def test_stopping_ends_the_dose_and_lays_the_follow_up(finding, clinician, treated):
    decide(
        finding=finding, decision="edit", action="STOP", reason="Pancreatitis.",
        by=clinician, now=NOW,
    )  # fmt: skip

    treated.refresh_from_db()
    assert (treated.status, treated.last_dose_on) == ("DISCONTINUED", TODAY)
    assert DoseSegment.objects.get().during.upper == TOMORROW
    assert treated.visits.get(code="FU1").target_on == TODAY + timedelta(days=30)


def test_the_decision_leaves_one_line_in_the_trail(finding, clinician):
    decide(finding=finding, decision="accept", by=clinician, now=NOW)

    event = AuditEvent.objects.get(action="finding.decided")
    assert (event.actor, event.person) == (clinician, finding.enrolment.patient.label)
    assert event.detail["proposed"] == event.detail["chosen"] == "REDUCE"
    assert [row.split(":")[0] for row in event.detail["followed"]] == [
        "segment",
        "order",
        "duty",
    ]


def test_a_second_decision_is_refused_with_who_took_the_first(finding, clinician, coordinator):
    decide(finding=finding, decision="accept", by=clinician, now=NOW)

    with pytest.raises(Refusal, match="has decided this already"):
        decide(
            finding=finding, decision="decline", reason="No.", by=coordinator,
            now=NOW + timedelta(minutes=1),
        )  # fmt: skip
    assert decisions.already_decided(Finding.objects.get()).endswith(
        "(4 Aug, 10:45): reduce to 20 mg a day."
    )
