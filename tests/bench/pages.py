"""Pages: median, p95, queries and requests a second, alone and eight at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from statistics import median

from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from clinic.actions.bookings import free_slots
from clinic.models import Account, Document, Resource
from labs.models import Laboratory
from protocols.management.demonstration.clinics import PASSWORD
from protocols.models import Appointment, Signature, Visit
from protocols.reports import visit_report
from tests.bench import people
from tests.bench.figures import Figures, Table, Work, at_once, dealt, in_turn, timed
from tests.bench.scene import AT_ONCE, DESK, PATIENT, Scene
from tests.bench.visitor import Visitor

WARMING = 4
HEADS = ("page", "queries", "p50 ms", "p95 ms", "× bare", "8: p50", "8: p95", "8: req/s", "failed")
#: What is asked of a visitor: an address, and the fields when something is posted.
Request = tuple[str, dict[str, object] | None]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing somebody does, over and over: `ask` gives the next request."""

    name: str
    ask: Callable[[], Request]
    email: str = DESK
    good: tuple[int, ...] = (200,)
    #: Of what is used up there may be fewer than the scale asks for.
    supply: int = 1_000_000

    def work(self, visitor: Visitor) -> Work:
        def piece() -> bool:
            path, fields = self.ask()
            status = visitor.get(path) if fields is None else visitor.post(path, fields)
            return status in self.good

        return piece


BARE = Operation("bare view", lambda: (f"/bare/{people.FIRST_PK}/", None))


def run(scene: Scene) -> None:
    """Print the table; what confirms comes after what holds."""
    scene.crowd.grow(scene.scale.people)
    table = Table(f"Pages with {scene.crowd.size:,} patients", *HEADS)
    show(table, scene, BARE)
    sign_in(table, scene)
    for operation in operations(scene):
        show(table, scene, operation)
    show(table, scene, confirming(scene))
    report(table)
    table.row("a password's hash alone", "", hash_ms())


@dataclass(frozen=True, slots=True)
class Measured:
    """Alone, the bare view in the same seconds, and eight at a time."""

    alone: Figures
    bare: Figures
    together: Figures

    @property
    def cells(self) -> tuple[object, ...]:
        one, eight = self.alone, self.together
        return (
            one.p50, one.p95, one.p50 / self.bare.p50, eight.p50, eight.p95, eight.per_second,
            one.failed + eight.failed,
        )  # fmt: skip


