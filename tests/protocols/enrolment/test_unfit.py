"""A man found unfit where the table knows no failure (domain reference §7.4) is not left there."""

import pytest
from django.urls import reverse

from protocols.rules.status import TABLE, Event
from protocols.rules.status_words import PAGES
from protocols.rules.vocabulary import Status
from tests.protocols.enrolment.cast import consented, eligible, screening

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-03-02 17:00 +00:00")]
BEFORE_DAY_ONE = {Status.REFERRED, Status.SCREENING, Status.ELIGIBLE, Status.CONSENTED}


def test_what_to_do_is_said_where_he_is_past_the_criteria_and_cannot_fail():
    fails_from = next(row.origins for row in TABLE if row.event is Event.FAIL)
    said = {status for status, page in PAGES.items() if page.unfit}

    assert said == BEFORE_DAY_ONE - fails_from - {Status.REFERRED}


@pytest.mark.parametrize("stage", [eligible, consented])
@pytest.mark.parametrize("page", ["enrol", "enrolment"])
def test_both_pages_of_the_enrolment_say_it(client, clinic_open, clinician, sign_in, stage, page):
    man = stage(clinic_open, clinician)
    client = sign_in(client, clinician)
    key = man.patient_id if page == "enrol" else man.pk

    shown = client.get(reverse(f"protocols:{page}", args=[key])).text

    assert PAGES[Status(man.status)].unfit in shown


def test_who_can_still_fail_is_told_nothing_of_it(client, clinic_open, clinician, sign_in):
    man = screening(clinic_open, clinician)
    client = sign_in(client, clinician)

    assert "unfit" not in client.get(reverse("protocols:enrol", args=[man.patient_id])).text
