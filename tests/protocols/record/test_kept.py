"""A statement that is written once says of everybody what a fresh one would."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from clinic.models import Booking, Site
from patients.models import Patient
from protocols.queries.kept import Kept, somebody_at
from tests.factories.clinic import BookingFactory
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 3, 16, tzinfo=UTC)


def test_each_call_answers_with_its_own_values(site, other_site):
    here, there = PatientFactory(site=site), PatientFactory(site=other_site)
    at = Kept(lambda site: Patient.objects.visible_to(somebody_at(site)), site=int)

    assert [at(site=s.pk) for s in (site, other_site, site)] == [[here], [there], [here]]


def test_dates_and_instants_are_blanks_as_well():
    rows = [BookingFactory(starts_at=DAY + timedelta(days=n, hours=9)) for n in range(3)]
    within = Kept(
        lambda start, end: Booking.objects.between(start, end).order_by("pk"),
        start=datetime, end=datetime,
    )  # fmt: skip
    since = Kept(
        lambda on: Booking.objects.filter(during__startswith__date__gte=on).order_by("pk"), on=date
    )

    assert within(start=DAY, end=DAY + timedelta(days=2)) == rows[:2]
    assert within(start=DAY + timedelta(days=2), end=DAY + timedelta(days=3)) == rows[2:]
    assert since(on=date(2026, 3, 17)) == rows[1:]


def test_a_local_day_is_the_day_of_whoever_asks_now():
    late = BookingFactory(starts_at=datetime(2026, 3, 17, 5, tzinfo=UTC))
    on = Kept(lambda on: Booking.objects.filter(during__startswith__date=on), on=date)

    found = {}
    for zone in ("America/Los_Angeles", "Europe/Berlin"):
        with timezone.override(ZoneInfo(zone)):
            found[zone] = on(on=date(2026, 3, 17))

    assert found == {"America/Los_Angeles": [], "Europe/Berlin": [late]}


def test_a_related_row_comes_with_it(site, django_assert_num_queries):
    PatientFactory(site=site)
    him = Kept(lambda pk: Patient.objects.select_related("site").filter(site=pk), pk=int)
    him(pk=site.pk)

    with django_assert_num_queries(1):
        (patient,) = him(pk=site.pk)
        assert patient.site == site


def test_the_statement_is_written_once(site):
    written = []

    def build(pk):
        written.append(pk)
        return Site.objects.filter(pk=pk)

    kept = Kept(build, pk=int)

    assert [kept(pk=site.pk), kept(pk=site.pk)] == [[site], [site]]
    assert len(written) == 1


def test_a_value_that_is_missing_is_noticed(site):
    with pytest.raises(TypeError, match="pk, name"):
        Kept(lambda pk, name: Site.objects.filter(pk=pk, id=name), pk=int, name=int)(pk=site.pk)
