"""Ranges of a laboratory are rows with a day; results keep the one they were read with."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.ranges import sign_limits, write_range
from labs.actions.results import file_draw
from labs.models import Analyte, LimitsSignature, ReferenceRange
from labs.rules.catalogue import published_catalogue
from labs.rules.critical import fingerprint
from labs.rules.readings import Value
from tests.labs.conftest import DRAWN, NOW

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 4)


@pytest.fixture
def write(laboratory, verifier):
    def written(text="<=45", **more):
        said = {
            "laboratory": laboratory, "analyte_key": "alt", "unit": "U/L", "text": text,
            "source": "Report of 1 Aug", "valid_from": TODAY, "by": verifier, "now": NOW,
        }  # fmt: skip
        return write_range(**(said | more))

    return written


@pytest.fixture
def read(man, laboratory, coordinator):
    """The range an ALT without one of its own is read with."""

    def range_text(collected_at=DRAWN, value="50", unit="U/L", analyte="alt"):
        draw = file_draw(
            patient=man, laboratory=laboratory, collected_at=collected_at, by=coordinator, now=NOW,
            values=[Value(analyte, value, unit)],
        )  # fmt: skip
        return draw.results.get().range_text

    return range_text


def test_a_range_is_kept_with_its_limits_its_source_and_who_wrote_it(write, verifier):
    row = write("<=45", sex="male", age_from=18, age_to=60)

    assert (row.low, row.high, row.text, row.source) == (None, 45, "<=45", "Report of 1 Aug")
    assert (row.sex, row.age_from, row.age_to) == ("male", 18, 60)
    assert (row.valid_from, row.written_by, row.written_at) == (TODAY, verifier, NOW)
    assert AuditEvent.objects.filter(action="range.written").count() == 1


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, "<=40"), (0, "<=45"), (1, "<=45")], ids=["before", "on", "after"]
)
def test_blood_is_read_with_the_range_of_the_day_it_was_collected(
    write, read, days, expected, time_machine
):
    write("<=40", valid_from=date(2020, 1, 1))
    write("<=45", valid_from=date(2026, 8, 2))

    assert read(DRAWN + timedelta(days=days - 2)) == expected


def test_a_result_keeps_its_range_when_another_one_begins(write, read, man):
    write("<=40", valid_from=date(2020, 1, 1))
    assert read() == "<=40"

    write("<=45")

    result = man.results.get()
    assert (result.range_text, result.range_high, result.flag) == ("<=40", 40, "high")


def test_a_range_for_women_or_for_the_old_is_not_taken_for_him(write, read):
    write("<=34", sex="female")
    write("<=60", age_from=65)
    write("<=45", sex="male", age_from=18, age_to=64)

    assert read() == "<=45"


def test_the_ranges_own_unit_is_turned_into_that_of_the_report(write, read):
    write("<=0.75", unit="ukat/L")

    assert read() == "<=45"


@pytest.mark.parametrize(
    ("changed", "field", "why"),
    [
        ({"text": "about 40"}, "text", "is not a range"),
        ({"text": "45-10"}, "text", "lies above"),
        ({"text": "<=20001"}, "text", "No ALT can be"),
        ({"unit": "mg/dL"}, "unit", "ALT is measured in"),
        ({"analyte_key": "viscosity", "unit": ""}, "analyte", "not a number"),
        ({"analyte_key": "nothing"}, "analyte", "no analyte"),
        ({"source": "  "}, "source", "where the range is from"),
        ({"age_from": 40, "age_to": 39}, "age_to", "before the first"),
        ({"age_from": 121}, "age_from", "0 to 120"),
        ({"age_to": -1}, "age_to", "0 to 120"),
    ],
)
def test_what_is_no_range_is_refused_at_its_field(write, changed, field, why):
    with pytest.raises(Refusal, match=why) as refused:
        write(**changed)

    assert refused.value.field == field
    assert not ReferenceRange.objects.exclude(laboratory=None).exists()


def test_a_limit_of_what_is_possible_is_a_range_still(write):
    assert write("<=20000").high == 20000


def test_a_second_range_of_the_same_day_is_refused(write):
    write("<=45")

    with pytest.raises(Refusal, match="take a later day") as refused:
        write("<=50")

    assert refused.value.field == "valid_from"


def test_what_holds_already_is_not_written_again(write):
    write("<=45", valid_from=date(2020, 1, 1))

    with pytest.raises(Refusal, match="holds on that day already"):
        write("<=45")
    assert write("<=45", sex="male").pk


def test_the_database_lets_nobody_rewrite_or_delete_a_laboratorys_range(write):
    row = write("<=45")

    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        ReferenceRange.objects.filter(pk=row.pk).update(text="<=99")
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        ReferenceRange.objects.filter(pk=row.pk).delete()


def test_the_shipped_ranges_come_anew_with_a_release(catalogue):
    shipped = ReferenceRange.objects.filter(analyte=Analyte.objects.get(key="triglycerides"))

    assert [row.valid_from for row in shipped] == [None]
    shipped.delete()


def test_the_limits_are_signed_as_they_were_shown_and_once(site, clinician):
    shown = fingerprint(published_catalogue())

    row = sign_limits(site=site, shown=shown, by=clinician, now=NOW)

    assert (row.fingerprint, row.signed_by, row.signed_at) == (shown, clinician, NOW)
    with pytest.raises(Refusal, match="signed already"):
        sign_limits(site=site, shown=shown, by=clinician, now=NOW)
    with pytest.raises(Refusal, match="changed meanwhile"):
        sign_limits(site=site, shown="other", by=clinician, now=NOW)
    assert LimitsSignature.objects.count() == 1
