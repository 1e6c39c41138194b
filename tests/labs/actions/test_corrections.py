from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.ordering import cancel_order, order
from labs.actions.results import (
    Value,
    correct_draw,
    file_draw,
    regrade,
    review_draws,
    say_fasting,
    strike_draw,
)
from labs.models import Result
from tests.labs.conftest import DRAWN, LIPIDS, NOW

pytestmark = pytest.mark.django_db
DUE = date(2026, 8, 18)


@pytest.fixture
def file(man, laboratory, coordinator):
    def filed(values, **more):
        fields = {"collected_at": DRAWN, "fasting": True, "by": coordinator, "now": NOW} | more
        return file_draw(patient=man, laboratory=laboratory, values=values, **fields)

    return filed


def shown(draw):
    return {r.analyte.key: (r.value, r.status) for r in draw.results.current()}


def test_a_correction_supersedes_and_calculates_anew(file, coordinator):
    draw = file(LIPIDS)

    corrected = correct_draw(
        draw=draw,
        values=[Value("total_cholesterol", "226", "mg/dL")],
        reason="typed wrong",
        by=coordinator,
        now=NOW,
    )

    assert corrected.status == "corrected"
    assert shown(draw)["total_cholesterol"] == (Decimal(226), "corrected")
    assert shown(draw)["non_hdl"] == (Decimal(190), "corrected")
    assert shown(draw)["triglycerides"] == (Decimal(612), "final")
    old = Result.objects.get(analyte__key="total_cholesterol", value=246)
    assert old.superseded_by.correction_reason == "typed wrong"


def test_a_correction_is_reviewed_anew(file, coordinator, clinician):
    draw = file(LIPIDS)
    review_draws(draws=[draw], comment="Fine.", by=clinician, now=NOW)

    corrected = correct_draw(
        draw=draw,
        values=[Value("hdl", "46", "mg/dL")],
        reason="typed wrong",
        by=coordinator,
        now=NOW,
    )

    assert (corrected.reviewed_at, corrected.reviewed_by, corrected.comment) == (None, None, "")


def test_a_reported_ldl_takes_the_place_of_the_calculated_one(file, coordinator):
    draw = file(LIPIDS)

    correct_draw(
        draw=draw, values=[Value("ldl", "101", "mg/dL")], reason="sent later", by=coordinator,
        now=NOW,
    )  # fmt: skip

    assert shown(draw)["ldl"] == (Decimal(101), "final")
    assert draw.results.get(analyte__key="ldl", value=105).superseded_by.value == 101


def test_a_final_value_after_a_preliminary_one_is_no_correction(file):
    draw = file([Value("alt", "38", "U/L", status="preliminary")])
    assert draw.status == "preliminary"

    final = correct_draw(
        draw=draw, values=[Value("alt", "38", "U/L")], reason="final report", by=None, now=NOW
    )

    assert (final.status, shown(draw)) == ("final", {"alt": (Decimal(38), "final")})


def test_a_correction_that_changes_nothing_is_refused(file, coordinator):
    with pytest.raises(Refusal, match="Nothing differs"):
        correct_draw(draw=file(LIPIDS), values=LIPIDS, reason="again", by=coordinator, now=NOW)


def test_a_correction_says_why(file, coordinator):
    with pytest.raises(Refusal, match="Say why"):
        correct_draw(
            draw=file(LIPIDS), values=[Value("hdl", "46", "mg/dL")], reason=" ", by=coordinator,
            now=NOW,
        )  # fmt: skip


def test_a_struck_draw_leaves_every_list_and_opens_its_order_again(file, man, coordinator):
    placed = order(
        patient=man, panel_key="lipids", due_on=DUE, by=coordinator, now=NOW - timedelta(days=1)
    )
    draw = file(LIPIDS)
    placed.refresh_from_db()
    assert (placed.status, draw.order) == ("resulted", placed)

    struck = strike_draw(draw=draw, reason="another man's blood", by=coordinator, now=NOW)

    placed.refresh_from_db()
    assert (struck.status, struck.struck_reason) == ("entered_in_error", "another man's blood")
    assert (shown(draw), placed.status) == ({}, "open")


