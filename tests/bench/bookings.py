"""Bookings under contention: one slot wanted by a hundred, and a thousand slots by a thousand."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from clinic.models import OpeningHours, Resource
from clinic.rules.calendar import instant
from tests.bench.figures import Table
from tests.bench.scene import AT_ONCE, Scene
from tests.contention import Crowd, Round, database_url, free_slots, one_slot, quarters

ROOMS = 28
CONTENDERS = 100
WANTED = 1_000


def run(scene: Scene) -> None:
    rooms = [room(scene, n) for n in range(ROOMS)]
    now = timezone.now()
    table = Table(
        "Bookings under contention", "wish", "rounds", "won", "refused", "wrongly", "p50 ms",
        "p95 ms", "per s",
    )  # fmt: skip
    rounds = scene.scale.contended_rounds
    with Crowd(4, CONTENDERS // 4, database_url()) as crowd:
        found = [
            crowd.round(
                one_slot(rooms[n % ROOMS], slot(scene, n // ROOMS), contenders=CONTENDERS, now=now)
            )
            for n in range(rounds)
        ]
    contended(table, found)
    opens = slot(scene, 40)
    jobs = free_slots(rooms, quarters(opens, opens + timedelta(hours=9)), wanted=WANTED, now=now)
    with Crowd(2, AT_ONCE // 2, database_url()) as crowd:
        crowd.round(jobs[:0])
        different(table, crowd.round(jobs))


def room(scene: Scene, n: int) -> int:
    made = Resource.objects.create(
        site=scene.site, name=f"Bench room {n}", purpose="Bench", kind=Resource.Kind.ROOM
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(resource=made, weekday=day, opens=time(8), closes=time(17)) for day in range(7)
    )
    return made.pk


def slot(scene: Scene, day: int) -> datetime:
    """08:00 of a day three months ahead and later, on the clinic's clock."""
    today = scene.site.localdate(timezone.now())
    return instant(today + timedelta(days=90 + day), time(8), scene.site.zone)


def contended(table: Table, found: list[Round]) -> None:
    """Right is one winner each round; `wrongly` counts rounds with none or two."""
    winners = [len(one.winners) for one in found]
    answers = sorted(a.seconds * 1000 for one in found for a in one.answers)
    seconds = sum(one.seconds for one in found)
    table.row(
        f"{CONTENDERS} people, one slot", len(found), sum(winners), len(answers) - sum(winners),
        sum(n != 1 for n in winners), answers[len(answers) // 2],
        answers[int(len(answers) * 0.95)], len(answers) / seconds,
    )  # fmt: skip


def different(table: Table, found: Round) -> None:
    refused = len(found.answers) - len(found.winners)
    table.row(
        f"{len(found.answers):,} different free slots, {AT_ONCE} at a time", 1,
        len(found.winners), refused, refused, found.percentile_ms(0.5), found.percentile_ms(0.95),
        found.per_second,
    )  # fmt: skip
