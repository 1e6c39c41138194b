"""Two clerks at once: real connections, real commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from clinic.refusal import Refusal
from patients.actions.registration import Details, register
from patients.models import Patient

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 16, 17, tzinfo=UTC)
#: Names that are not like one another.
FAMILIES = ["Abernathy", "Kowalczyk", "Nguyen", "Okonkwo", "Petrov", "Yilmaz", "Fernandes", "Holm"]


def at_once(site, by, men):
    def one(details):
        try:
            return register(site=site, details=details, by=by, now=NOW).record_number
        except Refusal as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(men)) as clerks:
        return sorted(clerks.map(one, men))


def test_eight_registrations_at_once_get_eight_numbers_without_a_gap(site, coordinator):
    men = [
        Details(given_name="Jo", family_name=name, born_on=date(1980 + n, 1 + n, 3))
        for n, name in enumerate(FAMILIES)
    ]

    assert at_once(site, coordinator, men) == [f"HF-000{n}" for n in range(1, 9)]


def test_the_same_man_at_two_counters_is_registered_once(site, coordinator):
    him = Details(given_name="Daniel", family_name="Rourke", born_on=date(1990, 3, 12))

    answers = at_once(site, coordinator, [him, him])

    assert answers == ["Daniel Rourke is registered already and may be the same man.", "HF-0001"]
    assert Patient.objects.count() == 1
