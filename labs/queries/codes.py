"""Which codes and units wait for somebody to say what they mean, and which ones somebody has."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, QuerySet

from clinic.models import Account
from labs.models import AnalyteCode, InboundMessage, Laboratory, StagedRow, UnitAlias
from labs.models.inbound import OPEN
from labs.rules.catalogue import Analyte, CatalogueError, published_catalogue
from labs.rules.dictionary import Dictionary, code_refusal, folded_unit, meant_by_all
from labs.rules.judging import DONE
from labs.rules.likeness import Suggestion, suggestions
from labs.rules.units import normalised_unit, printed_unit

MOST = 100
State = StagedRow.State
#: A laboratory's code: whose, its system, the code itself.
Own = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """One code of one laboratory that nobody has explained, with what it stood beside."""

    laboratory: Laboratory
    system: str
    code: str
    text: str
    units: tuple[str, ...]
    rows: int
    messages: int
    since: datetime | None
    refusal: str = ""
    suggested: tuple[Suggestion, ...] = ()

    @property
    def shown(self) -> str:
        return f"{self.system} {self.code}".strip() or "no code"


@dataclass(slots=True)
class WaitingUnit:
    """One spelling of a unit, with what came in it and the units that could be meant."""

    laboratory: Laboratory
    text: str
    rows: int = 0
    messages: int = 0
    since: datetime | None = None
    analytes: list[Analyte] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)

    @property
    def known(self) -> str:
        """The unit it already is, where it is one: then it is the analyte that has no such."""
        return normalised_unit(self.text) or "" if self.text else ""

    @property
    def refusal(self) -> str:
        if not self.text:
            return "They came without a unit; only the laboratory can say which it was."
        if self.known:
            names = " and ".join(analyte.name for analyte in self.analytes) or "This"
            return f"{names} is not measured in {printed_unit(self.known)} here."
        return ""

    @property
    def choices(self) -> list[str]:
        """Every unit one of its analytes may be filed in, the usual one first."""
        units = [unit for analyte in self.analytes for unit in analyte.units if unit]
        return list(dict.fromkeys(units))


def open_rows(user: Account) -> QuerySet[StagedRow]:
    """Rows of messages that still wait, of laboratories of the member's site."""
    mine = Laboratory.objects.visible_to(user)
    return StagedRow.objects.filter(
        message__laboratory__in=mine, message__state__in=OPEN, message__settled_at=None
    )


def laboratories_of(user: Account) -> dict[int, Laboratory]:
    return Laboratory.objects.visible_to(user).in_bulk()


def waiting_codes(
    user: Account, laboratories: Mapping[int, Laboratory] | None = None
) -> list[WaitingCode]:
    """Those that most values wait for first; one query beside that of the laboratories."""
    found = (
        open_rows(user)
        .filter(state=State.UNKNOWN_CODE)
        .order_by()
        .values("message__laboratory", "system", "code")
        .annotate(
            rows=Count("pk"),
            messages=Count("message", distinct=True),
            text=Max("code_text"),
            units=ArrayAgg("unit", distinct=True, default=[]),
            since=Min("message__received_at"),
        )
        .order_by("-rows", "code")[:MOST]
    )
    laboratories = laboratories_of(user) if laboratories is None else laboratories
    return [
        waiting_code(
            laboratories[row["message__laboratory"]],
            system=row["system"],
            code=row["code"],
            text=row["text"],
            units=row["units"],
            rows=row["rows"],
            messages=row["messages"],
            since=row["since"],
        )
        for row in found
    ]


def waiting_code(
    laboratory: Laboratory,
    *,
    system: str,
    code: str,
    text: str,
    units: Iterable[str],
    rows: int = 0,
    messages: int = 0,
    since: datetime | None = None,
) -> WaitingCode:
    catalogue = published_catalogue()
    sent = tuple(unit for unit in units if unit)
    refusal = code_refusal(system.strip(), code.strip(), None, catalogue)
    like = [] if refusal else suggestions(code=code, text=text, units=sent, catalogue=catalogue)
    return WaitingCode(
        laboratory, system, code, text, sent, rows, messages, since, refusal, tuple(like)
    )


def one_waiting_code(
    user: Account, laboratory: Laboratory, system: str, code: str
) -> WaitingCode | None:
    """The code as it waits now, or None where no value waits for it."""
    rows = open_rows(user).filter(
        state=State.UNKNOWN_CODE, message__laboratory=laboratory, system=system, code=code
    )
    found = rows.aggregate(
        rows=Count("pk"),
        messages=Count("message", distinct=True),
        text=Max("code_text"),
        units=ArrayAgg("unit", distinct=True, default=[]),
        since=Min("message__received_at"),
    )
    if not found["rows"]:
        return None
    return waiting_code(laboratory, system=system, code=code, **found)


