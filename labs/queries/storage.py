"""What is stored: for one man, in one tank, and what somebody has to do about it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from clinic.models import Account
from labs.models import (
    Container,
    NitrogenReading,
    Screening,
    SemenAnalysis,
    StorageTerms,
    Tank,
)
from labs.rules.storage import (
    RENEWAL_DAYS,
    Clearance,
    Cover,
    Nitrogen,
    OnDeath,
    Spot,
    clearance,
    cover,
    nitrogen,
    task,
)
from patients.models import Patient

#: So long does a sheet with motile sperm ask to be frozen; then there is nothing left to freeze.
FREEZE_WITHIN = timedelta(hours=24)
MOST = 50


@dataclass(frozen=True, slots=True)
class Word:
    """His agreement as it stands today."""

    terms: StorageTerms | None
    covered: Cover
    days_left: int | None

    @property
    def on_death(self) -> OnDeath:
        return OnDeath(self.terms.on_death) if self.terms else OnDeath.UNDECIDED

    @property
    def task(self) -> str:
        return task(self.covered, self.days_left)

    @property
    def holds(self) -> bool:
        return self.covered in (Cover.COVERED, Cover.EXPIRING)


def word_of(patient: Patient, today: date) -> Word:
    """What he has agreed to, by the newest agreement there is."""
    rows = StorageTerms.objects.filter(patient=patient).select_related("consent")
    return _word(rows.first(), patient.deceased_on is not None, today)


def _word(terms: StorageTerms | None, died: bool, today: date) -> Word:
    covered = cover(
        expires_on=terms.expires_on if terms else None,
        withdrawn=bool(terms and (terms.consent.withdrawn_on or terms.consent.struck_at)),
        died=died,
        today=today,
    )
    return Word(terms, covered, (terms.expires_on - today).days if terms else None)


def screening_of(patient: Patient) -> Screening | None:
    return Screening.objects.filter(patient=patient).first()


def cleared(screening: Screening | None, frozen_on: date) -> Clearance:
    """What his newest tests say for something frozen on that day."""
    if screening is None:
        return clearance(None, None, frozen_on)
    return clearance(screening.answers, screening.tested_on, frozen_on)


def frozen_already(analysis: SemenAnalysis) -> bool:
    """Whether something of this sample has been stored, its corrections included."""
    return Container.objects.filter(
        patient=analysis.patient_id, analysis__collected_at=analysis.collected_at
    ).exists()


def to_freeze(user: Account, now: datetime) -> QuerySet[SemenAnalysis]:
    """Final sheets of the last day with motile sperm of which nothing is stored yet."""
    stored = Container.objects.filter(
        patient=OuterRef("patient"), analysis__collected_at=OuterRef("collected_at")
    )
    return (
        SemenAnalysis.objects.visible_to(user)
        .final()
        .filter(motile_seen=True, collected_at__gt=now - FREEZE_WITHIN)
        .annotate(stored=Subquery(stored.values("pk")[:1]))
        .filter(stored=None)
        .select_related("patient")
        .order_by("collected_at", "pk")
    )


def containers_of(patient: Patient) -> QuerySet[Container]:
    return (
        Container.objects.filter(patient=patient)
        .select_related("tank", "analysis", "thaw_test")
        .order_by("-frozen_at", "-pk")
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One position of the map."""

    spot: Spot
    container: Container | None
    expiring: bool = False

    @property
    def state(self) -> str:
        if self.container is None:
            return "free"
        return "reserved" if self.container.status == "reserved" else "taken"


@dataclass(frozen=True, slots=True)
class Canister:
    number: int
    taken: int
    size: int

    @property
    def free(self) -> int:
        return self.size - self.taken


@dataclass(frozen=True, slots=True)
class TankMap:
    """A tank as one looks into it: how full each canister is, and one canister open."""

    tank: Tank
    canisters: Sequence[Canister]
    canes: Sequence[Sequence[Cell]]
    opened: int
    containers: Sequence[Container]
    expiring: frozenset[int]

    @property
    def taken(self) -> int:
        return len(self.containers)

    @property
    def free(self) -> int:
        return len(self.tank.size) - self.taken

    @property
    def reserved(self) -> int:
        return sum(row.status == "reserved" for row in self.containers)

    def shown(self, only: str) -> list[Container]:
        """The containers behind one of the words above the map."""
        if only == "reserved":
            return [row for row in self.containers if row.status == "reserved"]
        if only == "expiring":
            return [row for row in self.containers if row.pk in self.expiring]
        return list(self.containers)


def tank_map(tank: Tank, opened: int, today: date) -> TankMap:
    """Everything that stands in a tank, in two queries, however full it is."""
    rows = list(
        Container.objects.kept().filter(tank=tank).select_related("patient", "analysis")
    )  # fmt: skip
    words = words_of({row.patient_id for row in rows}, today)
    asked = frozenset(row.pk for row in rows if words[row.patient_id].task)
    by_spot = {row.spot: row for row in rows}
    per = Counter(row.canister for row in rows)
    size = tank.canes * tank.positions
    opened = min(max(opened, 1), tank.canisters)
    canes = [
        [
            Cell(spot, found := by_spot.get(spot), bool(found and found.pk in asked))
            for spot in (
                Spot(opened, cane, place) for place in range(1, tank.positions + 1)
            )
        ]
        for cane in range(1, tank.canes + 1)
    ]  # fmt: skip
    canisters = [Canister(n, per[n], size) for n in range(1, tank.canisters + 1)]
    return TankMap(tank, canisters, canes, opened, rows, asked)