def measured(scene: Scene, operation: Operation) -> Measured:
    """In turn with the bare view, so that whatever else the machine does then weighs on both."""
    visitors = scene.signed_in(operation.email, AT_ONCE)
    colleague = scene.signed_in(DESK, 1)[0]
    scale = scene.scale
    alone = min(scale.alone, operation.supply // 5)
    together = min(scale.together, operation.supply - alone - WARMING - 1)
    for visitor in visitors[:WARMING]:
        operation.work(visitor)()
    one, bare = in_turn(
        [operation.work(visitors[0]) for _ in range(alone)], [BARE.work(colleague)] * alone
    )
    shares = [[operation.work(visitor) for _ in range(together // AT_ONCE)] for visitor in visitors]
    return Measured(one, bare, at_once(shares))


def show(table: Table, scene: Scene, operation: Operation) -> None:
    table.row(operation.name, queries(scene, operation), *measured(scene, operation).cells)


def queries(scene: Scene, operation: Operation) -> int:
    """How many a warm process needs for it."""
    client = scene.inside(operation.email)
    if operation.supply > 1_000:
        ask_inside(client, operation.ask())
    with CaptureQueriesContext(connection) as counted:
        ask_inside(client, operation.ask())
    return statements(counted.captured_queries)


def statements(queries: Sequence[dict[str, str]]) -> int:
    """Without what only begins or ends a transaction."""
    return sum(
        not query["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))
        for query in queries
    )


def ask_inside(client: Client, request: Request) -> None:
    path, fields = request
    client.get(path) if fields is None else client.post(path, fields)


def operations(scene: Scene) -> Sequence[Operation]:
    man = scene.record_pk
    numbers = count(1)

    def search(words: Callable[[int], str]) -> Callable[[], Request]:
        return lambda: (f"/patients/?q={words(next(numbers) * 37 % 1_000)}", None)

    def at(name: str, *args: object) -> Callable[[], Request]:
        return lambda: (reverse(name, args=args), None)

    found = [
        Operation("today", at("protocols:today")),
        Operation("patients, first page", at("patients:registry")),
        Operation("search, given and family name", search(lambda n: "+".join(people.names(n)))),
        Operation("search, common name", search(lambda n: people.COMMON)),
        Operation("search, telephone", search(lambda n: str(4_152_000_000 + n * 7))),
        Operation("search, record number", search(lambda n: f"HF-{people.FIRST_NUMBER + n}")),
        Operation("record", at("protocols:record", man)),
        Operation("inbox", at("protocols:inbox"), email="okafor@harbour.example"),
        Operation("booking drawer", drawer(scene)),
        holding(scene),
        saving(scene),
        Operation("report, opened", at("clinic:document", report_pk(man))),
    ]
    try:
        reverse("portal:home")
    except NoReverseMatch:
        return found
    return [*found, Operation("portal home", at("portal:home"), email=PATIENT)]


def report_pk(man: int) -> int:
    return Document.objects.filter(person=f"patients.patient:{man}").order_by("-pk")[0].pk


def awaited() -> list[Visit]:
    """The next visit of each man of the crowd who is on treatment."""
    rows = Visit.objects.filter(
        enrolment__gte=people.FIRST_PK, enrolment__lt=people.FIRST_PK + people.ACTIVE,
        status="planned",
    )  # fmt: skip
    return list(rows.order_by("enrolment", "target_on").distinct("enrolment"))


def drawer(scene: Scene) -> Callable[[], Request]:
    visits = awaited()
    numbers = count(1)
    return lambda: (reverse("protocols:book", args=[visits[-next(numbers) % 50].pk]), None)


def holding(scene: Scene) -> Operation:
    """A time within each man's window that nobody else of them is given."""
    wishes = free_wishes(scene)
    left = iter(wishes)

    def ask() -> Request:
        visit, slot = next(left)
        return reverse("protocols:hold", args=[visit.pk]), {"slot": slot, "task": "clinician"}

    return Operation("hold a time", ask, good=(302,), supply=len(wishes))


def free_wishes(scene: Scene) -> Sequence[tuple[Visit, str]]:
    now = timezone.now()
    doctors = list(Resource.objects.filter(site=scene.site, kind=Resource.Kind.PERSON))
    visits = awaited()
    first = min(v.opens_on for v in visits)
    days = [first + timedelta(days=n) for n in range(70)]
    free = sorted(
        (span.starts_at, doctor.pk)
        for doctor in doctors
        for span in free_slots(resource=doctor, days=days, minutes=30, now=now, limit=9_999)
        if span.starts_at.minute % 30 == 0  # every quarter hour is free, but only one of two
    )
    wishes = []
    for visit in sorted(visits, key=lambda v: v.closes_on):
        opens, closes = visit.opens_on, visit.closes_on
        place = next(
            (n for n, (at, _) in enumerate(free)
             if opens <= at.astimezone(scene.site.zone).date() <= closes), None,
        )  # fmt: skip
        if place is not None:
            at, doctor = free.pop(place)
            wishes.append((visit, f"{doctor}@{at.isoformat()}"))
    return wishes


def confirming(scene: Scene) -> Operation:
    """What was held a moment ago becomes a booking, with its reminders planned."""
    rows = Appointment.objects.filter(
        booking__status="held", visit__enrolment__gte=people.FIRST_PK
    ).order_by("booking__held_until")
    held = list(rows.values_list("booking_id", flat=True))
    left = iter(held)

    def ask() -> Request:
        return reverse("protocols:confirm_booking", args=[next(left)]), {}

    return Operation("confirm it", ask, good=(200, 204, 302), supply=len(held))


def saving(scene: Scene) -> Operation:
    """A fasting lipid panel of another man each time; safety reads it in the same transaction."""
    laboratory = Laboratory.objects.get(site=scene.site, andrology=False)
    numbers = count()
    day = scene.site.localdate(timezone.now()) - timedelta(days=1)

    def ask() -> Request:
        n = next(numbers)
        man = people.FIRST_PK + n % people.ACTIVE
        return reverse("labs:enter_results", args=[man]) + "?panel=lipids", {
            "laboratory": laboratory.pk,
            "collected_at": f"{day.isoformat()}T{7 + n // people.ACTIVE:02d}:45",
            "fasting": "yes", "fasting_hours": "12",
            "value_total_cholesterol": str(180 + n % 15), "value_hdl": "46",
            "value_triglycerides": str(120 + n % 20),
        }  # fmt: skip

    return Operation("save a lipid panel", ask, good=(302,), supply=people.ACTIVE)


def sign_in(table: Table, scene: Scene) -> None:
    """The password and what follows it up to the answer; each a colleague who was not in yet."""
    scale = scene.scale
    alone, together = max(scale.alone // 4, 5), scale.together // 4
    people_in = iter(people.colleagues(scene.site, DESK, alone + together + 1))
    colleague = scene.signed_in(DESK, 1)[0]

    def piece() -> Work:
        visitor, email = Visitor(scene.port), next(people_in)
        visitor.open_door()
        return lambda: visitor.give(email, PASSWORD) == 302

    one, bare = in_turn([piece() for _ in range(alone)], [BARE.work(colleague)] * alone)
    found = Measured(one, bare, at_once(dealt([piece() for _ in range(together)], AT_ONCE)))
    client = Client(SERVER_NAME="127.0.0.1")
    with CaptureQueriesContext(connection) as counted:
        client.post("/accounts/login/", {"login": next(people_in), "password": PASSWORD})
    table.row("sign in", statements(counted.captured_queries), *found.cells)


def hash_ms() -> float:
    """Argon2 as the settings ask for it: a sign-in cannot take less."""
    stored = Account.objects.get(email=DESK).password
    return median(timed([lambda: check_password(PASSWORD, stored)] * 5).taken_ms)


def report(table: Table) -> None:
    """A visit report rendered by one worker; it goes into the outbox of nobody."""
    signature = Signature.objects.filter(document__isnull=False).order_by("-signed_at")[0]
    imprint = visit_report.Imprint(version=1, code="ABCD-EFGH-JKMN", made_at=timezone.now())

    def piece() -> bool:
        return bool(visit_report.rendered(signature.content, imprint).content)

    piece()
    found = timed([piece] * 12)
    table.row("report, made by a worker", "", found.p50, found.p95)
