"""The demonstration clinic: two sites, everybody who works there, about forty men, ending today.

Made through the actions, never by inserting rows; the same for the same instant. Refused
unless the settings are those of the embedded mode.
"""

import gc
import multiprocessing
import os
from argparse import SUPPRESS
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections, transaction
from django.utils import timezone

from clinic.models import Site
from clinic.refusal import Refusal
from labs.actions.catalogue import load_catalogue
from patients.actions.consent import load_consent_texts
from protocols.actions.definition import load_definitions
from protocols.management.demonstration import (
    cast,
    controls,
    daniel,
    frozen,
    months,
    others,
    programme,
    shelf,
    ticked,
    today,
)
from protocols.management.demonstration.cast import HERE, OTHERS_HERE, OTHERS_THERE, THERE
from protocols.management.demonstration.clinics import (
    PASSWORD,
    SIGN_INS,
    Clinic,
    open_clinics,
)
from protocols.management.demonstration.story import Life

SIGN_INS_FILE = "sign-ins.txt"
#: Who has a portal that is shown around.
PATIENTS = [("Daniel", "Rourke"), ("Marcus", "Tran"), ("Amir", "Farouk")]
Story = Callable[[], None]


class Command(BaseCommand):
    help = "Makes the demonstration clinic in an empty database, or anew with --reset."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="empty the database first")
        parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 4))
        # For tests: the instant it is made for, instead of this one.
        parser.add_argument("--at", type=datetime.fromisoformat, help=SUPPRESS)

    def handle(
        self, *args: Any, reset: bool, processes: int, at: datetime | None, **options: Any
    ) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError(
                "Demonstration accounts exist only in the embedded mode: start it with ./dev run."
            )
        if reset:
            empty()
        if Site.objects.exists():
            raise CommandError("There is a clinic here already. To make it anew: ./dev demo")
        make(now=at or timezone.now(), processes=processes)
        self.stdout.write(sign_ins())


def empty() -> None:
    """Empty every table of ours; the trail with it, which only an owner can."""
    with connection.cursor() as cursor:
        cursor.execute("SET halfyear.throwaway = 'on'")
        cursor.execute(
            "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
        )
        cursor.execute(f"TRUNCATE {cursor.fetchone()[0]} RESTART IDENTITY CASCADE")
    load_catalogue()
    load_consent_texts()


def make(*, now: datetime, processes: int = 1) -> tuple[Clinic, Clinic]:
    """Everything, and the sign-ins written where the supervisor reads them."""
    with quickly():
        clinics = fill(now, processes)
    path = settings.STATE_DIR / SIGN_INS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sign_ins())
    return clinics


def fill(now: datetime, processes: int) -> tuple[Clinic, Clinic]:
    first, second, doors = open_clinics(now)
    load_definitions(now=now)
    lives, stories = everybody(first, second, now)
    register(lives.values())
    fill_shelves((first, second), lives.values(), now)
    tell_all([*stories, *(partial(door.open, now) for door in doors)], processes)
    with transaction.atomic():
        for life in lives.values():
            life.read_again()
        for clinic in (first, second):
            ticked.tick(clinic, clinic.site.localdate(now))
        today.tell(lives)
        frozen.tell(first, now)
        programme.tell(first, now)
        for clinic, pattern in ((first, controls.DRIFTING), (second, controls.STEADY)):
            controls.count(clinic, clinic.site.localdate(now), pattern)
        for clinic in (first, second):
            shelf.tidy(clinic, clinic.site.localdate(now))
    return first, second


def fill_shelves(clinics: Iterable[Clinic], lives: Collection[Life], now: datetime) -> None:
    """Every delivery since the first man of each clinic was referred."""
    for clinic in clinics:
        first_on = min(life.referred_on for life in lives if life.clinic is clinic)
        shelf.fill(clinic, first_on, clinic.site.localdate(now))


