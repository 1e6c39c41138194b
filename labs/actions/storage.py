"""Freeze, keep, move, thaw, use, send on and discard: each by two people, each written down once.

`move` is the only writer of movements. It holds the man, then the tank, then the container, so
that two people who want the same position take turns and the second reads why not.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction

from clinic import audit, events
from clinic.access import Capability
from clinic.actions.second_signature import refuse_second
from clinic.models import Account
from clinic.refusal import Refusal
from labs.actions.results import locked_patient
from labs.actions.rows import next_key
from labs.models import Container, ContainerMovement, SemenAnalysis, Tank, ThawTest
from labs.queries.storage import cleared, screening_of, word_of
from labs.rules import storage as rules
from labs.rules.storage import Spot, Verb
from labs.rules.storage_numbers import COUNTED_BELOW, carrier_warning, cryo_id
from patients.models import Patient

MAY_WITNESS = {Capability.STORAGE_RECORD, Capability.SEMEN_VERIFY}
CARRIED = {Verb.RECEIVE, Verb.TRANSFER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What one container holds, as it was frozen."""

    kind: str
    cryoprotectant: str
    cryoprotectant_lot: str
    volume_ml: Decimal
    n_sperm: int
    n_motile: int
    n_exact: bool
    method: str
    frozen_at: datetime
    source: str = Container.Source.EJACULATE
    specimen: str = ""
    analysis: SemenAnalysis | None = None

    @property
    def motility_pct(self) -> Decimal:
        share = Decimal(self.n_motile) / Decimal(self.n_sperm) * 100
        return share.quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriage:
    """How a container came from another clinic, or leaves for one."""

    clinic: str
    courier: str
    papers: str
    temperature_logged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position of a tank."""

    tank: Tank
    spot: Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two who do it: who writes it down, and who has seen it."""

    by: Account
    witness: Account


@transaction.atomic
def store(
    *,
    patient: Patient,
    frozen: Frozen,
    place: Place,
    pair: Pair,
    now: datetime,
    carriage: Carriage | None = None,
    confirmed: bool = False,
) -> Container:
    """Put a container that was frozen here, or came with papers, at its position.

    What is possible but unusual is refused only without `confirmed`.
    """
    man = locked_patient(patient)
    verb = Verb.RECEIVE if carriage else Verb.STORE
    word = word_of(man, man.site.localdate(now))
    refuse(rules.cover_refusal(verb, word.covered, word.on_death))
    refuse_frozen(man, frozen, now)
    if not confirmed:
        refuse(carrier_warning(frozen.kind, frozen.n_sperm, frozen.volume_ml), "confirmed")
    key = next_key(Container)
    on = man.site.localdate(frozen.frozen_at)
    container = Container(
        pk=key,
        cryo_id=cryo_id(on.year, key),
        patient=man,
        analysis=frozen.analysis,
        specimen=frozen.specimen.strip(),
        source=frozen.source,
        kind=frozen.kind,
        cryoprotectant=frozen.cryoprotectant.strip(),
        cryoprotectant_lot=frozen.cryoprotectant_lot.strip(),
        volume_ml=frozen.volume_ml,
        n_sperm=frozen.n_sperm,
        n_motile=frozen.n_motile,
        n_exact=frozen.n_exact,
        motility_pct=frozen.motility_pct,
        method=frozen.method,
        frozen_at=frozen.frozen_at,
        terms=word.terms,
        screening=screening_of(man),
    )
    move(container=container, verb=verb, place=place, pair=pair, now=now, carriage=carriage)
    events.report("container.stored", container=container, by=pair.by, now=now)
    return container


def refuse(sentence: str, field: str = "") -> None:
    if sentence:
        raise Refusal(sentence, field=field)


def refuse_frozen(patient: Patient, frozen: Frozen, now: datetime) -> None:
    """What cannot be true of something frozen."""
    if frozen.frozen_at > now:
        raise Refusal("It is written down when it has been frozen.", field="frozen_at")
    if frozen.n_sperm < 1:
        raise Refusal("Nothing is stored without sperm.", field="n_sperm")
    if frozen.n_sperm < COUNTED_BELOW and not frozen.n_exact:
        raise Refusal(
            f"Fewer than {COUNTED_BELOW} are counted one by one: give the exact number.",
            field="n_exact",
        )
    if frozen.n_motile > frozen.n_sperm:
        raise Refusal("More motile sperm than sperm cannot be.", field="n_motile")
    if frozen.volume_ml <= 0:
        raise Refusal("Say how much is in it.", field="volume_ml")
    if not frozen.cryoprotectant.strip():
        raise Refusal("Say which cryoprotectant is in it.", field="cryoprotectant")
    if not frozen.cryoprotectant_lot.strip():
        raise Refusal("Write down the lot of the cryoprotectant.", field="cryoprotectant_lot")
    refuse_analysis(patient, frozen)


def refuse_analysis(patient: Patient, frozen: Frozen) -> None:
    analysis = frozen.analysis
    if analysis is None:
        return
    if analysis.patient_id != patient.pk:
        raise Refusal("This sample is another man’s.", field="analysis")
    if analysis.status == SemenAnalysis.Status.ENTERED_IN_ERROR:
        raise Refusal("The sheet of this sample was struck out.", field="analysis")
    if frozen.frozen_at < analysis.collected_at:
        raise Refusal("It was frozen before it was collected.", field="frozen_at")


