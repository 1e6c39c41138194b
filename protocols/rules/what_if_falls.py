"""What a man's results, answers and papers would say under another version (domain reference §7.2).

Only where the two versions ask differently is anything looked at; a man who is treated is never
put out by it, the clinician reads it before he moves him.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from labs.rules.ctcae import GradeTable, published_grade_table
from protocols.rules.definition import Definition
from protocols.rules.eligibility import EligibilityFacts, assess
from protocols.rules.gates import Obstacle, StartFacts, eligibility_obstacles, paper_obstacles
from protocols.rules.lab_facts import LabFact
from protocols.rules.mood import ITEMS, score
from protocols.rules.safety import History, evaluate
from protocols.rules.verdicts import Verdict
from protocols.rules.vocabulary import Action
from protocols.rules.what_if import Fall, Falls

WORDS = {
    Action.CONTINUE_ADVISE: "advise",
    Action.REPEAT: "repeat the test",
    Action.REVIEW: "review",
    Action.REDUCE: "reduce",
    Action.HOLD: "hold",
    Action.STOP: "stop",
}
LIVER = ("alt", "ast", "bilirubin")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where two versions ask differently, and so what must be known of a man."""

    analytes: frozenset[str]
    symptoms: bool
    mood: bool
    medicines: bool
    eligibility: bool
    gates: bool

    @property
    def nothing(self) -> bool:
        return not (
            self.analytes
            or self.symptoms
            or self.mood
            or self.medicines
            or self.eligibility
            or self.gates
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What is on file about him: his newest results, and what was said when he was let in."""

    results: tuple[LabFact, ...] = ()
    symptoms: tuple[str, ...] = ()
    answers: tuple[int | None, ...] = ()
    mood_baseline: int | None = None
    medicines: tuple[str, ...] = ()
    history: History = field(default_factory=History)
    eligibility: EligibilityFacts | None = None
    start: StartFacts | None = None


def asked_differently(now: Definition, then: Definition) -> Asked:
    """What has to be read of every man to say what another version would say of him."""
    was, becomes = now.safety, then.safety
    tables = {key: table for table in becomes.analytes for key in table.analytes}
    whole = was.fasting != becomes.fasting
    changed = {key for key, table in tables.items() if whole or was.table_of(key) != table}
    if was.hys_law != becomes.hys_law:
        changed |= set(LIVER)
    if now.eligibility.labs != then.eligibility.labs:
        changed |= {limit.analyte for limit in then.eligibility.labs}
    return Asked(
        analytes=frozenset(changed),
        symptoms=was.symptoms != becomes.symptoms,
        mood=now.mood != then.mood,
        medicines=now.medicines != then.medicines,
        eligibility=now.eligibility != then.eligibility,
        gates=now.gates != then.gates or now.counselling != then.counselling,
    )


def further_falls(
    now: Definition,
    then: Definition,
    asked: Asked,
    known: Known,
    grades: GradeTable | None = None,
) -> Iterator[Fall]:
    """Findings that would now fire, criteria and gates that would no longer hold."""
    if asked.nothing:
        return
    table = grades or published_grade_table()
    if asked.analytes or asked.symptoms or asked.mood or asked.medicines:
        yield from findings(now, then, known, table)
    if asked.eligibility and known.eligibility is not None:
        yield from criteria(now, then, known.eligibility, table)
    if asked.gates and known.start is not None:
        yield from papers(now, then, known.start)


def findings(now: Definition, then: Definition, known: Known, grades: GradeTable) -> Iterator[Fall]:
    """Each reason of the new version that asks for more than the whole of the old one does."""
    was = verdict_of(now, known, grades)
    before = {reason.sentence for reason in was.reasons}
    for reason in verdict_of(then, known, grades).reasons:
        if reason.action.severity > was.action.severity and reason.sentence not in before:
            words = WORDS.get(reason.action, "")
            yield Fall(Falls.FINDING, f"A finding would now fire ({words}): {reason.sentence}")


def verdict_of(definition: Definition, known: Known, grades: GradeTable) -> Verdict:
    mood = None
    if len(known.answers) == ITEMS:
        mood = score(definition.mood, known.answers, baseline_total=known.mood_baseline)
    symptoms = [code for code in known.symptoms if definition.safety.symptom(code)]
    return evaluate(
        definition,
        results=known.results,
        symptoms=symptoms,
        mood=mood,
        history=known.history,
        medicines=known.medicines,
        grades=grades,
    )


def criteria(
    now: Definition, then: Definition, facts: EligibilityFacts, grades: GradeTable
) -> Iterator[Fall]:
    """Criteria that were met, or were not asked, and would not be met now."""
    was = {row.code: row.met for row in assess(now, facts, grades).criteria}
    for row in assess(then, facts, grades).criteria:
        if row.met or (row.code in was and was[row.code] is not True):
            continue
        value = f" He: {row.value}." if row.value else " Not known of him."
        word = "would no longer be met" if row.met is False else "is not answered"
        yield Fall(
            Falls.ELIGIBILITY,
            f"The criterion “{row.title}” {word}: {row.sentence}{value}",
        )


def papers(now: Definition, then: Definition, facts: StartFacts) -> Iterator[Fall]:
    """Consents and counselling that the new version asks for and he has not given or had."""
    before = {(row.code, row.sentence) for row in obstacles(now, facts)}
    for row in obstacles(then, facts):
        if (row.code, row.sentence) not in before:
            yield Fall(Falls.GATE, row.sentence)


def obstacles(definition: Definition, facts: StartFacts) -> tuple[Obstacle, ...]:
    return (*eligibility_obstacles(definition, facts), *paper_obstacles(definition, facts))