@transaction.atomic
def register(lives: Iterable[Life]) -> None:
    """One after the other, as they came: two processes could not agree about the numbers."""
    for life in sorted(lives, key=lambda life: (life.referred_on, life.man.place)):
        life.register()


def everybody(first: Clinic, second: Clinic, now: datetime) -> tuple[dict[int, Life], list[Story]]:
    """Every man by his place in the cast, and what there is to tell of each."""
    treated, rest = thirty(first, now), the_others(first, second, now)
    lives = {**treated, **{life.man.place: life for life, _ in rest}}
    return lives, [*(told(life) for life in treated.values()), *(story for _, story in rest)]


@contextmanager
def quickly() -> Iterator[None]:
    """Data that can be made again need not wait for the disk, nor be able to go back half a step.

    A third of all statements would be savepoints, and here every refusal ends everything.
    """
    usual, connection.features.uses_savepoints = connection.features.uses_savepoints, False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")
        yield
    finally:
        connection.features.uses_savepoints = usual


def thirty(clinic: Clinic, now: datetime) -> dict[int, Life]:
    day = clinic.site.localdate(now)
    return {
        man.place: Life(
            clinic=clinic,
            man=man,
            today=day,
            chance=man.random,
            referred_on=day - timedelta(days=man.days + referred_before(man)),
        )
        for man in cast.thirty(day)
    }


def referred_before(man: cast.Man) -> int:
    return months.REFERRED_BEFORE if man.place else daniel.REFERRED_BEFORE


def told(life: Life) -> Story:
    def tell() -> None:
        months.until_first_capsule(life)
        months.months_behind(life)

    is_daniel = life.man.place == 0
    return named(life, partial(daniel.until_today, life) if is_daniel else tell)


def the_others(first: Clinic, second: Clinic, now: datetime) -> list[tuple[Life, Story]]:
    here = [(first, HERE + n, row) for n, row in enumerate(OTHERS_HERE)]
    there = [(second, THERE + n, row) for n, row in enumerate(OTHERS_THERE)]
    lives = []
    for clinic, place, (given, family, state) in [*here, *there]:
        life = others.other(clinic, place, given, family, state, clinic.site.localdate(now))
        lives.append((life, named(life, partial(others.tell, life, state))))
    return lives


def named(life: Life, tell: Story) -> Story:
    """What is refused is said with the man it was refused to."""

    def story() -> None:
        try:
            tell()
        except Refusal as refused:
            man = life.man
            raise CommandError(f"{man.given_name} {man.family_name}: {refused}") from refused

    return story


def tell_all(stories: Sequence[Story], processes: int) -> None:
    """One man after another, over several processes when there are several cores.

    Each action is its own transaction: whoever told a whole man in one kept the lots he was given
    capsules from, and the other process waited.
    """
    if processes <= 1:
        tell_some(stories)
        return
    connections.close_all()
    context = multiprocessing.get_context("fork")
    children = [
        context.Process(target=tell_briefly, args=(stories[n::processes],))
        for n in range(processes)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise CommandError("The demonstration could not be made; the reason stands above.")


def tell_briefly(stories: Sequence[Story]) -> None:
    """In a process that ends in a few seconds, nobody need look for what it left lying about."""
    gc.disable()
    tell_some(stories)


def tell_some(stories: Sequence[Story]) -> None:
    with quickly():
        for story in stories:
            story()


def sign_ins() -> str:
    """What is printed when the program has started: everybody, one password."""
    staff = [(person.name, person.role.value, person.email) for person in SIGN_INS]
    patients = [
        (f"{given} {family}", "patient", f"{given}.{family}@patients.example".lower())
        for given, family in PATIENTS
    ]
    rows = [f"  {name:<20}{role:<14}{email}" for name, role, email in [*staff, *patients]]
    title = f"Demonstration sign-ins (synthetic people), password for all: {PASSWORD}"
    return "\n".join([title, *rows, ""])
