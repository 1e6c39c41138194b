from datetime import date, timedelta
from decimal import Decimal

import pytest

from labs.models import Draw
from labs.queries import (
    azoospermia_of,
    latest_per_analyte,
    response_of,
    semen_series,
    series,
    unreviewed,
)
from labs.rules.response import BaselineStratum
from tests.factories.labs import (
    FEW_SEEN,
    AnalyteFactory,
    DrawFactory,
    ResultFactory,
    SemenAnalysisFactory,
)
from tests.labs.conftest import DRAWN, NOW

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def result(man):
    def made(value, ago=0 * DAY, key="triglycerides", **more):
        draw = DrawFactory(patient=man, collected_at=DRAWN - ago)
        return ResultFactory(draw=draw, value=value, analyte=AnalyteFactory(key=key), **more)

    return made


@pytest.fixture
def sample(man):
    def made(on, **more):
        began = {"analysis_started_at": (on + timedelta(minutes=26)).isoformat()}
        if "sheet" in more:
            more["sheet"] = more["sheet"] | began
        return SemenAnalysisFactory(patient=man, collected_at=on, **more)

    return made


def test_the_latest_of_each_analyte_before_an_instant(man, result):
    result(118, ago=30 * DAY)
    result(612)
    result(24, ago=30 * DAY, key="alt")

    assert {k: r.value for k, r in latest_per_analyte(man).items()} == {
        "triglycerides": 612, "alt": 24,
    }  # fmt: skip
    assert latest_per_analyte(man, before=DRAWN)["triglycerides"].value == 118


def test_a_series_holds_what_stands_oldest_first(man, result):
    first = result(118, ago=30 * DAY)
    new = result(612)
    result(620, superseded_by=new)
    result(900, status="entered_in_error")

    assert series(man, ["triglycerides", "alt"]) == {"triglycerides": [first, new], "alt": []}


def test_the_semen_series_leaves_out_what_is_not_final(man, sample):
    later, first = sample(DRAWN), sample(DRAWN - 30 * DAY)
    sample(DRAWN, status="preliminary")

    assert semen_series(man) == [first, later]


def test_unreviewed_is_what_is_final_at_the_member_s_own_site(man, clinician, stranger):
    draw = DrawFactory(patient=man)
    DrawFactory(patient=man, status=Draw.Status.PRELIMINARY)
    DrawFactory(patient=man, reviewed_at=NOW, reviewed_by=clinician)
    sheet = SemenAnalysisFactory(patient=man)

    assert (unreviewed(clinician).draws, unreviewed(clinician).analyses) == ([draw], [sheet])
    assert unreviewed(stranger).number == 0


def test_two_valid_samples_with_motile_sperm_a_week_apart_confirm_a_response(man, sample):
    sample(DRAWN - 7 * DAY, sheet=FEW_SEEN)
    sample(DRAWN, sheet=FEW_SEEN)

    found = response_of(man, date(2026, 5, 8), BaselineStratum.AZOOSPERMIA)

    assert (found.status, found.response_date) == ("CONFIRMED", date(2026, 7, 28))


def test_two_negative_pellets_a_week_apart_confirm_azoospermia(man, sample):
    sample(DRAWN - 7 * DAY)
    assert azoospermia_of(man).confirmed is False

    sample(DRAWN)

    assert azoospermia_of(man).confirmed_on == date(2026, 8, 4)


def test_a_number_is_kept_to_four_places(result):
    row = result(Decimal("0.0563"))
    row.refresh_from_db()

    assert row.shown == "0.0563"