def test_a_struck_draw_takes_no_correction(file, coordinator):
    draw = strike_draw(draw=file(LIPIDS), reason="wrong man", by=coordinator, now=NOW)

    with pytest.raises(Refusal, match="struck out"):
        correct_draw(
            draw=draw, values=[Value("hdl", "46", "mg/dL")], reason="x", by=coordinator, now=NOW
        )


@pytest.mark.parametrize(
    ("collected", "fasting", "status"),
    [
        pytest.param(DRAWN, True, "resulted", id="fasting, on the day"),
        pytest.param(DRAWN, None, "open", id="nobody said whether fasting"),
        pytest.param(DRAWN, False, "open", id="not fasting"),
        pytest.param(DRAWN - timedelta(days=1), True, "open", id="drawn before it was asked for"),
    ],
)
def test_an_order_is_answered_by_what_it_asked_for(
    file, man, coordinator, collected, fasting, status
):
    placed = order(patient=man, panel_key="lipids", due_on=DUE, by=coordinator, now=NOW)

    file(LIPIDS, collected_at=collected, fasting=fasting)

    placed.refresh_from_db()
    assert placed.status == status


def test_half_a_panel_answers_no_order(file, man, coordinator):
    placed = order(patient=man, panel_key="lipids", due_on=DUE, by=coordinator, now=NOW)

    file(LIPIDS[:2])

    placed.refresh_from_db()
    assert placed.status == "open"


def test_saying_he_was_fasting_answers_the_order(file, man, coordinator):
    placed = order(patient=man, panel_key="lipids", due_on=DUE, by=coordinator, now=NOW)
    draw = file(LIPIDS, fasting=None)

    said = say_fasting(draw=draw, fasting=True, fasting_hours=Decimal(12), by=coordinator, now=NOW)

    placed.refresh_from_db()
    assert (said.fasting, said.fasting_hours, said.order) == (True, 12, placed)
    assert placed.status == "resulted"


def test_an_open_order_can_be_cancelled_once(man, coordinator, catalogue):
    placed = order(patient=man, semen=True, due_on=DUE, by=coordinator, now=NOW)

    assert cancel_order(order=placed, reason="not needed", by=coordinator).status == "cancelled"
    with pytest.raises(Refusal, match="no longer open"):
        cancel_order(order=placed, reason="not needed", by=coordinator)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"due_on": date(2026, 8, 3), "semen": True}, "in the past"),
        ({"due_on": DUE}, "a panel or"),
        ({"due_on": DUE, "semen": True, "panel_key": "lipids"}, "a panel or"),
        ({"due_on": DUE, "panel_key": "spectral"}, "no panel"),
    ],
)
def test_an_order_that_cannot_be_is_refused(man, coordinator, catalogue, asked, sentence):
    with pytest.raises(Refusal, match=sentence):
        order(patient=man, by=coordinator, now=NOW, **asked)


def test_review_signs_several_draws_with_one_comment(file, clinician):
    draws = [file(LIPIDS), file([Value("alt", "38", "U/L", "<=40")])]

    reviewed = review_draws(draws=draws, comment=" All well. ", by=clinician, now=NOW)

    assert [(d.reviewed_by, d.reviewed_at, d.comment) for d in reviewed] == 2 * [
        (clinician, NOW, "All well.")
    ]
    assert AuditEvent.objects.filter(action="draw.reviewed").count() == 2


def test_review_happens_once_and_all_or_nothing(file, clinician):
    first, second = file(LIPIDS), file([Value("alt", "38", "U/L", "<=40")])
    review_draws(draws=[first], by=clinician, now=NOW)

    with pytest.raises(Refusal, match="already reviewed"):
        review_draws(draws=[first, second], by=clinician, now=NOW)

    second.refresh_from_db()
    assert second.reviewed_at is None


def test_preliminary_results_are_not_reviewed(file, clinician):
    draw = file([Value("alt", "38", "U/L", status="preliminary")])

    with pytest.raises(Refusal, match="preliminary"):
        review_draws(draws=[draw], by=clinician, now=NOW)


def test_grading_again_knows_the_baseline(file):
    file([Value("alt", "80", "U/L", "<=40")], collected_at=DRAWN - timedelta(days=90))
    draw = file([Value("alt", "119", "U/L", "<=40")])
    assert draw.results.get().grade == 1

    assert [row.grade for row in regrade(draw=draw, baseline_before=date(2026, 5, 8))] == [0]
    assert regrade(draw=draw, baseline_before=date(2026, 5, 8)) == []
