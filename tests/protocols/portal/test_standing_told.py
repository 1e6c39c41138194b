"""Where he stands over all his samples is told him when every sample it rests on is open to him."""

import pytest
from django.test import Client
from django.urls import reverse

from patients.actions.portal import choose_release
from protocols.actions.response import evaluate
from tests.pages import soup
from tests.protocols.men import NOW
from tests.protocols.portal.rows import sample, words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


def said(him, row):
    return words(soup(him.get(reverse("portal:sample", args=[row.pk]))).main)


def test_a_provisional_response_is_told_in_plain_words(him: Client, treated):
    row = sample(treated, found=14, motile=5)
    evaluate(enrolment=treated, cause="sample")

    assert "Moving sperm were found in your last sample that counts." in said(him, row)


def test_nothing_is_told_of_samples_without_moving_sperm(him: Client, treated):
    row = sample(treated, found=14, motile=0)
    evaluate(enrolment=treated, cause="sample")

    assert "Moving sperm" not in said(him, row)


def test_nothing_is_told_that_rests_on_a_sample_not_open_to_him(
    him: Client, treated, portal, clinician
):
    read = sample(
        treated, found=14, motile=5, days_ago=30, reviewed_by=clinician, reviewed_at=NOW
    )  # fmt: skip
    sample(treated, found=14, motile=5)
    evaluate(enrolment=treated, cause="sample")
    choose_release(portal=portal, release="reviewed", days=0, by=portal.account)

    assert "Moving sperm" not in said(him, read)
