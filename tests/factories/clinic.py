"""One factory for each model of the ground floor."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

import factory
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from factory.django import DjangoModelFactory

from clinic.access import Role
from clinic.models import (
    AccessLink,
    Account,
    AuditEvent,
    AuditSeal,
    Booking,
    ClosedDay,
    Cover,
    Document,
    Drawing,
    Member,
    Message,
    OnCallShift,
    OpeningHours,
    Page,
    PageCall,
    ReadingHours,
    ReadingStep,
    Resource,
    Site,
)

NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)


class SiteFactory(DjangoModelFactory):
    """A clinic on the Pacific coast."""

    class Meta:
        model = Site

    name = factory.Sequence(lambda n: f"Clinic {n}")
    code = factory.Sequence(lambda n: f"site{n}")
    time_zone = "America/Los_Angeles"
    zone_word = "Pacific"
    neutral_name = factory.LazyAttribute(lambda site: site.name)
    phone = "555 0100"
    address = "1 Any Street"


class AccountFactory(DjangoModelFactory):
    """A member of staff without a role yet; nobody can sign in with it."""

    class Meta:
        model = Account

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    kind = Account.Kind.STAFF


class MemberFactory(DjangoModelFactory):
    """A coordinator at work at his site."""

    class Meta:
        model = Member
        skip_postgeneration_save = True

    account = factory.SubFactory(AccountFactory)
    site = factory.SubFactory(SiteFactory)
    role = Role.COORDINATOR.value

    @factory.post_generation
    def at_work(self, create, extracted, **kwargs):
        self.account.member = self


class AccessLinkFactory(DjangoModelFactory):
    """An invitation that can still be used."""

    class Meta:
        model = AccessLink

    account = factory.SubFactory(AccountFactory)
    purpose = AccessLink.Purpose.MEMBER
    token_sha256 = factory.Sequence(lambda n: hashlib.sha256(str(n).encode()).hexdigest())
    issued_at = NOW
    issued_by = factory.SubFactory(AccountFactory)
    expires_at = factory.LazyAttribute(lambda link: link.issued_at + timedelta(days=3))


class AuditEventFactory(DjangoModelFactory):
    """An unsigned row, as a stranger would write it; audit.record writes the real ones."""

    class Meta:
        model = AuditEvent

    at = NOW
    actor = factory.SubFactory(AccountFactory)
    action = "record.viewed"
    subject = "patients.patient:1"
    digest = "0" * 64


class AuditSealFactory(DjangoModelFactory):
    """A link that closes on nothing."""

    class Meta:
        model = AuditSeal

    event = factory.SubFactory(AuditEventFactory)
    event_digest = factory.SelfAttribute("event.digest")
    chain_sha256 = factory.Sequence(lambda n: hashlib.sha256(f"chain {n}".encode()).hexdigest())


class ResourceFactory(DjangoModelFactory):
    """A room that serves half-hours."""

    class Meta:
        model = Resource

    site = factory.SubFactory(SiteFactory)
    name = factory.Sequence(lambda n: f"Room {n}")
    purpose = "Clinician"
    kind = Resource.Kind.ROOM


class OpeningHoursFactory(DjangoModelFactory):
    """Monday, 8 to 5."""

    class Meta:
        model = OpeningHours

    resource = factory.SubFactory(ResourceFactory)
    weekday = 0
    opens = time(8)
    closes = time(17)


class ClosedDayFactory(DjangoModelFactory):
    """A holiday."""

    class Meta:
        model = ClosedDay

    site = factory.SubFactory(SiteFactory)
    on = date(2026, 12, 25)
    name = "Christmas Day"


class BookingFactory(DjangoModelFactory):
    """Half an hour in a room of the same site; each half-hour is another one."""

    class Meta:
        model = Booking

    class Params:
        starts_at = factory.Sequence(lambda n: NOW + timedelta(minutes=30 * n))
        minutes = 30

    resource = factory.SubFactory(ResourceFactory)
    site = factory.SelfAttribute("resource.site")
    attendee = factory.Sequence(lambda n: f"patients.patient:{n}")
    during = factory.LazyAttribute(
        lambda booking: DateTimeTZRange(
            booking.starts_at, booking.starts_at + timedelta(minutes=booking.minutes), "[)"
        )
    )
    booked_by = factory.SubFactory(AccountFactory)


class DocumentFactory(DjangoModelFactory):
    """A report that stands."""

    class Meta:
        model = Document

    site = factory.SubFactory(SiteFactory)
    person = "patients.patient:1"
    subject = factory.Sequence(lambda n: f"protocols.visit:{n}")
    kind = "visit_report"
    title = "Visit report"
    content = b"%PDF-1.7"
    sha256 = factory.LazyAttribute(lambda found: hashlib.sha256(found.content).hexdigest())
    check_code = factory.Sequence(lambda n: f"HF-{n:08d}")


class DrawingFactory(DjangoModelFactory):
    """A graph that waits to be drawn."""

    class Meta:
        model = Drawing

    sha256 = factory.Sequence(lambda n: hashlib.sha256(f"drawing {n}".encode()).hexdigest())
    specification = factory.LazyFunction(dict)


class MessageFactory(DjangoModelFactory):
    """A letter that waits in the outbox."""

    class Meta:
        model = Message

    site = factory.SubFactory(SiteFactory)
    recipient = "him@example.org"
    template = "appointment"
    context = factory.LazyFunction(
        lambda: {"day": "Mon 23 Mar 2026", "time": "10:00", "zone": "Pacific"}
    )
    dedupe_key = factory.Sequence(lambda n: f"message:{n}")
    message_id = factory.Sequence(lambda n: f"<{n}@example.org>")
    not_before = NOW


class OnCallShiftFactory(DjangoModelFactory):
    """First on call from noon today for a day."""

    class Meta:
        model = OnCallShift

    site = factory.SelfAttribute("member.site")
    member = factory.SubFactory(MemberFactory, role=Role.CLINICIAN.value)
    rank = 1
    during = factory.LazyFunction(
        lambda: DateTimeTZRange(NOW - timedelta(hours=1), NOW + timedelta(hours=23))
    )
    added_at = NOW
    added_by = factory.SelfAttribute("member.account")


class PageFactory(DjangoModelFactory):
    """A page that nobody has answered yet."""

    class Meta:
        model = Page

    site = factory.SubFactory(SiteFactory)
    about = factory.Sequence(lambda n: f"protocols.finding:{9000 + n}")
    raised_at = NOW
    next_at = NOW + timedelta(minutes=15)


class PageCallFactory(DjangoModelFactory):
    """The first call of a page."""

    class Meta:
        model = PageCall

    page = factory.SubFactory(PageFactory)
    member = factory.SubFactory(MemberFactory, site=factory.SelfAttribute("..page.site"))
    round = 1
    channel = "email"
    called_at = NOW


class CoverFactory(DjangoModelFactory):
    """One clinician reads for another, this day and six more."""

    class Meta:
        model = Cover

    member = factory.SubFactory(MemberFactory, role=Role.CLINICIAN.value)
    by = factory.SubFactory(
        MemberFactory, role=Role.CLINICIAN.value, site=factory.SelfAttribute("..member.site")
    )
    days = factory.LazyFunction(lambda: DateRange(NOW.date(), NOW.date() + timedelta(days=7), "[)"))
    arranged_at = NOW
    arranged_by = factory.SelfAttribute("member.account")


class ReadingHoursFactory(DjangoModelFactory):
    """A site whose critical values wait two hours."""

    class Meta:
        model = ReadingHours

    site = factory.SubFactory(SiteFactory)
    severity = "critical"
    responsible, on_call, everybody = 2, 3, 4
    set_at = NOW
    set_by = factory.SubFactory(AccountFactory)


class ReadingStepFactory(DjangoModelFactory):
    """A result of yesterday that nobody has looked at: whoever looks after him was told."""

    class Meta:
        model = ReadingStep

    site = factory.SubFactory(SiteFactory)
    about = factory.Sequence(lambda n: f"labs.draw:{9000 + n}")
    severity = "out_of_range"
    since_at = NOW - timedelta(days=1)
    step = 1
    after_hours = 24
    taken_at = NOW