def words_of(patients: Iterable[int], today: date) -> dict[int, Word]:
    """The agreement of each of these men, in one query."""
    newest = StorageTerms.objects.filter(patient=OuterRef("patient")).order_by("-pk")
    keys = set(patients)
    found = {
        terms.patient_id: _word(terms, terms.patient.deceased_on is not None, today)
        for terms in StorageTerms.objects.filter(patient__in=keys)
        .filter(pk=Subquery(newest.values("pk")[:1]))
        .select_related("consent", "patient")
    }
    return found | {key: _word(None, False, today) for key in keys - set(found)}


@dataclass(frozen=True, slots=True)
class Asked:
    """One man of whom something is stored, and what is to be asked about it."""

    patient: Patient
    word: Word
    number: int


def to_ask(user: Account, today: date) -> list[Asked]:
    """Whose agreement ends soon, has ended or is gone while something of his is kept."""
    rows = list(men_to_ask(user, today))
    words = words_of([man.pk for man in rows], today)
    asked = [Asked(man, words[man.pk], vars(man)["number"]) for man in rows]
    return sorted(asked, key=lambda row: _pressing(row.word))


def men_to_ask(user: Account, today: date) -> QuerySet[Patient]:
    """The men a task is about, found by the database; `number` is how much of theirs is kept."""
    kept = Container.objects.kept().filter(patient=OuterRef("pk")).order_by().values("patient")
    newest = StorageTerms.objects.filter(patient=OuterRef("pk")).order_by("-pk")
    soon = today + timedelta(days=RENEWAL_DAYS[0])
    return (
        Patient.objects.visible_to(user)
        .annotate(
            number=Subquery(kept.annotate(n=Count("pk")).values("n")),
            ends_on=Subquery(newest.values("expires_on")[:1]),
            withdrawn_on=Subquery(newest.values("consent__withdrawn_on")[:1]),
            struck_at=Subquery(newest.values("consent__struck_at")[:1]),
        )
        .filter(number__gt=0)
        .filter(
            Q(deceased_on__isnull=False)
            | Q(ends_on=None)
            | Q(ends_on__lte=soon)
            | Q(withdrawn_on__isnull=False)
            | Q(struck_at__isnull=False)
        )
        .order_by("ends_on", "pk")[:MOST]
    )


def _pressing(word: Word) -> tuple[bool, int]:
    return word.covered is Cover.EXPIRING, word.days_left or 0


@dataclass(frozen=True, slots=True)
class TankRow:
    """A tank in the list: how full it is, and how its nitrogen stands."""

    tank: Tank
    taken: int
    nitrogen: Nitrogen
    reading: NitrogenReading | None

    @property
    def size(self) -> int:
        return len(self.tank.size)

    @property
    def free(self) -> int:
        return self.size - self.taken


def tanks_of(user: Account, today: date) -> list[TankRow]:
    """The tanks of a site, in two queries."""
    kept = Container.objects.kept().filter(tank=OuterRef("pk")).order_by().values("tank")
    tanks = list(
        Tank.objects.visible_to(user)
        .select_related("site")
        .annotate(taken=Coalesce(Subquery(kept.annotate(n=Count("pk")).values("n")), 0))
    )
    newest = NitrogenReading.objects.filter(tank=OuterRef("tank"))
    readings = {
        row.tank_id: row
        for row in NitrogenReading.objects.filter(tank__in=tanks)
        .filter(pk=Subquery(newest.values("pk")[:1]))
        .select_related("by")
    }
    return [tank_row(tank, vars(tank)["taken"], readings.get(tank.pk), today) for tank in tanks]


def tank_row(tank: Tank, taken: int, reading: NitrogenReading | None, today: date) -> TankRow:
    state = nitrogen(
        read_on=tank.site.localdate(reading.read_at) if reading else None,
        level_cm=reading.stands_at if reading else 0,
        every_days=tank.nitrogen_every_days,
        least_cm=tank.nitrogen_least_cm,
        today=today,
    )
    return TankRow(tank, taken, state, reading)


def found_containers(user: Account, patients: Iterable[Patient]) -> QuerySet[Container]:
    """Containers of these men, what is kept first."""
    rows = Container.objects.visible_to(user).filter(patient__in=list(patients))
    return rows.select_related("patient", "tank").order_by(
        F("tank").asc(nulls_last=True), "-frozen_at", "-pk"
    )


def with_code(user: Account, code: str) -> Container | None:
    return Container.objects.visible_to(user).filter(Q(cryo_id=code)).first()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one day, as its owner reads it."""

    on: date
    number: int
    reserved: int


def kept_by_day(patient: Patient) -> list[Kept]:
    """How many containers stand in a tank for him, by the day they were frozen."""
    days: dict[date, list[str]] = {}
    rows = Container.objects.kept().filter(patient=patient).order_by("-frozen_at", "-pk")
    for frozen_at, status in rows.values_list("frozen_at", "status"):
        days.setdefault(patient.site.localdate(frozen_at), []).append(status)
    return [Kept(on, len(rows), rows.count("reserved")) for on, rows in days.items()]