def waiting_units(
    user: Account,
    laboratories: Mapping[int, Laboratory] | None = None,
    own: Mapping[Own, Analyte] | None = None,
) -> list[WaitingUnit]:
    """Spellings nobody knows, with what came in them; three queries by itself."""
    found = (
        open_rows(user)
        .filter(state=State.UNKNOWN_UNIT)
        .order_by()
        .values("message__laboratory", "unit", "system", "code")
        .annotate(
            rows=Count("pk"),
            messages=Count("message", distinct=True),
            since=Min("message__received_at"),
        )
        .order_by("-rows", "unit")
    )
    laboratories = laboratories_of(user) if laboratories is None else laboratories
    own = own_codes(rows_of(laboratories.values())) if own is None else own
    units: dict[tuple[int, str], WaitingUnit] = {}
    for row in found:
        laboratory = laboratories[row["message__laboratory"]]
        key = (laboratory.pk, folded_unit(row["unit"]))
        unit = units.setdefault(key, WaitingUnit(laboratory, row["unit"]))
        unit.rows += row["rows"]
        unit.messages = max(unit.messages, row["messages"])
        unit.since = min(filter(None, [unit.since, row["since"]]), default=None)
        code = (row["system"].strip(), row["code"].strip())
        analyte = meant_by_all(*code, published_catalogue()) or own.get((laboratory.pk, *code))
        if analyte is not None and analyte not in unit.analytes:
            unit.analytes.append(analyte)
    return list(units.values())[:MOST]


def rows_of(laboratories: Iterable[Laboratory]) -> list[AnalyteCode]:
    """What people have said that codes of these laboratories mean."""
    return list(
        AnalyteCode.objects.filter(laboratory__in=list(laboratories))
        .select_related("analyte", "laboratory", "mapped_by")
        .order_by("laboratory__name", "system", "code")
    )


def own_codes(rows: Iterable[AnalyteCode]) -> dict[Own, Analyte]:
    found = {}
    for row in rows:
        analyte = published(row.analyte.key)
        if analyte is not None and row.laboratory_id is not None:
            found[row.laboratory_id, row.system, row.code] = analyte
    return found


def published(key: str) -> Analyte | None:
    """An analyte of the definition files; one that has left them means nothing any more."""
    try:
        return published_catalogue().analyte(key)
    except CatalogueError:
        return None


def dictionary_of(laboratory: Laboratory) -> Dictionary:
    """What this laboratory's own codes and units mean; two queries."""
    codes = {
        (system, code): analyte
        for (_, system, code), analyte in own_codes(rows_of([laboratory])).items()
    }
    units = dict(UnitAlias.objects.filter(laboratory=laboratory).values_list("text", "unit"))
    return Dictionary(codes, units)


@dataclass(frozen=True, slots=True)
class Said:
    """A code or a spelling somebody has explained, and how many values were filed by a code."""

    row: AnalyteCode | UnitAlias
    filed: int | None


def said(user: Account, laboratories: Mapping[int, Laboratory]) -> tuple[list[Said], list[Said]]:
    """What people have said of codes and of units, and what was filed by it; three queries."""
    codes = rows_of(laboratories.values())
    units = list(
        UnitAlias.objects.filter(laboratory__in=laboratories)
        .select_related("laboratory", "mapped_by")
        .order_by("laboratory__name", "text")
    )
    filed: Counter[Own] = Counter()
    if codes:
        counted = (
            filed_rows(user)
            .order_by()
            .values_list("message__laboratory", "system", "code")
            .annotate(rows=Count("pk"))
        )
        for laboratory, system, code, rows in counted:
            filed[laboratory, system.strip(), code.strip()] += rows
    return (
        [Said(row, filed[row.laboratory_id or 0, row.system, row.code]) for row in codes],
        # A row keeps the unit it was filed in, so nobody can count by the spelling it came in.
        [Said(row, None) for row in units],
    )


@dataclass(frozen=True, slots=True)
class Codes:
    """Everything the page of codes shows."""

    codes: list[WaitingCode]
    units: list[WaitingUnit]
    said_codes: list[Said]
    said_units: list[Said]

    @property
    def number_said(self) -> int:
        return len(self.said_codes) + len(self.said_units)


def codes_at(user: Account) -> Codes:
    """Six queries, however much there is."""
    laboratories = laboratories_of(user)
    codes, units = said(user, laboratories)
    own = own_codes(each.row for each in codes if isinstance(each.row, AnalyteCode))
    return Codes(
        waiting_codes(user, laboratories),
        waiting_units(user, laboratories, own),
        codes,
        units,
    )


def filed_rows(user: Account) -> QuerySet[StagedRow]:
    return StagedRow.objects.filter(
        message__laboratory__in=Laboratory.objects.visible_to(user), state__in=DONE
    )


def messages_waiting_for(
    laboratory: Laboratory, *, state: str, codes: Sequence[tuple[str, str]] = (), unit: str = ""
) -> list[InboundMessage]:
    """The open messages in which a value waits for this code or this unit, oldest first."""
    rows = StagedRow.objects.filter(
        message__laboratory=laboratory,
        message__state__in=OPEN,
        message__settled_at=None,
        state=state,
    ).order_by()
    pks = {
        message
        for message, system, code, spelt in rows.values_list("message", "system", "code", "unit")
        if (system.strip(), code.strip()) in codes or (unit and folded_unit(spelt) == unit)
    }
    return list(InboundMessage.objects.filter(pk__in=pks).order_by("received_at", "pk"))
