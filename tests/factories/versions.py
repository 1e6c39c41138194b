"""Factories of what hangs on versions: moves, pins, displaced bookings, tried rules."""

from datetime import UTC, date, datetime

import factory
from factory.django import DjangoModelFactory

from protocols.models import BackTest, BackTestHit, Displacement, Pin, VersionChange
from tests.factories.clinic import AccountFactory, SiteFactory
from tests.factories.protocols import (
    AppointmentFactory,
    EnrolmentFactory,
    VersionFactory,
    VisitFactory,
)

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class VersionChangeFactory(DjangoModelFactory):
    """A man who was moved from version 1 to version 2."""

    class Meta:
        model = VersionChange

    enrolment = factory.SubFactory(EnrolmentFactory)
    was = factory.SelfAttribute("enrolment.version")
    became = factory.SubFactory(
        VersionFactory, protocol=factory.SelfAttribute("..was.protocol"), number=2
    )
    on = date(2026, 3, 16)
    at = NOW
    by = factory.SubFactory(AccountFactory)
    reason = "He asked for it."


class PinFactory(DjangoModelFactory):
    """The month-1 visit, on the day he agreed to."""

    class Meta:
        model = Pin

    visit = factory.SubFactory(VisitFactory)
    reason = "Agreed with him."
    pinned_at = NOW
    pinned_by = factory.SubFactory(AccountFactory)


class DisplacementFactory(DjangoModelFactory):
    """The booking of month 1, outside its window since he was moved."""

    class Meta:
        model = Displacement

    appointment = factory.SubFactory(AppointmentFactory)
    change = factory.SubFactory(
        VersionChangeFactory,
        enrolment=factory.SelfAttribute("..appointment.visit.enrolment"),
    )


class BackTestFactory(DjangoModelFactory):
    """The rule that holds for triglycerides, tried as it is."""

    class Meta:
        model = BackTest

    site = factory.SubFactory(SiteFactory)
    version = factory.SubFactory(VersionFactory)
    rule = "TG_HOLD"
    title = "Triglycerides over 800 mg/dL: hold"
    asked_at = NOW
    asked_by = factory.SubFactory(AccountFactory)


class BackTestHitFactory(DjangoModelFactory):
    """One collection for which it would have fired, and did not."""

    class Meta:
        model = BackTestHit

    run = factory.SubFactory(BackTestFactory)
    enrolment = factory.SubFactory(EnrolmentFactory)
    on = date(2026, 3, 10)
    evidence = factory.Sequence(lambda n: f"labs.draw:{n}")
    sentence = "Triglycerides 820 mg/dL (fasting) is over 800 mg/dL: hold treatment."
    action = "HOLD"
    would_fire = True
    fate = BackTestHit.Fate.NOT_FIRED
