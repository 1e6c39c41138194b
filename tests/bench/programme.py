"""The programme's own arithmetic: laying visits, judging results, what-if and back-test."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic.models import Account, Booking, Member, Resource
from labs.models import Draw
from labs.rules.grading import LabReading
from labs.rules.quantities import Quantity
from protocols.actions import back_test
from protocols.actions.definition import publish
from protocols.actions.migration import migrate
from protocols.actions.safety import evaluate_draw
from protocols.actions.visits_plan import lay_visits
from protocols.models import Appointment, Enrolment, Version, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.what_if import CHUNK, counts_of, in_flight, look
from protocols.rules.definition import Definition, document, restore
from protocols.rules.lab_facts import LabFact
from protocols.rules.safety import evaluate
from protocols.rules.schedule import lay_out
from protocols.rules.what_if import Counts
from tests.bench import people
from tests.bench.figures import Figures, Table, timed
from tests.bench.growth import DOCTOR
from tests.bench.scene import Scene

MEN = 1_000
RULES, ACTIONS = 2_000, 100


def run(scene: Scene) -> None:
    scene.crowd.grow(max(MEN, scene.scale.people))
    men = under_way(scene)
    table = Table("The programme", "work", "times", "queries", "p50 ms", "p95 ms", "per s")
    version = Version.objects.filter(state="published").order_by("pk")[0]
    definition = definition_of(version)
    rules(table, definition)
    actions(table, men)
    what_if(table, scene, version, definition)


def under_way(scene: Scene) -> list[Enrolment]:
    """A thousand men fifty days after Day 1: month 1 behind them, month 2 booked."""
    given = {
        "first": people.FIRST_PK, "last": people.FIRST_PK + MEN,
        "day_one": scene.site.localdate(timezone.now()) - timedelta(days=50),
    }  # fmt: skip
    with people.untriggered():
        people.run(ON_TREATMENT, given)
        people.run(AS_PLANNED, given)
    men = list(Enrolment.objects.filter(pk__range=(people.FIRST_PK, people.FIRST_PK + MEN - 1)))
    book(scene, men)
    people.analyze()
    return men


ON_TREATMENT = """
UPDATE protocols_enrolment SET status = 'ACTIVE', first_dose_on = %(day_one)s, last_dose_on = NULL
WHERE id >= %(first)s AND id < %(last)s
"""
AS_PLANNED = """
UPDATE protocols_visit v SET
    opens_on = %(day_one)s + p.offset_days - p.days_before, target_on = %(day_one)s + p.offset_days,
    closes_on = %(day_one)s + p.offset_days + p.days_after,
    status = CASE WHEN p.offset_days <= 30 THEN 'signed' ELSE 'planned' END,
    attended_on = CASE WHEN p.offset_days <= 30 THEN %(day_one)s + p.offset_days END,
    opened_by_id = CASE WHEN p.offset_days <= 30 THEN opened_by_id END,
    timing = CASE WHEN p.offset_days <= 30 THEN 'ON_TIME' ELSE '' END
FROM protocols_plannedvisit p
WHERE p.id = v.planned_id AND v.enrolment_id >= %(first)s AND v.enrolment_id < %(last)s
"""


def book(scene: Scene, men: Sequence[Enrolment]) -> None:
    """Each for month 2, a quarter of an hour after another."""
    room = Resource.objects.create(
        site=scene.site, name="Bench, what if", purpose="Bench", kind=Resource.Kind.ROOM
    )
    month = {row.enrolment_id: row for row in Visit.objects.filter(enrolment__in=men, code="M2")}
    begins = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
    bookings = []
    for n, man in enumerate(men):
        at = begins + timedelta(minutes=15 * n)
        bookings.append(
            Booking(
                site=scene.site, resource=room, attendee=f"patients.patient:{man.patient_id}",
                during=DateTimeTZRange(at, at + timedelta(minutes=15), "[)"),
            )
        )  # fmt: skip
    Appointment.objects.bulk_create(
        Appointment(visit=month[man.pk], booking=made)
        for man, made in zip(men, Booking.objects.bulk_create(bookings), strict=True)
    )


def rules(table: Table, definition: Definition) -> None:
    day_one = datetime.now(UTC).date()
    reading = LabReading("triglycerides", Quantity(Decimal(620), "mg/dL", None), uln=Decimal(150))
    fact = LabFact(reading, fasting=True)
    show(table, "lay out a schedule (rule)", RULES, lambda _: lay_out(
        definition, first_dose_on=day_one, last_dose_on=day_one + timedelta(days=179)
    ))  # fmt: skip
    show(table, "judge one result (rule)", RULES, lambda _: evaluate(definition, results=[fact]))


def actions(table: Table, men: Sequence[Enrolment]) -> None:
    """As a person's click does them: locked, written, in a transaction."""
    some = men[:ACTIONS]
    draws = [Draw.objects.filter(patient=man.patient_id).latest("pk") for man in some]
    queries = counted(lambda: lay_visits(enrolment=men[-1]))
    show(table, "lay a man's visits (action)", ACTIONS, lambda n: lay_visits(enrolment=some[n]),
         queries)  # fmt: skip
    queries = counted(lambda: evaluate_draw(draws[-1]))
    show(table, "judge a collection (action)", ACTIONS, lambda n: evaluate_draw(draws[n]),
         queries)  # fmt: skip


