"""Motile sperm in a typed sheet: verified, asked to be frozen, put away by two people, labelled."""

from contextlib import closing
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from clinic.access import Role
from labs.models import Container
from protocols.models import Duty, Enrolment
from tests.conftest import make_member
from tests.factories.patients import PatientFactory
from tests.factories.protocols import EnrolmentFactory
from tests.factories.storage import ScreeningFactory, StorageTermsFactory, TankFactory
from tests.journeys.before_day_one import (
    NONE_SEEN,
    finds_in_laboratory,
    keeps_a_sheet,
    verifies,
)
from tests.journeys.conftest import MONTH, Clinic
from tests.journeys.people import PASSWORD, Person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HE = "Moreau, Jean"
FEW = NONE_SEEN | {"volume_ml": "2.8", "pellet_sperm_n": 14, "pellet_motile_n": 5}


def test_found_frozen_and_labelled(clinic: Clinic, time_machine):
    time_machine.shift(MONTH)
    man = three_months_in(clinic)
    clinic.staff[Role.EMBRYOLOGIST] = make_member(clinic.site, Role.EMBRYOLOGIST)
    with closing(connection):
        technologist, verifier = clinic.seat(Role.TECHNOLOGIST), clinic.seat(Role.VERIFIER)
        finds_in_laboratory(technologist, HE, "Semen")
        keeps_a_sheet(technologist, FEW)
        verifies(verifier, 1)
        verifier.sees("The sheet is final.")
        clinician, embryologist = clinic.seat(Role.CLINICIAN), clinic.seat(Role.EMBRYOLOGIST)
        asks_to_freeze(clinician)
        puts_it_away(embryologist, clinic)
        prints_the_label(embryologist)
        kept = Container.objects.select_related("analysis").get(patient=man.patient)
        moves = [(row.by, row.witness) for row in kept.movements.all()]
        duty = Duty.objects.select_related("done_by").get(enrolment=man, code="FREEZE_SAMPLE")
    people = (clinic.staff[Role.EMBRYOLOGIST], clinic.staff[Role.TECHNOLOGIST])
    assert moves == [people]
    assert (kept.n_sperm, kept.n_motile, kept.analysis.motile_seen) == (14, 5, True)
    assert (duty.outcome, duty.done_by) == ("done", people[0])
    seen = [technologist, verifier, clinician, embryologist]
    assert [person.watch.wrong for person in seen] == [[]] * len(seen)


def three_months_in(clinic: Clinic) -> Enrolment:
    """On treatment, agreed to storage, free of infection; a tank stands in the laboratory."""
    desk = clinic.staff[Role.COORDINATOR]
    day_one = clinic.site.localdate(timezone.now()) - timedelta(days=80)
    patient = PatientFactory(
        site=clinic.site, family_name="Moreau", given_name="Jean", registered_by=desk
    )
    StorageTermsFactory(patient=patient, expires_on=date(day_one.year + 5, 1, 1))
    ScreeningFactory(patient=patient, tested_on=day_one)
    TankFactory(site=clinic.site, name="Tank A")
    return EnrolmentFactory(
        patient=patient,
        first_dose_on=day_one,
        status_since=day_one,
        clinician=clinic.staff[Role.CLINICIAN].member,
        opened_by=desk,
    )


def asks_to_freeze(clinician: Person) -> None:
    """The clinician takes the proposal, and the task waits for whoever freezes."""
    clinician.opens("Inbox", within="nav.rail")
    clinician.opens("Jean Moreau", within="nav[aria-label='Open items'] li:has-text('freeze by')")
    clinician.chooses("choice", "accept", within="aside[aria-label='Decision']")
    clinician.presses("Decide and go on", within="aside[aria-label='Decision']")


def puts_it_away(embryologist: Person, clinic: Clinic) -> None:
    """The bench asks; the form is filled from the sheet; the technologist signs beside her."""
    embryologist.opens("Laboratory", within="nav.rail")
    embryologist.sees("Freeze today")
    embryologist.opens("Store it", within="main")
    expect(embryologist.at("[name=n_sperm]")).to_have_value("14")
    expect(embryologist.at("[name=n_motile]")).to_have_value("5")
    embryologist.types(
        volume_ml="0.001", cryoprotectant="TEST-yolk buffer", cryoprotectant_lot="TY-118",
        second_email=clinic.staff[Role.TECHNOLOGIST].email, second_password=PASSWORD,
    )  # fmt: skip
    embryologist.presses("Stored, seen by both")
    embryologist.sees("is stored. Print its label.", "Tank A 1-1-1")


def prints_the_label(embryologist: Person) -> None:
    address = embryologist.page.get_by_role("link", name="Label").get_attribute("href")
    label = embryologist.page.request.get(f"{embryologist.origin}{address}")
    assert (label.status, label.headers["content-type"]) == (200, "application/pdf")
