"""The two clinics of the demonstration: sites, people, rooms, laboratories, sign-ins."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import outbox
from clinic.access import Role
from clinic.actions import demonstration, links, members, on_call, sites
from clinic.models import Account, Member, Message, Resource, Site
from labs.actions.laboratories import add_laboratory
from labs.models import Laboratory
from protocols.models import StockLot

PASSWORD = "demo-Halfyear-1"
#: One of these has a morning now, whatever the hour: 11:00 at the clinic, give or take half an
#: hour. Where two have the same clock the earlier in the list is taken.
ZONES = [
    ("America/New_York", "Eastern"), ("America/Chicago", "Central"), ("America/Denver", "Mountain"),
    ("America/Los_Angeles", "Pacific"), ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"), ("Europe/London", "London"), ("Europe/Berlin", "Berlin"),
    ("Europe/Helsinki", "Helsinki"), ("Atlantic/Azores", "Azores"), ("Asia/Dubai", "Gulf"),
    ("Asia/Tokyo", "Japan"), ("Asia/Singapore", "Singapore"), ("Asia/Bangkok", "Bangkok"),
    ("Australia/Sydney", "Sydney"), ("Pacific/Auckland", "New Zealand"),
    ("America/Sao_Paulo", "Brasília"), ("America/Puerto_Rico", "Atlantic"),
    ("America/Noronha", "Noronha"), ("Atlantic/Cape_Verde", "Cape Verde"),
    ("Africa/Nairobi", "East Africa"), ("Asia/Karachi", "Pakistan"), ("Asia/Dhaka", "Dhaka"),
    ("Australia/Brisbane", "Brisbane"), ("Pacific/Guadalcanal", "Solomon"),
    ("Pacific/Fiji", "Fiji"), ("Pacific/Pago_Pago", "Samoa"), ("Pacific/Gambier", "Gambier"),
]  # fmt: skip
OPENING = timedelta(hours=11)


def morning_zones(now: datetime) -> list[tuple[str, str]]:
    """The zones by how near their clocks are to 11:00 at this instant; with how people say them."""

    def away(zone: tuple[str, str]) -> timedelta:
        wall = now.astimezone(ZoneInfo(zone[0]))
        since = timedelta(hours=wall.hour, minutes=wall.minute)
        return min(abs(since - OPENING), timedelta(days=1) - abs(since - OPENING))

    return sorted(ZONES, key=away)


@dataclass(slots=True)
class Clinic:
    """A site with the people and places the story needs, each by what he or it is there for."""

    site: Site
    people: dict[str, Account] = field(default_factory=dict)
    places: dict[str, Resource] = field(default_factory=dict)
    #: On the shelf, by the number of the lot.
    lots: dict[str, StockLot] = field(default_factory=dict)
    blood: Laboratory | None = None
    andrology: Laboratory | None = None


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    name: str
    role: Role
    email: str


HARBOUR = (
    Person("desk", "Mara Lindqvist", Role.COORDINATOR, "mara@harbour.example"),
    Person("first_doctor", "Dr Amina Okafor", Role.CLINICIAN, "okafor@harbour.example"),
    Person("second_doctor", "Dr Luis Reyes", Role.CLINICIAN, "reyes@harbour.example"),
    Person("nurse", "Nora Bell", Role.NURSE, "nora@harbour.example"),
    Person("bench", "Jan Amsel", Role.TECHNOLOGIST, "jan@harbour.example"),
    Person("verifier", "Priya Nair", Role.VERIFIER, "priya@harbour.example"),
    Person("dispenser", "Colin Frost", Role.PHARMACIST, "colin@harbour.example"),
    Person("embryologist", "Sofia Marin", Role.EMBRYOLOGIST, "sofia@harbour.example"),
    Person("auditor", "Ada Quist", Role.AUDITOR, "ada@harbour.example"),
)
HARBOUR_HEAD = Person("head", "Robin Achterberg", Role.ADMINISTRATOR, "admin@harbour.example")
#: The laboratory, the dispensary and one clinician serve both, so the site switch has a use.
HILL = (
    Person("desk", "Lena Ortiz", Role.COORDINATOR, "lena@hill.example"),
    HARBOUR[1],
    Person("second_doctor", "Dr Hanna Weiss", Role.CLINICIAN, "weiss@hill.example"),
    Person("nurse", "Tomas Berg", Role.NURSE, "tomas@hill.example"),
    *HARBOUR[4:7],
)
HILL_HEAD = Person("head", "Ines Falk", Role.ADMINISTRATOR, "admin@hill.example")
SIGN_INS = (*HARBOUR, HARBOUR_HEAD, HILL[0], HILL[2])


@dataclass(frozen=True, slots=True)
class Door:
    """An account and the single-use link with which its owner chooses his password."""

    account: Account
    token: str

    def open(self, now: datetime) -> None:
        links.redeem(token=self.token, password=PASSWORD, now=now)


@transaction.atomic
def open_clinics(now: datetime) -> tuple[Clinic, Clinic, list[Door]]:
    """Both clinics with everybody invited, and the doors that nobody has opened yet."""
    here, there = morning_zones(now)[:2]
    first, head = _open("Harbour Street", "harbour", "HF", here, HARBOUR_HEAD, now)
    second, other_head = _open("Hill Road", "hill", "HR", there, HILL_HEAD, now)
    for clinic, people in ((first, HARBOUR), (second, HILL)):
        for person in people:
            _join(clinic, person, now)
        _furnish(clinic)
        _on_call(clinic, now)
    return first, second, [head, other_head, *_doors()]


def _open(
    name: str, code: str, prefix: str, zone: tuple[str, str], head: Person, now: datetime
) -> tuple[Clinic, Door]:
    site, member, token = sites.open_site(
        administrator_email=head.email,
        administrator_name=head.name,
        now=now,
        name=f"{name} Clinic",
        code=code,
        record_prefix=prefix,
        time_zone=zone[0],
        zone_word=zone[1],
        neutral_name=name,
        phone="555 0142" if code == "harbour" else "555 0187",
        address=f"1 {name}",
        paper="letter" if code == "harbour" else "a4",
    )
    account = demonstration.mark(account=member.account)
    account.member = member
    return Clinic(site=site, people={"head": account}), Door(account, token)


def _join(clinic: Clinic, person: Person, now: datetime) -> None:
    member = members.invite(
        site=clinic.site,
        email=person.email,
        name=person.name,
        role=person.role,
        by=clinic.people["head"],
        now=now,
    )
    # Who works at both is somebody else at each.
    account = copy.copy(demonstration.mark(account=member.account))
    account.member = member
    clinic.people[person.key] = account


def _doors() -> Iterable[Door]:
    """The links in the letters that wait, which are then not sent: they would be the only mail."""
    letters = list(Message.objects.filter(template="invitation", state="waiting").order_by("pk"))
    accounts = {account.email: account for account in Account.objects.all()}
    for letter in letters:
        token = letter.context["link"].rstrip("/").rpartition("/")[2]
        outbox.cancel(subject=letter.subject)
        yield Door(accounts[letter.recipient], token)


def _on_call(clinic: Clinic, now: datetime) -> None:
    """The clinicians take turns for a week, a day each, and stand behind one another."""
    morning = now.astimezone(clinic.site.zone).replace(hour=8, minute=0, second=0, microsecond=0)
    if morning > now:
        morning -= timedelta(days=1)
    pair = ("first_doctor", "second_doctor")
    for day in range(7):
        for rank, key in enumerate(pair if day % 2 == 0 else pair[::-1], start=1):
            on_call.add_shift(
                site=clinic.site,
                member=Member.objects.get(account=clinic.people[key], site=clinic.site),
                rank=rank,
                starts_at=morning + timedelta(days=day),
                ends_at=morning + timedelta(days=day + 1),
                by=clinic.people["head"],
                now=now,
            )


def _furnish(clinic: Clinic) -> None:
    """Every day is a working day here, so that the demonstration never opens on a Sunday."""
    head, people = clinic.people["head"], clinic.people
    morning, afternoon = (8, 12), (13, 17)

    def week(*hours: tuple[int, int]) -> list[tuple[int, time, time]]:
        return [(day, time(a), time(b)) for day in range(7) for a, b in hours]

    def surname(key: str) -> str:
        return f"Dr {people[key].name.rpartition(' ')[2]}"

    for key, name, purpose, kind, minutes, hours in (
        ("first_doctor", surname("first_doctor"), "Clinician", "person", 30, (morning, afternoon)),
        (
            "second_doctor",
            surname("second_doctor"),
            "Clinician",
            "person",
            30,
            ((9, 12), afternoon),
        ),
        ("nurse", "Nurse room", "Check-in, vitals", "room", 15, (morning, afternoon)),
        ("chair", "Draw chair", "Blood", "chair", 15, ((7, 12), (13, 16))),
        ("seat", "Andrology", "Samples", "laboratory", 45, (morning, (12, 16))),
    ):
        clinic.places[key] = sites.add_resource(
            site=clinic.site,
            name=name,
            purpose=purpose,
            kind=kind,
            weekly=week(*hours),
            by=head,
            member=people[key].member if kind == "person" else None,
            slot_minutes=minutes,
        )
    code = clinic.site.code.upper()
    clinic.blood = add_laboratory(
        site=clinic.site, name="Reference laboratory", facility=f"REFLAB-{code}", by=head
    )
    clinic.andrology = add_laboratory(
        site=clinic.site,
        name="Andrology laboratory",
        facility=f"ANDROLAB-{code}",
        andrology=True,
        by=head,
    )
