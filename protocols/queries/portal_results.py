"""His own results: what came when, each number in words, and how it moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from labs.models import Draw, Result, SemenAnalysis
from labs.queries.display import read_in
from labs.queries.draws import history_of, printed_range, printed_result, unit_words
from labs.rules.catalogue import published_catalogue
from labs.rules.display import units_of
from labs.rules.plain_words import Contact, plain_sentence
from labs.rules.quantities import Comparator, Quantity
from labs.rules.ranges import Flag
from labs.rules.release import Release, Waiting
from protocols.queries.portal_course import Course
from protocols.queries.portal_owner import BLOOD, SAMPLE, Collected, Owner
from protocols.rules.portal_results import (
    GROUP_WORDS,
    Found,
    Seen,
    Told,
    collection_words,
    corrected_words,
    flag_phrase,
    taken_back_sentence,
    told,
    usual_words,
    waiting_sentence,
)
from protocols.rules.portal_words import listed

FLAGS = {"low": Flag.LOW, "normal": Flag.NORMAL, "high": Flag.HIGH}
ASK_AFTER_DAYS = 14
MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One value as he reads it: number as received, range and meaning in words."""

    result: Result
    name: str
    number: str
    usual: str
    phrase: str
    flag: Flag | None
    told: Told
    was: str = ""

    @property
    def amount(self) -> str:
        """The number by itself, with its comparator."""
        return self.number.removesuffix(self.unit).strip()

    @property
    def unit(self) -> str:
        return unit_words(self.result)

    @property
    def received(self) -> str:
        """What the laboratory reported, where he reads it in other units."""
        return self.result.received

    @property
    def key(self) -> str:
        return self.result.analyte.key

    @property
    def off(self) -> bool:
        return self.flag in (Flag.LOW, Flag.HIGH)

    @property
    def corrected(self) -> bool:
        return self.result.corrected or bool(self.was)

    @property
    def correction(self) -> str:
        return corrected_words(self.result.correction_reason, self.was) if self.corrected else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One collection in the list: its sentence first, or what it waits for."""

    kind: str
    pk: int
    on: date
    title: str
    sentence: str
    open: bool
    new: bool = False
    corrected: bool = False
    struck: bool = False
    held: bool = False
    collected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that is measured, with its last value."""

    key: str
    draw: int
    on: date
    reading: Reading
    count: int


@dataclass(slots=True)
class Results:
    """Both ways of looking at everything that is open to him, and what is still closed."""

    lines: list[Line] = field(default_factory=list)
    groups: list[tuple[str, list[Kind]]] = field(default_factory=list)

    @property
    def waiting(self) -> list[Line]:
        return [line for line in self.lines if not line.open and not line.struck]

    @property
    def samples(self) -> list[Line]:
        """Open samples, newest first."""
        return [line for line in self.lines if line.open and line.kind == SAMPLE]

    @property
    def shown(self) -> list[Line]:
        return [line for line in self.lines if line.open or line.struck]


def contact_of(course: Course, reviewed_by: str = "") -> Contact:
    """Who answers for a result, and how to reach them."""
    return Contact(reviewed_by or course.clinician, course.owner.site.phone)


def results_of(course: Course) -> Results:
    """Three queries, however many results there are."""
    owner = course.owner
    draws = {draw.pk: draw for draw in open_draws(owner)}
    sheets = {sheet.pk: sheet for sheet in open_sheets(owner)}
    lines = []
    for row in owner.collected:
        if row.open and row.kind == BLOOD and row.pk in draws:
            draw = draws[row.pk]
            lines.append(draw_line(row, draw, list(draw.results.all()), course))
        elif row.open and row.pk in sheets:
            lines.append(sheet_line(row, sheets[row.pk], owner))
        elif not row.open:
            lines.extend(closed_line(row, course))
    return Results(lines, by_kind(list(draws.values()), course))


def open_draws(owner: Owner) -> list[Draw]:
    return list(
        Draw.objects.visible_to(owner.account)
        .filter(pk__in=owner.open_keys(BLOOD))
        .select_related("reviewed_by")
        .with_results()
    )


