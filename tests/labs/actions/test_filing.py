from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.results import Value, file_draw
from labs.models import Analyte, Draw, ReferenceRange, Result
from tests.labs.conftest import DRAWN, LIPIDS, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(man, laboratory, coordinator):
    def filed(values, **more):
        fields = {"collected_at": DRAWN, "fasting": True, "by": coordinator, "now": NOW} | more
        return file_draw(patient=man, laboratory=laboratory, values=values, **fields)

    return filed


def row(draw: Draw, key: str) -> Result:
    return draw.results.get(analyte__key=key, superseded_by=None)


def test_a_value_is_kept_as_received_with_range_flag_and_grade(file):
    result = row(file(LIPIDS), "triglycerides")

    assert (result.reported, result.comparator, result.value) == ("612", "", Decimal(612))
    assert (result.unit, result.range_text, result.range_high) == ("mg/dL", "<150", Decimal(150))
    assert (result.flag, result.grade, result.status) == ("high", 3, "final")


def test_a_value_behind_a_comparator_stays_behind_it(file):
    result = row(file([Value("triglycerides", "<50", "mg/dL")]), "triglycerides")

    assert (result.comparator, result.value, result.flag, result.grade) == ("<", 50, "normal", 0)


def test_millimoles_are_graded_by_their_own_printed_limits(file):
    result = row(file([Value("triglycerides", "5.68", "mmol/L")]), "triglycerides")

    assert (result.unit, result.value, result.grade) == ("mmol/L", Decimal("5.68"), 2)


@pytest.mark.parametrize(
    ("printed", "own", "expected"),
    [
        pytest.param("<=55", "<=45", "<=55", id="the report's range wins"),
        pytest.param("", "<=45", "<=45", id="else the laboratory's own"),
        pytest.param("", "", "", id="else there is none for ALT"),
    ],
)
def test_the_range_is_a_snapshot_of_the_best_there_is(file, laboratory, printed, own, expected):
    if own:
        alt = Analyte.objects.get(key="alt")
        ReferenceRange.objects.create(
            analyte=alt, laboratory=laboratory, unit="U/L", high=45, text=own, source="Bay",
            valid_from=date(2020, 1, 1),
        )  # fmt: skip

    assert row(file([Value("alt", "50", "U/L", printed)]), "alt").range_text == expected


def test_a_default_range_is_converted_to_the_unit_of_the_report(file):
    result = row(file([Value("total_cholesterol", "5.20", "mmol/L")]), "total_cholesterol")

    assert (result.range_text, result.flag) == ("<5.17", "high")


def test_words_that_are_no_range_are_kept_without_limits(file):
    result = row(file([Value("alt", "50", "U/L", "see comment")]), "alt")

    assert (result.range_text, result.range_high, result.flag) == ("see comment", None, "unknown")


def test_non_hdl_and_ldl_are_calculated_and_say_by_what(file):
    draw = file(LIPIDS)

    assert (row(draw, "non_hdl").value, row(draw, "non_hdl").formula) == (210, "non_hdl/1 TC − HDL")
    assert (row(draw, "ldl").value, row(draw, "ldl").formula) == (105, "sampson/1 Sampson/NIH 2020")


def test_an_ldl_that_the_laboratory_sent_is_never_replaced(file):
    draw = file([*LIPIDS, Value("ldl", "101", "mg/dL")])

    assert [(r.value, r.formula) for r in draw.results.filter(analyte__key="ldl")] == [(101, "")]


@pytest.mark.parametrize(
    ("reported", "grade"),
    [
        pytest.param("119", 0, id="just under one and a half times the baseline"),
        pytest.param("120", 1, id="one and a half times"),
        pytest.param("241", 2, id="just over three times"),
    ],
)
def test_alt_is_graded_against_an_abnormal_baseline(file, reported, grade):
    file([Value("alt", "80", "U/L", "<=40")], collected_at=DRAWN - timedelta(days=90))

    draw = file([Value("alt", reported, "U/L", "<=40")], baseline_before=date(2026, 5, 8))

    assert row(draw, "alt").grade == grade


def test_a_value_of_the_first_dose_s_own_day_is_no_baseline(file):
    file([Value("alt", "80", "U/L", "<=40")], collected_at=DRAWN - timedelta(days=90))

    draw = file([Value("alt", "119", "U/L", "<=40")], baseline_before=date(2026, 5, 6))

    assert row(draw, "alt").grade == 1


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (Value("triglycerides", "20001", "mg/dL"), "cannot be: possible is 5 to 20000 mg/dL"),
        (Value("triglycerides", "4", "mg/dL"), "cannot be"),
        (Value("triglycerides", "118", "mg/L"), "it is measured in mg/dL, mmol/L"),
        (Value("triglycerides", "1,5", "mmol/L"), "is not a number"),
        (Value("ferritin", "50", "ug/L"), "no analyte"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_filed(file, value, sentence):
    with pytest.raises(Refusal, match=sentence) as refusal:
        file([Value("hdl", "44", "mg/dL"), value])

    assert refusal.value.field in {"triglycerides", ""}
    assert not Draw.objects.exists()


@pytest.mark.parametrize("reported", ["1001", "29"])
def test_what_is_unusual_is_filed_only_when_confirmed(file, reported):
    values = [Value("triglycerides", reported, "mg/dL")]

    with pytest.raises(Refusal, match="unusual") as refusal:
        file(values)

    assert (refusal.value.field, refusal.value.alternatives) == ("confirmed", ("triglycerides",))
    assert row(file(values, confirmed=True), "triglycerides").reported == reported


@pytest.mark.parametrize("reported", ["1000", "30"])
def test_the_edge_of_the_usual_is_usual(file, reported):
    assert file([Value("triglycerides", reported, "mg/dL")]).status == "final"


def test_a_draw_of_tomorrow_is_refused(file):
    with pytest.raises(Refusal, match="future"):
        file(LIPIDS, collected_at=NOW + timedelta(seconds=1))


def test_a_specimen_is_filed_once(file):
    file(LIPIDS, specimen="B-1")

    with pytest.raises(Refusal, match="Correct that one"):
        file(LIPIDS, specimen="B-1")


def test_the_database_refuses_a_specimen_twice(file):
    draw = file(LIPIDS, specimen="B-1")
    draw.pk = None

    with pytest.raises(IntegrityError, match="specimen_is_filed_once"), transaction.atomic():
        draw.save(force_insert=True)


def test_what_the_laboratory_could_not_measure_is_kept_in_its_words(file):
    result = row(file([Value("alt", "haemolysed", "", status="cannot")]), "alt")

    assert (result.value, result.reported, result.flag, result.grade) == (
        None, "haemolysed", "unknown", None,
    )  # fmt: skip
    assert not Result.objects.current().exists()


def test_filing_leaves_a_trail(file, man, coordinator):
    draw = file(LIPIDS, specimen="B-1")

    event = AuditEvent.objects.get(action="draw.filed")
    assert (event.actor, event.subject, event.person) == (
        coordinator, f"labs.draw:{draw.pk}", man.label,
    )  # fmt: skip
    assert event.detail["analytes"] == ["total_cholesterol", "hdl", "triglycerides"]


def test_a_laboratory_of_another_site_cannot_file(man, other_site, coordinator, catalogue):
    from tests.factories.labs import LaboratoryFactory

    with pytest.raises(Refusal, match="another site"):
        file_draw(
            patient=man,
            laboratory=LaboratoryFactory(site=other_site),
            collected_at=DRAWN,
            values=LIPIDS,
            by=coordinator,
            now=NOW,
        )
