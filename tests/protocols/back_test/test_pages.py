"""A rule tried on everything stored: asked for, looked through, read; without names for some."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import back_test as actions
from protocols.actions.safety import decide
from protocols.models import BackTest, Finding
from protocols.queries.enrolment import definition_of
from tests.factories.protocols import (
    CapsuleCountFactory,
    DeviationFactory,
    MoodQuestionnaireFactory,
    SymptomGradeFactory,
    VisitFactory,
)
from tests.pages import soup
from tests.protocols.men import DAY, DAY_ONE, NOW, blood, on_treatment

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]


def tried(version, by, rule="TG_HOLD", threshold=None) -> BackTest:
    run = actions.begin(version=version, rule=rule, threshold=threshold, by=by, now=NOW)
    while not run.done:
        run = actions.go_on(run=run, by=by, now=NOW)
    return run


def hits(run: BackTest) -> list[tuple[bool, str]]:
    return list(run.hits.order_by("on", "pk").values_list("would_fire", "fate"))


def test_a_lower_limit_shows_whom_it_would_have_held_and_what_was_said_then(
    treated, clinician, programme
):
    blood(treated.patient, clinician, now=NOW - 30 * DAY, triglycerides="320")
    blood(treated.patient, clinician, now=NOW - 20 * DAY, triglycerides="620")
    blood(treated.patient, clinician, now=NOW - 10 * DAY, triglycerides="900")
    decide(finding=Finding.objects.get(action="HOLD"), decision="accept", by=clinician, now=NOW)

    run = tried(programme, clinician, threshold=Decimal(600))

    assert hits(run) == [(True, "another"), (True, "accepted")]
    assert (run.looked, run.of, run.evidence) == (1, 1, 3)
    assert (run.first_on, run.last_on) == (NOW.date() - 30 * DAY, NOW.date() - 10 * DAY)


def test_a_higher_limit_shows_what_would_not_fire_any_more(treated, clinician, programme):
    blood(treated.patient, clinician, triglycerides="820")

    run = tried(programme, clinician, threshold=Decimal(900))

    assert hits(run) == [(False, "waiting")]


def test_what_was_taken_back_is_no_evidence(treated, clinician, programme):
    draw = blood(treated.patient, clinician, triglycerides="900")
    type(draw).objects.filter(pk=draw.pk).update(
        status="entered_in_error",
        struck_at=NOW,
        struck_by=clinician,
        struck_reason="Mixed up.",
    )

    assert tried(programme, clinician).evidence == 0


def test_mood_symptoms_and_deviations_are_tried_on_their_own_evidence(
    treated, clinician, programme
):
    MoodQuestionnaireFactory(enrolment=treated, answers=[1] * 8 + [0], answered_at=NOW - 5 * DAY)
    visit = VisitFactory(
        enrolment=treated, status="signed", attended_on=DAY_ONE + 40 * DAY, opened_by=clinician
    )
    SymptomGradeFactory(visit=visit, term="tinnitus", grade=1)
    CapsuleCountFactory(visit=visit, returned=8, counted_on=DAY_ONE + 40 * DAY)
    DeviationFactory(enrolment=treated, code="VISIT_LATE", about=visit.label)

    assert hits(tried(programme, clinician, "PHQ9_MODERATE")) == []
    assert hits(tried(programme, clinician, "PHQ9_MODERATE", Decimal(8))) == [(True, "not_fired")]
    assert hits(tried(programme, clinician, "SYMPTOM_HEARING")) == [(True, "not_fired")]
    assert hits(tried(programme, clinician, "VISIT_LATE")) == [(True, "waiting")]
    assert hits(tried(programme, clinician, "DOSE_MISSED")) == []
    assert hits(tried(programme, clinician, "DOSE_MISSED", Decimal(90))) == [(True, "not_fired")]


def test_the_look_goes_on_step_by_step_and_counts_each_man_once(treated, clinician, programme):
    for n in range(2):
        man = on_treatment(clinician.member.site, clinician, f"Marsh{n}")
        blood(man.patient, clinician, triglycerides="900")
    run = actions.begin(version=programme, rule="TG_HOLD", threshold=None, by=clinician, now=NOW)

    told = []
    while not run.done:
        run = actions.go_on(run=run, by=clinician, now=NOW, step=1)
        told.append((run.looked, run.done))

    assert told == [(1, False), (2, False), (3, True)]
    assert run.hits.count() == 2
    assert actions.go_on(run=run, by=clinician, now=NOW).hits.count() == 2


@pytest.mark.parametrize("rows", [1, 3])
def test_a_step_costs_the_same_however_many_men_there_are(
    treated, clinician, programme, rows, django_assert_num_queries
):
    for n in range(rows):
        man = on_treatment(clinician.member.site, clinician, f"Marsh{n}")
        blood(man.patient, clinician, triglycerides="900")
    run = actions.begin(version=programme, rule="TG_HOLD", threshold=None, by=clinician, now=NOW)
    definition_of(programme)

    with django_assert_num_queries(10):
        actions.go_on(run=run, by=clinician, now=NOW)


def test_another_sites_men_are_not_looked_at(treated, clinician, stranger, programme):
    blood(treated.patient, clinician, triglycerides="900")

    assert tried(programme, stranger).looked == 0


def test_a_number_that_makes_no_sense_is_refused_beside_its_field(programme, clinician):
    with pytest.raises(Refusal, match="no number") as refused:
        tried(programme, clinician, "SYMPTOM_VISION", Decimal(3))

    assert refused.value.field == "threshold"
    assert not BackTest.objects.exists()


def test_trying_a_rule_leaves_a_trail_and_only_the_newest_are_kept(
    programme, clinician, monkeypatch
):
    monkeypatch.setattr(actions, "KEPT", 2)
    runs = [tried(programme, clinician, rule) for rule in ("TG_HOLD", "TG_STOP", "CK_STOP")]

    assert list(BackTest.objects.order_by("pk")) == runs[1:]
    events = AuditEvent.objects.filter(action="protocol.back_tested")
    assert [event.detail["rule"] for event in events.order_by("pk")] == [
        "TG_HOLD", "TG_STOP", "CK_STOP",
    ]  # fmt: skip


def test_from_choosing_a_rule_to_reading_what_it_would_have_done(
    client, sign_in, treated, clinician, programme
):
    blood(treated.patient, clinician, triglycerides="620")
    sign_in(client, clinician)
    here = reverse("protocols:try_rule", args=[programme.pk])
    assert "TG_HOLD" in client.get(here).text

    started = client.post(here, {"rule": "TG_HOLD", "threshold": "600"})
    waits = client.get(started.headers["Location"])
    assert "0 of 1 men looked at." in waits.text
    going = soup(waits).select_one("#run form")["hx-post"]
    part = client.post(going, headers={"HX-Request": "true"}, follow=True)
    whole = client.get(started.headers["Location"])

    assert soup(part).select_one("#run") == soup(whole).select_one("#run")
    tiles = [" ".join(tile.text.split()) for tile in soup(whole).select(".tile")]
    assert tiles[:4] == [
        "1time it would have fired, for 1 man", "0times it fired", "1would be new",
        "0would not fire any more",
    ]  # fmt: skip
    assert "is over 600 mg/dL" in whole.text
    assert "Another rule fired" in whole.text
    assert soup(whole).select("svg rect")


def test_who_may_not_see_findings_reads_numbers_and_no_names(
    client, sign_in, treated, clinician, administrator, programme
):
    blood(treated.patient, clinician, triglycerides="900")
    run = tried(programme, clinician)

    page = sign_in(client, administrator).get(reverse("protocols:back_test", args=[run.pk]))

    assert soup(page).select_one(".tile").text == "1time it would have fired, for 1 man"
    assert "Rourke" not in page.text
    assert "mg/dL (" not in page.text


def test_another_sites_trials_do_not_exist(client, sign_in, stranger, clinician, programme):
    run = tried(programme, clinician)
    sign_in(client, stranger)

    assert client.get(reverse("protocols:back_test", args=[run.pk])).status_code == 404
    assert client.post(reverse("protocols:back_test_on", args=[run.pk])).status_code == 404


def test_what_was_typed_wrong_is_kept_and_said(client, sign_in, clinician, programme):
    sign_in(client, clinician)

    page = client.post(
        reverse("protocols:try_rule", args=[programme.pk]),
        {"rule": "SYMPTOM_VISION", "threshold": "7"},
    )

    assert page.status_code == 422
    assert "This rule has no number that could be changed." in page.text
    assert soup(page).select_one("input[name=threshold]")["value"] == "7"


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_often_it_fired(
    client, sign_in, clinician, treated, rows, django_assert_num_queries
):
    for n in range(rows):
        man = on_treatment(clinician.member.site, clinician, f"Marsh{n}")
        blood(man.patient, clinician, now=NOW - timedelta(days=n), triglycerides="900")
    run = tried(treated.version, clinician)
    sign_in(client, clinician)

    with django_assert_num_queries(10):
        page = client.get(reverse("protocols:back_test", args=[run.pk]))

    assert len(page.context["page"].rows) == rows
