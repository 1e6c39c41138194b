"""What is stored: for one man, in one tank, and what somebody has to do about it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, OuterRef, Prefetch, Q, QuerySet, Subquery

from clinic.models import Account
from labs.models import (
    Container,
    ContainerMovement,
    NitrogenReading,
    Screening,
    SemenAnalysis,
    StorageTerms,
    Tank,
)
from labs.rules.storage import (
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


def with_movements(rows: QuerySet[Container]) -> QuerySet[Container]:
    moved = ContainerMovement.objects.select_related("tank", "by", "witness").order_by("-number")
    return rows.prefetch_related(Prefetch("movements", moved))


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
    matches: int = 0

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


def to_ask(user: Account, today: date) -> Iterator[Asked]:
    """Whose agreement ends soon, has ended or is gone while something of his is kept."""
    kept = Container.objects.visible_to(user).kept().select_related("patient")
    men: dict[int, Patient] = {}
    number: Counter[int] = Counter()
    for row in kept.order_by("patient__family_name", "patient"):
        men[row.patient_id] = row.patient
        number[row.patient_id] += 1
    words = words_of(men, today)
    for key, man in sorted(men.items(), key=lambda item: _pressing(words[item[0]])):
        if words[key].task:
            yield Asked(man, words[key], number[key])


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
    """The tanks of a site, in three queries."""
    tanks = list(Tank.objects.visible_to(user).in_use().select_related("site"))
    taken = Counter(Container.objects.kept().filter(tank__in=tanks).values_list("tank", flat=True))
    newest = NitrogenReading.objects.filter(tank=OuterRef("tank"))
    readings = {
        row.tank_id: row
        for row in NitrogenReading.objects.filter(tank__in=tanks)
        .filter(pk=Subquery(newest.values("pk")[:1]))
        .select_related("by")
    }
    return [tank_row(tank, taken[tank.pk], readings.get(tank.pk), today) for tank in tanks]


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
