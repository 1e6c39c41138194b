"""Trying a rule on the past: asked for once, looked at some men at a time, kept without names."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.models import BackTest, BackTestHit, Enrolment, Version
from protocols.queries.back_test import NOTHING, Looked, Then, enrolments_of, in_force, looks
from protocols.queries.enrolment import definition_of
from protocols.rules.back_test import NoSuchRule, Triable, triable, with_threshold
from protocols.rules.definition import Definition

#: So many men are looked at in one step.
STEP = 100
#: A site keeps so many; the oldest makes room.
KEPT = 20


@transaction.atomic
def begin(
    *, version: Version, rule: str, threshold: Decimal | None, by: Account, now: datetime
) -> BackTest:
    """Write down which rule is tried, with which number; the look itself comes step by step."""
    site = by.member.site if by.member else None
    if site is None:
        raise Refusal("Only a member of a site tries a rule on its past.")
    definition = definition_of(version)
    try:
        found = triable(definition, rule)
        if threshold is not None:
            found = triable(with_threshold(definition, rule, threshold), rule)
    except NoSuchRule as why:
        field = "threshold" if threshold is not None else "rule"
        raise Refusal(str(why), field=field) from why
    run = BackTest.objects.create(
        site=site,
        version=version,
        rule=rule,
        threshold=threshold,
        title=found.title[:200],
        asked_at=now,
        asked_by=by,
        of=enrolments_of(by, definition.key).count(),
    )
    make_room(run)
    audit.record(
        actor=by, action="protocol.back_tested", subject=version, rule=rule, threshold=threshold,
    )  # fmt: skip
    return run


def make_room(run: BackTest) -> None:
    """Only the newest are kept: they hold values of results, and can be made again."""
    kept = BackTest.objects.filter(site=run.site_id).order_by("-pk")[:KEPT]
    BackTest.objects.filter(site=run.site_id).exclude(
        pk__in=list(kept.values_list("pk", flat=True))
    ).delete()


@transaction.atomic
def go_on(*, run: BackTest, by: Account, now: datetime, step: int = STEP) -> BackTest:
    """Look at the next men; asked for twice at once, one goes on and the other waits for it."""
    row = (
        BackTest.objects.select_for_update(of=("self",))
        .select_related("version__protocol")
        .get(pk=run.pk)
    )
    if row.done:
        return row
    definition = definition_of(row.version)
    if row.threshold is not None:
        definition = with_threshold(definition, row.rule, row.threshold)
    rule = triable(definition, row.rule)
    men = list(enrolments_of(by, definition.key).filter(pk__gt=row.last_enrolment)[: step + 1])
    some, more = men[:step], len(men) > step
    keep(row, definition, rule, some, now)
    row.looked += len(some)
    row.last_enrolment = some[-1].pk if some else row.last_enrolment
    row.done = not more
    row.of = max(row.of, row.looked)
    row.save(
        update_fields=[
            "looked", "last_enrolment", "done", "of", "evidence", "first_on", "last_on",
        ]
    )  # fmt: skip
    return row


def keep(
    row: BackTest, definition: Definition, rule: Triable, men: list[Enrolment], now: datetime
) -> None:
    """What it would have said or did say of each piece of evidence; silence is only counted."""
    then = in_force(rule, men)
    found = list(looks(definition, rule, men, now))
    hits = [
        hit(row, look, then.get(look.label, NOTHING))
        for look in found
        if look.fired or then.get(look.label, NOTHING).fired
    ]
    BackTestHit.objects.bulk_create(hits)
    days = [look.on for look in found]
    row.evidence += len(found)
    row.first_on = min([*days, *([row.first_on] if row.first_on else [])], default=None)
    row.last_on = max([*days, *([row.last_on] if row.last_on else [])], default=None)


def hit(row: BackTest, look: Looked, then: Then) -> BackTestHit:
    said = look.fired or then
    return BackTestHit(
        run=row,
        enrolment_id=look.enrolment,
        on=look.on,
        evidence=look.label,
        sentence=said.sentence[:300],
        action=said.action[:15],
        would_fire=look.fired is not None,
        fate=then.fate,
    )
