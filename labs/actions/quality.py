"""Quality control: control materials, what is counted in them, and what is done about it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from labs.models import ControlAction, ControlLot, ControlReading, ControlStanding
from labs.queries.quality import runs_of, said_of
from labs.rules.quality import RULESET, Standing


@transaction.atomic
def add_lot(*, site: Site, given: Mapping[str, object], by: Account, now: datetime) -> ControlLot:
    """Make a control material known, with its target and how far it may spread."""
    lot = ControlLot(site=site, added_at=now, added_by=by, **given)
    if lot.expires_on is not None and lot.expires_on < site.localdate(now):
        raise Refusal("This lot has expired.", field="expires_on")
    for field in ("target", "sd"):
        if getattr(lot, field) <= 0:
            raise Refusal("It is more than nought.", field=field)
    if lot.unit == "%" and lot.target > 100:
        raise Refusal("A percentage is at most 100.", field="target")
    try:
        with transaction.atomic():
            lot.save()
    except IntegrityError as known:
        if "control_lot_in_use_once" not in str(known):
            raise
        raise Refusal("This lot is in use already.", field="name") from known
    audit.record(actor=by, action="control.lot_added", subject=lot, site=site)
    return lot


@transaction.atomic
def close_lot(*, lot: ControlLot, by: Account, now: datetime) -> ControlLot:
    """A lot that is used up is counted no more; what was counted in it stays."""
    held = ControlLot.objects.select_for_update(of=("self",)).get(pk=lot.pk)
    if held.closed_at is not None:
        raise Refusal("This lot is closed already.")
    held.closed_at, held.closed_by = now, by
    held.save(update_fields=["closed_at", "closed_by"])
    audit.record(actor=by, action="control.lot_closed", subject=held, site=held.site_id)
    return held


@transaction.atomic
def record_reading(
    *,
    lot: ControlLot,
    value: Decimal,
    read_at: datetime,
    by: Account,
    now: datetime,
    note: str = "",
) -> ControlReading:
    """Write down what its author counted in a control; where he stands is judged at once."""
    held = ControlLot.objects.select_for_update(of=("self",)).select_related("site").get(pk=lot.pk)
    if held.closed_at is not None:
        raise Refusal("This lot is closed.", field="lot")
    if read_at > now:
        raise Refusal("This moment has not come yet.", field="read_at")
    if held.expired_on(held.site.localdate(read_at)):
        raise Refusal(f"This lot expired on {held.expires_on:%d %b %Y}.", field="lot")
    if value < 0 or (held.unit == "%" and value > 100):
        raise Refusal("This cannot be counted.", field="value")
    reading = ControlReading.objects.create(
        lot=held, technologist=by, read_at=read_at, value=value, written_at=now, note=note.strip()
    )
    audit.record(actor=by, action="control.counted", subject=reading, site=held.site_id)
    judge(site=held.site, technologist=by, now=now)
    return reading


@transaction.atomic
def strike_reading(
    *, reading: ControlReading, reason: str, by: Account, now: datetime
) -> ControlReading:
    """Take out a reading that is a slip of the pen; it stays to be read, with why."""
    held = (
        ControlReading.objects.select_for_update(of=("self",))
        .select_related("lot__site", "technologist")
        .get(pk=reading.pk)
    )
    if held.struck_at is not None:
        raise Refusal("This reading is struck out already.")
    if held.technologist_id == by.pk:
        raise Refusal("Somebody else strikes out what you counted.")
    if not reason.strip():
        raise Refusal("Say why it is struck out.", field="reason")
    held.struck_at, held.struck_by, held.struck_reason = now, by, reason.strip()
    held.save(update_fields=["struck_at", "struck_by", "struck_reason"])
    audit.record(
        actor=by, action="control.struck", subject=held, site=held.lot.site_id, reason=reason
    )
    judge(site=held.lot.site, technologist=held.technologist, now=now)
    return held


@transaction.atomic
def take_action(
    *, site: Site, technologist: Account, words: str, by: Account, now: datetime
) -> ControlAction:
    """Note what was done; from now on his readings are judged anew."""
    if technologist.pk == by.pk:
        raise Refusal("Somebody else notes what was done about your own counts.")
    if not words.strip():
        raise Refusal("Say what was done.", field="words")
    standing = ControlStanding.objects.filter(site=site, technologist=technologist).first()
    done = ControlAction.objects.create(
        site=site,
        technologist=technologist,
        taken_at=now,
        taken_by=by,
        words=words.strip(),
        rules=standing.rules if standing else [],
    )
    audit.record(actor=by, action="control.acted", subject=done, site=site, reason=words)
    judge(site=site, technologist=technologist, now=now)
    return done


@transaction.atomic
def judge(*, site: Site, technologist: Account, now: datetime) -> ControlStanding:
    """Where a technologist stands by everything he has counted since the last action."""
    first = ControlStanding(
        site=site,
        technologist=technologist,
        standing=Standing.NOT_KNOWN,
        ruleset=RULESET,
        set_at=now,
    )
    # Two sheets of his may be the first at once: the second finds the row instead of failing.
    ControlStanding.objects.bulk_create([first], ignore_conflicts=True)
    rows = ControlStanding.objects.select_for_update(of=("self",))
    held = rows.get(site=site, technologist=technologist)
    said = said_of(runs_of(site, technologist))
    before = held.standing
    held.standing, held.rules, held.sentence = said.standing, list(said.rules), said.sentence
    held.ruleset, held.set_at = RULESET, now
    held.save()
    if held.is_out and before != held.standing:
        audit.record(actor=None, action="control.out", subject=held, site=site)
    return held