def open_sheets(owner: Owner) -> list[SemenAnalysis]:
    """Open samples, oldest first."""
    return list(
        SemenAnalysis.objects.visible_to(owner.account)
        .filter(pk__in=owner.open_keys(SAMPLE))
        .select_related("reviewed_by", "laboratory")
        .order_by("collected_at", "pk")
    )


def draw_line(row: Collected, draw: Draw, results: Sequence[Result], course: Course) -> Line:
    return Line(
        BLOOD,
        row.pk,
        course.owner.site.localdate(row.collected_at),
        draw_title(results),
        str(draw_words(draw, results, course)),
        open=True,
        new=row.news,
        corrected=any(result.corrected for result in results),
        collected_at=row.collected_at,
    )


def draw_title(results: Sequence[Result]) -> str:
    """Blood test: blood fats, liver and muscle; a large one by its number of values."""
    groups = list(dict.fromkeys(result.analyte.group for result in results))
    if len(groups) > MOST_GROUPS:
        return f"Blood test, {len(results)} values"
    words = listed(GROUP_WORDS[group] for group in groups)
    return f"Blood test: {words}" if words else "Blood test"


def draw_words(draw: Draw, results: Sequence[Result], course: Course) -> Told:
    reviewer = draw.reviewed_by.name if draw.reviewed_by else ""
    return collection_words(
        [Found(plain_name(r), flag_of(r), r.grade) for r in results],
        reviewed=draw.reviewed_at is not None,
        contact=contact_of(course, reviewer),
    )


def sheet_line(row: Collected, sheet: SemenAnalysis, owner: Owner) -> Line:
    return Line(
        SAMPLE,
        row.pk,
        owner.site.localdate(row.collected_at),
        "Sample",
        sheet.plain_sentence,
        open=True,
        new=row.news,
        corrected=sheet.status == SemenAnalysis.Status.CORRECTED,
        collected_at=row.collected_at,
    )


def closed_line(row: Collected, course: Course) -> Iterator[Line]:
    """What waits and until when; what was taken back is told to whom has read it, and no more."""
    on = course.owner.site.localdate(row.collected_at)
    title = "Blood test" if row.is_blood else "Sample"
    if not row.struck:
        said = waiting_words(row, course)
        yield Line(
            row.kind, row.pk, on, title, said, open=False, held=row.held,
            collected_at=row.collected_at,
        )  # fmt: skip
    elif row.opened_at is not None:
        said = taken_back_sentence(course.owner.site.phone, moved=row.moved)
        yield Line(row.kind, row.pk, on, title, said, open=False, struck=True)


def waiting_words(row: Collected, course: Course) -> str:
    return waiting_sentence(
        waits_for(row.release),
        opens_on=opening(row, course),
        ask_on=course.owner.site.localdate(row.collected_at) + timedelta(days=_ask_after(course)),
        contact=contact_of(course),
        again=row.again,
    )


def waits_for(release: Release) -> Waiting:
    return release.waiting_for or Waiting.LABORATORY


def opening(row: Collected, course: Course) -> date | None:
    at = row.release.opens_at
    return course.owner.site.localdate(at) if at else None


def _ask_after(course: Course) -> int:
    definition = course.definition
    return definition.lab_lateness.resulted_within_days if definition else ASK_AFTER_DAYS


def flag_of(result: Result) -> Flag | None:
    """As the rules name it; a value with a grade is never called good."""
    flag = FLAGS.get(result.flag)
    if flag is Flag.NORMAL and result.grade:
        return Flag.INDETERMINATE
    return flag or (Flag.INDETERMINATE if result.range_text else None)


def plain_name(result: Result) -> str:
    return result.analyte.plain_name or result.analyte.name


def reading_of(result: Result, *, reviewed: bool, contact: Contact, was: str = "") -> Reading:
    flag = flag_of(result)
    unit = unit_words(result)
    cannot = result.status == Result.Status.CANNOT
    return Reading(
        result=result,
        name=plain_name(result),
        number=printed_result(result),
        usual=usual_words(printed_range(result), unit),
        phrase="could not be measured" if cannot else flag_phrase(flag),
        flag=flag,
        told=told(plain_sentence(flag, grade=result.grade, reviewed=reviewed, contact=contact)),
        was=was,
    )


