"""Answers of the response rule, and what a clinician declared enough."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from labs.rules.response import RULESET
from protocols.models import ResponseAdjudication, ResponseEvaluation
from tests.factories.clinic import AccountFactory
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.protocols import EnrolmentFactory

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class ResponseEvaluationFactory(DjangoModelFactory):
    """No response, of nothing."""

    class Meta:
        model = ResponseEvaluation

    enrolment = factory.SubFactory(EnrolmentFactory)
    at = NOW
    cause = ResponseEvaluation.Cause.SAMPLE
    ruleset = RULESET
    first_dose_on = date(2026, 1, 5)
    stratum = "azoospermia"
    status = "NONE"
    evaluable = False
    sentence = "No motile sperm in a valid sample since Day 1."
    samples = factory.LazyFunction(list)


class ResponseAdjudicationFactory(DjangoModelFactory):
    """Declared enough."""

    class Meta:
        model = ResponseAdjudication

    enrolment = factory.SubFactory(EnrolmentFactory)
    analysis = factory.SubFactory(
        SemenAnalysisFactory, patient=factory.SelfAttribute("..enrolment.patient")
    )
    reason = "Forty straws are stored."
    decided_at = NOW
    decided_by = factory.SubFactory(AccountFactory)
