"""A sample that was not given as asked is a departure, for as long as its sheet stands."""

import pytest

from protocols.actions.freezing import evaluate_semen
from protocols.models import Deviation
from tests.factories.labs import SemenAnalysisFactory

pytestmark = pytest.mark.django_db


def sample(man, by, **more):
    return SemenAnalysisFactory(patient=man.patient, verified_by=by, **more)


def test_a_sample_as_asked_departs_from_nothing(treated, clinician):
    evaluate_semen(sample(treated, clinician, deviations=[]))

    assert not Deviation.objects.exists()


def test_an_invalid_sample_is_drafted_once_with_its_day(treated, clinician):
    analysis = sample(treated, clinician, deviations=["SEMEN_INVALID"])

    evaluate_semen(analysis)
    evaluate_semen(analysis)

    found = Deviation.objects.get()
    on = treated.patient.site.localdate(analysis.collected_at)
    assert (found.code, found.weight, found.closed_at) == ("SEMEN_INVALID", "minor", None)
    assert found.sentence == (
        f"The semen analysis cannot be used for the response. Sample of {on.day} {on:%b}."
    )


def test_a_corrected_sheet_closes_the_draft_of_the_one_before(treated, clinician):
    was = sample(treated, clinician, deviations=["SEMEN_INVALID"])
    evaluate_semen(was)
    new = sample(treated, clinician, deviations=["SEMEN_PREP"], collected_at=was.collected_at)

    evaluate_semen(new, was=was)

    drafts = Deviation.objects.order_by("pk").values_list("code", "closed_by", "closing_note")
    assert list(drafts) == [
        ("SEMEN_INVALID", clinician.pk, "The sheet was corrected."),
        ("SEMEN_PREP", None, ""),
    ]
