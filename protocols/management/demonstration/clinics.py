"""The two clinics of the demonstration: sites, people, rooms, laboratories, sign-ins."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic import outbox
from clinic.access import Role
from clinic.actions import links, members, sites
from clinic.models import Account, Message, Resource, Site
from labs.models import Laboratory

PASSWORD = "demo-Halfyear-1"
#: One of these has a morning now, whatever the hour: the demonstration opens at about 10:45 there.
ZONES = [
    ("Pacific/Auckland", "New Zealand"), ("Australia/Sydney", "Sydney"), ("Asia/Tokyo", "Japan"),
    ("Asia/Bangkok", "Bangkok"), ("Asia/Kolkata", "India"), ("Asia/Dubai", "Gulf"),
    ("Europe/Helsinki", "Helsinki"), ("Europe/Berlin", "Berlin"), ("Europe/London", "London"),
    ("Atlantic/Azores", "Azores"), ("America/Sao_Paulo", "Brasília"),
    ("America/New_York", "Eastern"), ("America/Chicago", "Central"), ("America/Denver", "Mountain"),
    ("America/Los_Angeles", "Pacific"), ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
]  # fmt: skip
OPENING = timedelta(hours=10, minutes=45)


def morning_zone(now: datetime) -> tuple[str, str]:
    """The zone whose clock is nearest to 10:45 at this instant, and how people say it."""

    def away(zone: tuple[str, str]) -> timedelta:
        wall = now.astimezone(ZoneInfo(zone[0]))
        since = timedelta(hours=wall.hour, minutes=wall.minute)
        return min(abs(since - OPENING), timedelta(days=1) - abs(since - OPENING))

    return min(ZONES, key=away)


@dataclass(slots=True)
class Clinic:
    """A site with the people and places the story needs."""

    site: Site
    people: dict[str, Account] = field(default_factory=dict)
    places: dict[str, Resource] = field(default_factory=dict)
    blood: Laboratory | None = None
    andrology: Laboratory | None = None
    now: datetime | None = None


PEOPLE = [
    ("Mara Lindqvist", Role.COORDINATOR, "mara"),
    ("Dr Amina Okafor", Role.CLINICIAN, "okafor"),
    ("Dr Luis Reyes", Role.CLINICIAN, "reyes"),
    ("Nora Bell", Role.NURSE, "nora"),
    ("Jan Amsel", Role.TECHNOLOGIST, "jan"),
    ("Priya Nair", Role.VERIFIER, "priya"),
    ("Colin Frost", Role.PHARMACIST, "colin"),
    ("Emil Brandt", Role.EMBRYOLOGIST, "emil"),
    ("Ada Quist", Role.AUDITOR, "ada"),
]


@transaction.atomic
def open_clinics(now: datetime) -> tuple[Clinic, Clinic]:
    """Both clinics, with everybody signed up."""
    zone, word = morning_zone(now)
    first = _open("Harbour Street Clinic", "harbour", "HF", zone, word, now)
    second = _open("Hill Road Clinic", "hill", "HR", "America/New_York", "Eastern", now)
    # One member works at both, so that the site switch has something to switch.
    okafor = first.people["okafor"]
    members.invite(
        site=second.site, email=okafor.email, name=okafor.name, role=Role.CLINICIAN,
        by=second.people["admin"], now=now,
    )  # fmt: skip
    return first, second


def _open(name: str, code: str, prefix: str, zone: str, word: str, now: datetime) -> Clinic:
    site, admin, token = sites.open_site(
        administrator_email=f"admin@{code}.example",
        administrator_name="Robin Achterberg",
        now=now,
        name=name,
        code=code,
        record_prefix=prefix,
        time_zone=zone,
        zone_word=word,
        neutral_name=name.removesuffix(" Clinic"),
        phone="555 0142",
        address=f"1 {name.removesuffix(' Clinic')}",
        paper="letter" if code == "harbour" else "a4",
    )
    clinic = Clinic(site=site, now=now)
    _welcome(admin.account, token, now)
    clinic.people["admin"] = admin.account
    for person, role, key in PEOPLE:
        clinic.people[key] = _join(clinic, person, role, f"{key}@{code}.example", now)
    _furnish(clinic)
    return clinic


def _join(clinic: Clinic, name: str, role: Role, email: str, now: datetime) -> Account:
    member = members.invite(
        site=clinic.site, email=email, name=name, role=role, by=clinic.people["admin"], now=now
    )
    letter = Message.objects.get(recipient=email, template="invitation")
    _welcome(member.account, letter.context["link"].rstrip("/").rpartition("/")[2], now)
    outbox.cancel(subject=letter.subject)
    member.account.member = member
    return member.account


def _welcome(account: Account, token: str, now: datetime) -> None:
    """He opens his link; the account is marked as one of the demonstration's."""
    links.redeem(token=token, password=PASSWORD, now=now)
    account.refresh_from_db()
    account.is_demonstration = True
    account.save(update_fields=["is_demonstration"])
    account.member = account.memberships.select_related("site").first()


def _furnish(clinic: Clinic) -> None:
    """Every day is a working day here, so that the demonstration never opens on a Sunday."""
    admin, people = clinic.people["admin"], clinic.people

    def week(*hours: tuple[int, int]) -> list[tuple[int, time, time]]:
        return [(day, time(a), time(b)) for day in range(7) for a, b in hours]

    for key, name, purpose, kind, minutes, account, hours in (
        ("okafor", "Dr Okafor", "Clinician", "person", 30, people["okafor"], ((8, 12), (13, 17))),
        ("reyes", "Dr Reyes", "Clinician", "person", 30, people["reyes"], ((9, 12), (13, 17))),
        ("nurse", "Nurse room", "Check-in, vitals", "room", 15, None, ((8, 12), (13, 17))),
        ("chair", "Draw chair", "Blood", "chair", 15, None, ((7, 12), (13, 16))),
        ("seat", "Andrology", "Samples", "laboratory", 45, None, ((8, 12), (12, 16))),
    ):
        clinic.places[key] = sites.add_resource(
            site=clinic.site, name=name, purpose=purpose, kind=kind, weekly=week(*hours),
            by=admin, member=account.member if account else None, slot_minutes=minutes,
        )  # fmt: skip
    code = clinic.site.code.upper()
    clinic.blood = Laboratory.objects.create(
        site=clinic.site, name="Reference laboratory", facility=f"REFLAB-{code}"
    )
    clinic.andrology = Laboratory.objects.create(
        site=clinic.site, name="Andrology laboratory", facility=f"ANDROLAB-{code}", andrology=True
    )
