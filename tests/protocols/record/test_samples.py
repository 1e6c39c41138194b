"""The page of samples: their graph over the dose, why one does not count, the response."""

from datetime import timedelta

import pytest
from django.urls import reverse

from labs.actions import semen
from protocols.graphs.rows import sperm_graph
from protocols.queries.response import standing_of
from protocols.queries.story import story_of
from tests.factories.labs import FEW_SEEN, NONE_SEEN, SemenAnalysisFactory
from tests.factories.storage import ContainerFactory
from tests.pages import soup
from tests.protocols.men import DAY, NOW, TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]


def sample(treated, days_ago, answers=FEW_SEEN, late=26, **more):
    at = NOW - days_ago * DAY - timedelta(hours=2)
    began = (at + timedelta(minutes=late)).isoformat()
    return SemenAnalysisFactory(
        patient=treated.patient, collected_at=at,
        sheet=answers | {"analysis_started_at": began} | more,
    )  # fmt: skip


def drawn(treated):
    story = story_of(treated.patient)
    return sperm_graph(story, TODAY, standing_of(treated.patient, treated).why_short).plot


def test_two_noughts_with_different_limits_hang_at_different_heights(treated):
    sample(treated, 20, NONE_SEEN, pellet_fraction_examined="0.1")
    sample(treated, 10, NONE_SEEN, pellet_fraction_examined="1")

    marks = drawn(treated).marks

    assert [mark.kind for mark in marks] == ["down", "down"]
    assert marks[0].y < marks[1].y


def test_a_sample_that_does_not_count_says_why_in_the_graph_and_the_list(
    client, sign_in, treated, clinician
):
    sample(treated, 10, late=61)

    assert "not valid: begun late" in [word.text for word in drawn(treated).texts]
    page = sign_in(client, clinician).get(
        reverse("protocols:record_semen", args=[treated.patient_id])
    )
    assert "The analysis began more than 60 min after collection." in page.text


def test_the_dose_stands_beneath_the_samples(treated):
    sample(treated, 20)
    sample(treated, 10)

    plot = drawn(treated)

    assert [stretch.css for stretch in plot.stretches] == ["d-dose"]
    assert plot.words.endswith("from 8 May 40 mg")


def test_the_limit_of_the_fifth_edition_is_drawn_for_an_old_report(treated):
    old = "15 M/mL, lower limit of WHO 5th ed. (2010)"
    sample(treated, 20)
    assert old not in [word.text for word in drawn(treated).texts]

    sample(treated, 10, edition="5th-2010")
    assert old in [word.text for word in drawn(treated).texts]


def test_the_page_says_where_he_stands_by_which_samples_and_what_was_said_before(
    client, sign_in, treated, clinician, technologist, verifier
):
    for days_ago in (10, 2):
        at = NOW - days_ago * DAY - timedelta(hours=2)
        sheet = semen.enter(
            patient=treated.patient, laboratory=None, collected_at=at, by=technologist,
            sheet=FEW_SEEN | {"analysis_started_at": (at + timedelta(minutes=26)).isoformat()},
            now=at + timedelta(hours=1), confirmed=True,
        )  # fmt: skip
        semen.verify(analysis=sheet, by=verifier, now=at + timedelta(hours=2))

    page = sign_in(client, clinician).get(
        reverse("protocols:record_semen", args=[treated.patient_id])
    )

    section = soup(page).select_one("section[aria-labelledby=rs-h]")
    assert "Confirmed response: motile sperm from 25 Jul 2026" in section.text
    assert len(section.select("ul li b")) == 2
    assert "Said before: 1" in section.text


def test_what_was_frozen_is_declared_enough_from_the_page(client, sign_in, treated, clinician):
    one = sample(treated, 10)
    ContainerFactory(patient=treated.patient, analysis=one)
    other = sample(treated, 20)
    deciding = sign_in(client, clinician)
    page = deciding.get(reverse("protocols:record_semen", args=[treated.patient_id]))
    offered = [
        reverse("protocols:adjudicate", args=[key]) in page.text for key in (one.pk, other.pk)
    ]
    assert offered == [True, False]

    deciding.post(reverse("protocols:adjudicate", args=[one.pk]), {"reason": "Forty straws."})

    page = deciding.get(reverse("protocols:record_semen", args=[treated.patient_id]))
    assert "Forty straws." in page.text
    made = treated.adjudications.get()
    deciding.post(
        reverse("protocols:withdraw_adjudication", args=[made.pk]), {"reason": "Two only."}
    )
    made.refresh_from_db()
    assert made.withdrawn_reason == "Two only."


def test_what_is_not_frozen_is_refused_in_words(client, sign_in, treated, clinician):
    one = sample(treated, 10)

    page = sign_in(client, clinician).post(
        reverse("protocols:adjudicate", args=[one.pk]), {"reason": "Forty straws."}
    )

    assert page.status_code == 422
    assert "Nothing of this sample is frozen yet." in page.text


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_many_samples(
    client, sign_in, treated, clinician, rows, django_assert_num_queries
):
    for n in range(rows):
        sample(treated, 10 + n)
    reading = sign_in(client, clinician)
    url = reverse("protocols:record_semen", args=[treated.patient_id])
    reading.get(url)

    with django_assert_num_queries(10):
        reading.get(url)
