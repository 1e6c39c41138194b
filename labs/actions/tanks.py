"""Tanks: how they are built, the nitrogen in them, and counting what stands there."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.actions.second_signature import refuse_second
from clinic.models import Account, Site
from clinic.refusal import Refusal
from labs.actions.storage import MAY_WITNESS, Pair
from labs.models import Container, NitrogenReading, Tank, TankCount
from labs.rules.storage import differences
from labs.rules.storage_numbers import code_refusal, scanned

MOST = {"canisters": 40, "canes": 60, "positions": 40}
BUILT = ("name", "quarantine", *MOST, "nitrogen_every_days", "nitrogen_least_cm")


@transaction.atomic
def add(*, site: Site, built: Mapping[str, object], by: Account, now: datetime) -> Tank:
    """Make a tank known, with its canisters, canes and positions."""
    tank = Tank(site=site, added_at=now, added_by=by, **built)
    keep(tank)
    audit.record(actor=by, action="tank.added", subject=tank, site=site)
    return tank


@transaction.atomic
def change(*, tank: Tank, built: Mapping[str, object], by: Account) -> Tank:
    """Correct how a tank is built; what stands in it keeps its position."""
    held = locked_tank(tank)
    for name, value in built.items():
        setattr(held, name, value)
    kept = Container.objects.kept().filter(tank=held)
    for column, most in (
        ("canister", held.canisters), ("cane", held.canes), ("position", held.positions),
    ):  # fmt: skip
        outside = kept.filter(**{f"{column}__gt": most}).first()
        if outside is not None:
            raise Refusal(
                f"{outside} stands at {outside.spot}, which would be outside. Move it first.",
                field={"canister": "canisters", "cane": "canes"}.get(column, "positions"),
            )
    if not held.quarantine and tank.quarantine and kept.exists():
        raise Refusal("Empty it before it stops being a quarantine tank.", field="quarantine")
    keep(held)
    audit.record(actor=by, action="tank.changed", subject=held, site=held.site_id)
    return held


def locked_tank(tank: Tank) -> Tank:
    return Tank.objects.select_for_update(of=("self",)).select_related("site").get(pk=tank.pk)


def keep(tank: Tank) -> None:
    if not tank.name.strip():
        raise Refusal("Give it the name that stands on it.", field="name")
    for field, most in MOST.items():
        if not 1 <= getattr(tank, field) <= most:
            raise Refusal(f"Between 1 and {most}.", field=field)
    try:
        with transaction.atomic():
            tank.save()
    except IntegrityError as known:
        if "tank_name_once_a_site" not in str(known):
            raise
        raise Refusal("There is a tank of this name already.", field="name") from known


@transaction.atomic
def read_nitrogen(
    *,
    tank: Tank,
    level_cm: int,
    read_at: datetime,
    by: Account,
    now: datetime,
    filled_to_cm: int | None = None,
    note: str = "",
) -> NitrogenReading:
    """Write down how high the nitrogen stands, and to where it was filled."""
    if read_at > now:
        raise Refusal("This moment has not come yet.", field="read_at")
    if filled_to_cm is not None and filled_to_cm < level_cm:
        raise Refusal("Filling makes it higher, not lower.", field="filled_to_cm")
    made = NitrogenReading.objects.create(
        tank=tank, level_cm=level_cm, filled_to_cm=filled_to_cm, read_at=read_at,
        by=by, recorded_at=now, note=note.strip(),
    )  # fmt: skip
    audit.record(
        actor=by, action="tank.nitrogen_read", subject=tank, site=tank.site_id, level=level_cm
    )
    return made


@transaction.atomic
def count(
    *, tank: Tank, codes: Collection[str], pair: Pair, now: datetime, reason: str = ""
) -> TankCount:
    """Hold what was found in a tank against what should stand there; a difference needs a reason.

    Nothing is moved by it: what is missing stays in the books until two people discard it.
    """
    held = locked_tank(tank)
    found = {scanned(code) for code in codes if scanned(code)}
    wrong = sorted(code for code in found if code_refusal(code))
    if wrong:
        raise Refusal(f"These are no codes of ours: {', '.join(wrong)}.", field="codes")
    kept = Container.objects.kept().filter(tank=held).values_list("cryo_id", flat=True)
    expected = set(kept)
    missing, unexpected = differences(expected, found)
    if (missing or unexpected) and not reason.strip():
        raise Refusal(said_difference(missing, unexpected), field="reason")
    refuse_second(
        second=pair.witness, by=pair.by, site=held.site_id, may=MAY_WITNESS, about="stored samples"
    )
    made = TankCount.objects.create(
        tank=held, counted_at=now, by=pair.by, witness=pair.witness,
        expected=len(expected), found=len(found), missing=missing, unexpected=unexpected,
        reason=reason.strip(),
    )  # fmt: skip
    audit.record(
        actor=pair.by,
        action="tank.counted",
        subject=held,
        site=held.site_id,
        reason=made.reason,
        expected=len(expected),
        found=len(found),
        witness=pair.witness.pk,
    )
    return made


def said_difference(missing: list[str], unexpected: list[str]) -> str:
    parts = []
    if missing:
        parts.append(f"Not found: {', '.join(missing)}.")
    if unexpected:
        parts.append(f"Found and not expected here: {', '.join(unexpected)}.")
    return " ".join([*parts, "Look again, or say how that comes about."])
