"""Ranges of a laboratory and the signature under the critical limits: written, never rewritten."""

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from labs.models import Analyte, Laboratory, LimitsSignature, ReferenceRange
from labs.queries.ranges import kept_by
from labs.rules.catalogue import Analyte as Definition
from labs.rules.catalogue import CatalogueError, ValueKind, published_catalogue
from labs.rules.critical import fingerprint
from labs.rules.quantities import Quantity
from labs.rules.range_choice import in_force
from labs.rules.ranges import Range, RangeError
from labs.rules.units import printed_unit

OLDEST = 120


@transaction.atomic
def write_range(  # noqa: PLR0913 -- for whom, from when and in whose words
    *,
    laboratory: Laboratory,
    analyte_key: str,
    unit: str,
    text: str,
    source: str,
    valid_from: date,
    sex: str = "",
    age_from: int | None = None,
    age_to: int | None = None,
    by: Account,
    now: datetime,
) -> ReferenceRange:
    """A range from a day on. What was filed before keeps the range it was read with."""
    defined = measured(analyte_key, unit)
    limits = readable(defined, unit, text)
    if not source.strip():
        raise Refusal("Say where the range is from: the report, the kit, a paper.", field="source")
    refuse_ages(age_from, age_to)
    row = ReferenceRange(
        analyte=Analyte.objects.get(key=analyte_key),
        laboratory=laboratory,
        unit=unit,
        low=limits.low,
        high=limits.high,
        text=str(limits),
        source=source.strip(),
        sex=sex,
        age_from=age_from,
        age_to=age_to,
        valid_from=valid_from,
        written_at=now,
        written_by=by,
    )
    refuse_same(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as taken:
        raise Refusal(
            "There is a range from that day already. It is never rewritten: take a later day.",
            field="valid_from",
        ) from taken
    audit.record(
        actor=by, action="range.written", subject=row, site=laboratory.site_id,
        analyte=analyte_key, laboratory=laboratory.pk, valid_from=valid_from,
    )  # fmt: skip
    return row


def measured(key: str, unit: str) -> Definition:
    try:
        defined = published_catalogue().analyte(key)
    except CatalogueError as why:
        raise Refusal(str(why), field="analyte") from None
    if defined.value is not ValueKind.NUMBER:
        raise Refusal(f"{defined.name} is not a number and has no range.", field="analyte")
    if not defined.accepts(unit):
        known = ", ".join(printed_unit(one) for one in defined.units)
        raise Refusal(f"{defined.name} is measured in {known}.", field="unit")
    return defined


def readable(defined: Definition, unit: str, text: str) -> Range:
    """The limits, if they are some and lie where a value can be."""
    try:
        limits = Range.parse(text)
    except RangeError as why:
        raise Refusal(str(why), field="text") from None
    for at in (limits.low, limits.high):
        if at is not None and not defined.is_possible(Quantity(at, unit)):
            raise Refusal(
                f"No {defined.name} can be {Quantity(Decimal(at), unit).printed()}: "
                "check the number and its unit.",
                field="text",
            )
    return limits


def refuse_ages(age_from: int | None, age_to: int | None) -> None:
    for field, age in (("age_from", age_from), ("age_to", age_to)):
        if age is not None and not 0 <= age <= OLDEST:
            raise Refusal(f"An age is a number of years from 0 to {OLDEST}.", field=field)
    if age_from is not None and age_to is not None and age_to < age_from:
        raise Refusal("The last year lies before the first.", field="age_to")


def refuse_same(row: ReferenceRange) -> None:
    """A row that says what holds anyway would only hide since when it holds."""
    rows = ReferenceRange.objects.filter(laboratory=row.laboratory, analyte=row.analyte)
    for kept in in_force(kept_by(rows), row.valid_from):
        same = (kept.unit, kept.sex, kept.age_from, kept.age_to) == (
            row.unit, row.sex, row.age_from, row.age_to,
        )  # fmt: skip
        if same and kept.text == row.text and kept.valid_from != row.valid_from:
            raise Refusal("That is the range that holds on that day already.", field="text")


@transaction.atomic
def sign_limits(*, site: Site, shown: str, by: Account, now: datetime) -> LimitsSignature:
    """Put a name under the critical limits as they were shown; others are not signed by it."""
    if shown != fingerprint(published_catalogue()):
        raise Refusal("The limits have changed meanwhile. Read them again.")
    row, made = LimitsSignature.objects.get_or_create(
        site=site, fingerprint=shown, defaults={"signed_at": now, "signed_by": by}
    )
    if not made:
        raise Refusal("These limits are signed already.")
    audit.record(actor=by, action="limits.signed", subject=row, site=site)
    return row
