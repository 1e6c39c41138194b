"""One man's first month, from the day he is registered to the evening he reads his report.

Everything is done in a browser by the person whose work it is; reports and letters are made by
a real worker. The clock stands thirty days back until his first capsule, then it is today.
"""

import io

import pikepdf
import pytest

from clinic.access import Role
from tests.journeys import before_day_one as before
from tests.journeys import month_one as month
from tests.journeys.conftest import MONTH, Clinic, house
from tests.worker.house import House

pytestmark = [
    pytest.mark.browser,
    pytest.mark.worker,
    pytest.mark.django_db(transaction=True),
]


HE = "Rourke, Daniel"


def test_from_registration_to_his_signed_report(clinic: Clinic, time_machine):
    until_day_one(clinic)
    time_machine.shift(MONTH)
    with house() as running:
        link = a_month_later(clinic, running)
        he = month.opens_his_door(clinic.browser, clinic.origin, link)
        month.finds_the_used_link_closed(he, link)
        report = month.reads_it_all(he)
    assert report[:5] == b"%PDF-"
    with pikepdf.open(io.BytesIO(report)) as pdf:
        assert str(pdf.Root.Lang) == "en"
    assert he.watch.wrong == []


def until_day_one(clinic: Clinic) -> None:
    coordinator = clinic.seat(Role.COORDINATOR)
    before.registers_him(coordinator)
    before.writes_his_history(coordinator)
    before.records_his_consents(coordinator, *before.CONSENTS)
    before.is_referred(coordinator)
    before.answers_nine_questions(coordinator)
    before.enters_the_baseline(clinic.seat(Role.TECHNOLOGIST), HE)
    before.verifies(clinic.seat(Role.VERIFIER), sheets=2)
    clinician = clinic.seat(Role.CLINICIAN)
    before.reads_every_result(clinician)
    before.opens_his_record(clinician, HE)
    before.signs_eligibility(clinician)
    before.opens_his_record(coordinator, HE)
    before.goes_through_everything_with_him(coordinator)
    before.opens_his_record(clinician, HE)
    before.prescribes(clinician)
    before.receives_a_delivery(coordinator)
    before.opens_his_record(coordinator, HE)
    before.hands_out(coordinator)
    before.opens_his_record(coordinator, HE)
    before.takes_the_first_capsule(coordinator)
    before.opens_his_record(coordinator, HE)
    before.books_month_one(coordinator)


def a_month_later(clinic: Clinic, running: House) -> str:
    """The visit, as far as her signature; returns the link he was sent."""
    coordinator = clinic.seat(Role.COORDINATOR)
    before.opens_his_record(coordinator, HE)
    link = month.is_invited(coordinator, running)
    before.opens_his_record(coordinator, HE)
    month.checks_him_in(coordinator)
    month.enters_the_month(clinic.seat(Role.TECHNOLOGIST), HE)
    before.verifies(clinic.seat(Role.VERIFIER), sheets=1)
    clinician = clinic.seat(Role.CLINICIAN)
    before.opens_his_record(clinician, HE)
    month.opens_visit(clinician)
    month.accepts_the_reduction(clinician)
    month.reviews(clinician)
    month.prescribes_and_plans(clinician)
    before.opens_his_record(coordinator, HE)
    month.confirms_the_month(coordinator)
    before.opens_his_record(coordinator, HE)
    month.hands_out_the_bottle(coordinator)
    month.signs(clinician)
    return link
