"""What each laboratory result says, band by band (domain reference §2.4)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from labs.rules.ctcae import GradeTable
from labs.rules.grading import Grading, grade
from protocols.rules.lab_facts import (
    CannotJudgeError,
    Gauge,
    LabFact,
    gauge,
    limit_words,
    reach,
    was_fasting,
    within,
)
from protocols.rules.tables import AnalyteTable, Band, Limit, SafetyTable
from protocols.rules.verdicts import Reason, reason_of
from protocols.rules.vocabulary import Action, Measure

UNDECIDED_REPEAT_DAYS = 14
AMINOTRANSFERASES = ("alt", "ast")
BILIRUBIN = "bilirubin"


@dataclass(frozen=True, slots=True)
class Look:
    """The tables, with the symptoms they are read by."""

    table: SafetyTable
    symptoms: frozenset[str]
    grades: GradeTable

    def at(self, fact: LabFact) -> Iterator[Reason]:
        """What one result says: its worst certain band, and what a comparator leaves open."""
        rows = self.table.table_of(fact.analyte)
        if rows is None:
            return
        grading = grade(fact.reading, self.grades)
        try:
            scale = gauge(fact, rows.measure, rows.units, self.grades)
        except CannotJudgeError as why:
            yield cannot_judge(fact, str(why))
            return
        bands = self.bands(rows, fact)
        plain = [band for band in bands if not band.symptoms]
        told = [band for band in bands if self.symptoms & set(band.symptoms)]
        for group in (plain, told):
            yield from self.reasons(fact, rows, group, scale, grading)

    def bands(self, rows: AnalyteTable, fact: LabFact) -> tuple[Band, ...]:
        if rows.not_fasting_bands and not was_fasting(fact, self.table.fasting):
            return rows.not_fasting_bands
        return rows.bands

    def reasons(
        self,
        fact: LabFact,
        rows: AnalyteTable,
        bands: list[Band],
        scale: Gauge,
        grading: Grading,
    ) -> Iterator[Reason]:
        reached = [(band, reach(band, scale)) for band in bands]
        certain = max((band for band, hit in reached if hit.certain), key=severity, default=None)
        possible = max((band for band, hit in reached if hit.possible), key=severity, default=None)
        if certain:
            words = limit_words(certain, rows.measure, rows.unit, scale)
            says = f"{self.named(fact, rows)} {words}: {certain.sentence}."
            known = grading.grade if grading.grade is not None else grading.at_least
            yield reason_of(certain, says, grade=known, analyte=fact.analyte)
        if possible and possible is not certain:
            yield self.undecided(fact, rows, possible, scale)

    def undecided(self, fact: LabFact, rows: AnalyteTable, band: Band, scale: Gauge) -> Reason:
        """A comparator leaves a worse band open: measure again, unless it only means advice."""
        advice = band.action.severity <= Action.CONTINUE_ADVISE.severity
        words = limit_words(band, rows.measure, rows.unit, scale)
        return Reason(
            rule=f"{fact.analyte.upper()}_INDETERMINATE",
            action=band.action if advice else Action.REPEAT,
            sentence=f"{self.named(fact, rows)} does not say whether it {words}.",
            analyte=fact.analyte,
            repeat_within_days=None if advice else band.repeat_within_days or UNDECIDED_REPEAT_DAYS,
        )

    def named(self, fact: LabFact, rows: AnalyteTable) -> str:
        words = printed(fact)
        if not rows.not_fasting_bands:
            return words
        fasting = was_fasting(fact, self.table.fasting)
        known = {True: "fasting", False: "not fasting", None: "fasting not known"}[fasting]
        return f"{words} ({known})"

    def repeating(self, results: Iterable[LabFact], watched: Collection[str]) -> Iterator[Reason]:
        """What was to be repeated until it is low enough, and is not: repeated again.

        Analytes that are judged alike (ALT and AST) are watched together.
        """
        for fact in results:
            rows = self.table.table_of(fact.analyte)
            band = repeated_band(rows) if rows and set(rows.analytes) & set(watched) else None
            if rows is None or band is None or band.repeat_until_at_most is None:
                continue
            try:
                scale = gauge(fact, rows.measure, rows.units, self.grades)
            except CannotJudgeError:
                continue  # what cannot be judged has said so itself
            if within(band.repeat_until_at_most, scale) is not True:
                yield self.once_more(fact, rows, band, scale)

    def once_more(self, fact: LabFact, rows: AnalyteTable, band: Band, scale: Gauge) -> Reason:
        limit = Limit(over=band.repeat_until_at_most)
        words = limit_words(limit, rows.measure, rows.unit, scale)
        days = band.repeat_within_days or UNDECIDED_REPEAT_DAYS
        return Reason(
            rule=f"{band.rule}_AGAIN",
            action=Action.REPEAT,
            sentence=f"{self.named(fact, rows)} {words}: repeat every {days} days until it is not.",
            analyte=fact.analyte,
            repeat_within_days=days,
        )

    def at_liver_pattern(self, results: Iterable[LabFact]) -> Iterator[Reason]:
        """Hy's law: an aminotransferase and the bilirubin raised together."""
        law = self.table.hys_law
        facts = tuple(results)
        enzymes = [fact for fact in facts if fact.analyte in AMINOTRANSFERASES]
        bilirubins = [fact for fact in facts if fact.analyte == BILIRUBIN]
        high = [row for row in enzymes if self.is_over(row, law.aminotransferase_over)]
        for bilirubin in bilirubins if high else ():
            if bilirubin.reading.uln is None:
                yield cannot_judge(bilirubin, "the report gives no upper limit of normal")
            elif self.is_over(bilirubin, law.bilirubin_over):
                both = f"{printed(high[0])} and {printed(bilirubin)}"
                yield reason_of(law, f"{both} are raised together (Hy's law): {law.sentence}.")

    def is_over(self, fact: LabFact, times: Decimal) -> bool:
        """Is the result certainly over so many times its upper limit of normal?"""
        try:
            scale = gauge(fact, Measure.TIMES_ULN, (), self.grades)
        except CannotJudgeError:
            return False
        return reach(Limit(over=times), scale).certain

    def lipids_not_fasting(self, fact: LabFact) -> bool:
        rule = self.table.fasting
        return fact.analyte in rule.lipids and not was_fasting(fact, rule)


def repeated_band(rows: AnalyteTable) -> Band | None:
    """The band of a table that asks to repeat until the result is low enough."""
    return next((band for band in rows.bands if band.repeat_until_at_most is not None), None)


def severity(band: Band) -> int:
    return band.action.severity


def printed(fact: LabFact) -> str:
    return f"{fact.title} {fact.reading.quantity.printed()}"


def cannot_judge(fact: LabFact, why: str) -> Reason:
    """A result no table can read is looked at by a person, never taken for normal."""
    return Reason(
        rule=f"{fact.analyte.upper()}_CANNOT_BE_JUDGED",
        action=Action.REVIEW,
        sentence=f"{printed(fact)} cannot be judged: {why}.",
        analyte=fact.analyte,
    )