def readings_of(draw: Draw, course: Course) -> list[Reading]:
    """Every standing value of one collection; what a correction replaced is told beside it."""
    reviewer = draw.reviewed_by.name if draw.reviewed_by else ""
    contact = contact_of(course, reviewer)
    return [
        reading_of(
            line.result,
            reviewed=draw.reviewed_at is not None,
            contact=contact,
            was=printed_result(line.was[0]) if line.was else "",
        )
        for line in history_of(draw, units_of(course.owner.account.units))
        if line.result.status != Result.Status.ENTERED_IN_ERROR
    ]


def values_of(draw: Draw, results: Sequence[Result], course: Course) -> list[Reading]:
    """The standing values of one collection, read already."""
    reviewed = draw.reviewed_at is not None
    contact = contact_of(course, draw.reviewed_by.name if draw.reviewed_by else "")
    units = units_of(course.owner.account.units)
    return [
        reading_of(read_in(row, units), reviewed=reviewed, contact=contact)
        for row in results
        if row.status != Result.Status.ENTERED_IN_ERROR
    ]


def by_kind(draws: Sequence[Draw], course: Course) -> list[tuple[str, list[Kind]]]:
    """The last value of each thing measured, in the groups of the catalogue."""
    newest: dict[str, tuple[Draw, Result]] = {}
    count: dict[str, int] = {}
    for draw in sorted(draws, key=lambda d: (d.collected_at, d.pk)):
        for result in draw.results.all():
            newest[result.analyte.key] = (draw, result)
            count[result.analyte.key] = count.get(result.analyte.key, 0) + 1
    groups: dict[str, list[Kind]] = {}
    for key, (draw, result) in sorted(newest.items(), key=lambda r: r[1][1].analyte.position):
        reviewed = draw.reviewed_at is not None
        shown = read_in(result, units_of(course.owner.account.units))
        reading = reading_of(shown, reviewed=reviewed, contact=contact_of(course))
        on = course.owner.site.localdate(draw.collected_at)
        groups.setdefault(result.analyte.group, []).append(
            Kind(key, draw.pk, on, reading, count[key])
        )
    return [(GROUP_WORDS[group].capitalize(), rows) for group, rows in groups.items()]


def series_of(key: str, owner: Owner) -> list[Result]:
    """The open values of one analyte, oldest first."""
    return list(
        Result.objects.visible_to(owner.account)
        .current()
        .filter(draw__in=owner.open_keys(BLOOD), analyte__key=key)
        .select_related("analyte", "draw__reviewed_by", "supersedes")
        .order_by("collected_at", "pk")
    )


def is_known(key: str) -> bool:
    return any(analyte.key == key for analyte in published_catalogue().analytes)


def seen_of(sheet: SemenAnalysis, owner: Owner) -> Seen:
    """One sample in the numbers that are told."""
    return Seen(
        on=owner.site.localdate(sheet.collected_at),
        found=sheet.pellet_sperm_n if not _counted(sheet) else None,
        moving=sheet.pellet_motile_n,
        concentration=concentration_of(sheet),
        moving_pct=sheet.total_motility_pct,
        seen=sheet.sperm_seen,
        motile=sheet.motile_seen,
        per_ml=sheet.estimate_per_ml,
        limit_per_ml=sheet.detection_limit_per_ml,
        valid=sheet.valid,
    )


def _counted(sheet: SemenAnalysis) -> bool:
    """Sperm were counted in the fresh preparation, so the pellet says nothing more."""
    return bool(sheet.concentration_m_per_ml)


def concentration_of(sheet: SemenAnalysis) -> Quantity | None:
    if not sheet.concentration_m_per_ml:
        return None
    sign = sheet.concentration_comparator
    return Quantity(
        sheet.concentration_m_per_ml.normalize(), "10*6/mL", Comparator(sign) if sign else None
    )
