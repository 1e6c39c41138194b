"""Factories of a partner's pregnancy."""

import factory
from factory.django import DjangoModelFactory

from protocols.models import PartnerPregnancy, PregnancyFollowUp
from tests.factories.clinic import NOW, AccountFactory
from tests.factories.protocols import EnrolmentFactory


class PartnerPregnancyFactory(DjangoModelFactory):
    """Told today, not counselled yet."""

    class Meta:
        model = PartnerPregnancy

    enrolment = factory.SubFactory(EnrolmentFactory)
    told_on = NOW.date()
    told_by = "him"
    recorded_at = NOW
    recorded_by = factory.SubFactory(AccountFactory)


class PregnancyFollowUpFactory(DjangoModelFactory):
    """She was reached and is well."""

    class Meta:
        model = PregnancyFollowUp

    pregnancy = factory.SubFactory(PartnerPregnancyFactory)
    on = NOW.date()
    reached = True
    note = "She is well."
    noted_at = NOW
    noted_by = factory.SubFactory(AccountFactory)