@transaction.atomic
def move(
    *,
    container: Container,
    verb: Verb,
    pair: Pair,
    now: datetime,
    place: Place | None = None,
    reason: str = "",
    carriage: Carriage | None = None,
) -> ContainerMovement:
    """Do one thing with a container and write it down, before a second person."""
    man = locked_patient(container.patient)
    tank = Tank.objects.select_for_update(of=("self",)).get(pk=place.tank.pk) if place else None
    held = container if container._state.adding else locked_container(container)
    before = None if held._state.adding else rules.Status(held.status)
    refuse_step(before, verb, reason)
    refuse_word(man, verb, now)
    after = rules.STEPS[(before, verb)]
    if (carriage is not None) != (verb in CARRIED):
        raise Refusal("Between clinics it goes with its papers.", field="papers")
    if carriage is not None:
        refuse_carriage(carriage)
    if tank is not None and place is not None and after in rules.IN_TANK:
        refuse_place(held, man, tank, place.spot)
        stand(held, tank, place.spot)
    elif after not in rules.IN_TANK:
        stand(held, None, None)
    elif verb is Verb.MOVE:
        raise Refusal("Say where it goes.", field="tank")
    refuse_second(
        second=pair.witness, by=pair.by, site=man.site_id, may=MAY_WITNESS, about="stored samples"
    )
    held.status = after.value
    held.save(force_insert=held._state.adding)
    return write(held, verb, pair, now, reason, carriage)


def locked_container(container: Container) -> Container:
    rows = Container.objects.select_for_update(of=("self",)).select_related("patient__site", "tank")
    return rows.get(pk=container.pk)


def refuse_step(before: rules.Status | None, verb: Verb, reason: str) -> None:
    refuse(rules.step_refusal(before, verb))
    if verb is Verb.DISCARD and not reason.strip():
        raise Refusal("Say why it is discarded.", field="reason")
    if verb is Verb.RESERVE and not reason.strip():
        raise Refusal("Say what it is reserved for.", field="reason")


def refuse_word(man: Patient, verb: Verb, now: datetime) -> None:
    word = word_of(man, man.site.localdate(now))
    refuse(rules.cover_refusal(verb, word.covered, word.on_death))


def refuse_carriage(carriage: Carriage) -> None:
    for field, sentence in (
        ("clinic", "Write down the other clinic."),
        ("courier", "Write down who carries it."),
        ("papers", "Write down the number of its papers."),
    ):
        refuse("" if getattr(carriage, field).strip() else sentence, field)


def refuse_place(held: Container, man: Patient, tank: Tank, spot: Spot) -> None:
    """A position of his site, inside its tank, free, and fit for what his blood says."""
    if tank.site_id != man.site_id:
        raise Refusal("This tank is not one of his clinic.", field="tank")
    if spot not in tank.size:
        raise Refusal(
            f"{tank} has {tank.canisters} canisters of {tank.canes} canes with "
            f"{tank.positions} positions.",
            field="canister",
        )
    there = Container.objects.kept().filter(
        tank=tank, canister=spot.canister, cane=spot.cane, position=spot.position
    )
    taken = there.exclude(pk=held.pk).first()
    if taken is not None:
        raise Refusal(f"Position {spot} of {tank} is taken by {taken}.", field="position")
    if held.spot == spot and held.tank_id == tank.pk:
        raise Refusal("It stands there already.", field="position")
    found = cleared(screening_of(man), man.site.localdate(held.frozen_at))
    refuse(rules.tank_refusal(found, quarantine=tank.quarantine), "tank")


def stand(held: Container, tank: Tank | None, spot: Spot | None) -> None:
    held.tank = tank
    held.canister = spot.canister if spot else None
    held.cane = spot.cane if spot else None
    held.position = spot.position if spot else None


def write(
    held: Container,
    verb: Verb,
    pair: Pair,
    now: datetime,
    reason: str,
    carriage: Carriage | None,
) -> ContainerMovement:
    last = ContainerMovement.objects.filter(container=held).order_by("-number").first()
    carried = (
        {
            "clinic": carriage.clinic.strip(),
            "courier": carriage.courier.strip(),
            "papers": carriage.papers.strip(),
            "temperature_logged": carriage.temperature_logged,
        }
        if carriage
        else {}
    )
    movement = ContainerMovement.objects.create(
        container=held,
        number=last.number + 1 if last else 1,
        kind=verb.value,
        status=held.status,
        tank=held.tank,
        canister=held.canister,
        cane=held.cane,
        position=held.position,
        at=now,
        by=pair.by,
        witness=pair.witness,
        reason=reason.strip(),
        **carried,
    )
    audit.record(
        actor=pair.by,
        action="container.moved" if last else "container.stored",
        subject=held,
        person=held.patient,
        site=held.patient.site_id,
        reason=movement.reason,
        kind=verb.value,
        tank=held.tank_id,
        spot=str(held.spot or ""),
        witness=pair.witness.pk,
    )
    return movement


@transaction.atomic
def record_thaw(
    *, container: Container, found_n: int, motile_pct: Decimal, by: Account, now: datetime
) -> ThawTest:
    """Write down what was found alive after the thaw, once."""
    held = locked_container(container)
    if held.status not in (Container.Status.THAWED, Container.Status.USED):
        raise Refusal("It is tested when it has been thawed.")
    if ThawTest.objects.filter(container=held).exists():
        raise Refusal("It was tested already; what was found stays as it is.")
    if held.n_exact and found_n > held.n_sperm:
        raise Refusal(f"{held.n_sperm} were frozen; more cannot be found.", field="found_n")
    if not 0 <= motile_pct <= 100:
        raise Refusal("A share lies between 0 and 100 %.", field="motile_pct")
    made = ThawTest.objects.create(
        container=held, found_n=found_n, motile_pct=motile_pct, tested_at=now, tested_by=by
    )
    audit.record(
        actor=by,
        action="container.tested",
        subject=held,
        person=held.patient,
        site=held.patient.site_id,
    )
    return made