def what_if(table: Table, scene: Scene, was: Version, definition: Definition) -> None:
    second = publish(definition=changed(definition), now=timezone.now())
    doctor = Account.objects.get(email=DOCTOR)
    doctor.member = Member.objects.filter(account=doctor).first()
    definition_of(second)
    queries = counted(lambda: compared(doctor, second))
    begun = perf_counter()
    counts = compared(doctor, second)
    seconds = perf_counter() - begun
    table.row(f"what-if, {counts.men:,} men", 1, queries, 1000 * seconds, "", counts.men / seconds)
    visitor = scene.signed_in(DOCTOR, 1)[0]
    address = f"/protocols/{second.pk}/what-if/"
    client = scene.inside(DOCTOR)
    page = timed([lambda: visitor.get(address) == 200 for _ in range(20)])
    row(table, f"what-if, its page ({CHUNK} men)", page, counted(lambda: client.get(address)))
    moved = list(in_flight(doctor, second)[:20])
    queries = counted(lambda: move(moved[-1], second, doctor))
    show(table, "move a man (action)", len(moved) - 1, lambda n: move(moved[n], second, doctor),
         queries)  # fmt: skip
    begun = perf_counter()
    run = back_test.begin(
        version=was, rule="TG_REVIEW", threshold=Decimal(151), by=doctor, now=timezone.now()
    )
    steps = 0
    while not run.done and steps < MEN // back_test.STEP:
        run, steps = back_test.go_on(run=run, by=doctor, now=timezone.now()), steps + 1
    seconds = perf_counter() - begun
    name = f"a rule tried on {run.looked:,} men, a step"
    table.row(name, steps, "", 1000 * seconds / steps, "", run.looked / seconds)


def changed(definition: Definition) -> Definition:
    """Month 2 narrowed, month 3 a week later, and a limit that asks for everybody's results."""
    content: dict[str, Any] = document(definition)
    content["version"] = definition.version + 1
    visits = {visit["code"]: visit for visit in content["visits"]}
    visits["M2"].update(before_days=3, after_days=3)
    visits["M3"].update(offset_days=97)
    content["safety"]["analytes"][0]["bands"][1]["over"] = "290"
    return restore(content)


def compared(doctor: Account, version: Version) -> Counts:
    """Chunk by chunk, as the page does it."""
    whole, counts, after = in_flight(doctor, version), Counts(), 0
    while after is not None:
        seen = look(whole, version, timezone.now(), after=after, size=CHUNK)
        counts, after = counts_of(seen.men, counts), seen.next_key
    return counts


def move(man: Enrolment, version: Version, by: Account) -> None:
    migrate(enrolment=man, to=version, reason="Bench.", by=by, now=timezone.now())


def counted(work: Callable[[], object]) -> int:
    """How many queries it costs; what it wrote is taken back."""
    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        work()
        transaction.set_rollback(True)
    return sum("SAVEPOINT" not in query["sql"] for query in asked.captured_queries)


def show(
    table: Table, name: str, times: int, work: Callable[[int], object], queries: object = ""
) -> None:
    def piece(n: int) -> Callable[[], bool]:
        return lambda: (work(n), True)[1]

    row(table, name, timed([piece(n) for n in range(times)]), queries)


def row(table: Table, name: str, found: Figures, queries: object) -> None:
    table.row(
        name, len(found.taken_ms), queries, found.percentile(0.5), found.percentile(0.95),
        found.per_second,
    )  # fmt: skip
