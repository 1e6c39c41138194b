"""What eligibility looks at, gathered from real rows, each with where it came from and when.

What is not on file stays unknown: nothing unknown is taken as normal (domain reference §0, §7.2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from labs.rules.azoospermia import AzoospermiaVerdict, confirmed_azoospermia, day_words
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from patients.rules.age import completed_years
from protocols.models import Enrolment
from protocols.queries.enrolment import definition_of
from protocols.queries.known_history import KnownHistory, known_history
from protocols.queries.laboratory_facts import KnownResult, KnownSample, newest_results, samples
from protocols.rules.definition import Definition
from protocols.rules.dosing import re_treatment_earliest
from protocols.rules.eligibility import EligibilityFacts
from protocols.rules.gates import re_treatment_sentence
from protocols.rules.interactions import Interaction, check
from protocols.rules.lab_facts import LabFact

RETREATMENT = "recent_isotretinoin"
#: Classes that say nothing about whether there is sperm in the fresh preparation.
SILENT = {
    SemenClass.NO_SPERM_SEEN_PELLET_PENDING,
    SemenClass.ASPERMIA,
    SemenClass.INCOMPLETE,
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was found, in words, and the day it is from."""

    words: str
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts, and by the code of each criterion where its value was found."""

    facts: EligibilityFacts
    sources: Mapping[str, Source]
    baseline: str | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What his semen analyses show; None is not known yet."""

    azoospermia: bool | None
    cryptozoospermia: bool | None
    source: Source | None

    @property
    def baseline(self) -> str | None:
        if self.cryptozoospermia:
            return Enrolment.Baseline.CRYPTOZOOSPERMIA
        return Enrolment.Baseline.AZOOSPERMIA if self.azoospermia else None


def eligibility_facts(enrolment: Enrolment, on: date) -> Evidence:
    """Everything the criteria ask, as it was known on that day."""
    definition, patient = definition_of(enrolment.version), enrolment.patient
    history = known_history(enrolment)
    limits = definition.eligibility.labs
    results = newest_results(patient, {limit.analyte for limit in limits}, on)
    found = diagnosis(samples(patient, on))
    exclusions = stated_exclusions(definition, history, on)
    mood = history.mood if history.mood and history.mood.on <= on else None
    facts = EligibilityFacts(
        sex=None if patient.sex == patient.Sex.UNKNOWN else patient.sex,
        age=completed_years(patient.born_on, on),
        azoospermia_confirmed=found.azoospermia,
        cryptozoospermia=found.cryptozoospermia,
        phq9_total=mood.total if mood else None,
        phq9_item_nine=mood.item_nine if mood else None,
        exclusions={code: yes for code, (yes, _) in exclusions.items()},
        remarks=remarks(definition, history, on),
        labs=tuple(row.fact for row in results.values()),
    )
    return Evidence(
        facts,
        {
            **{f"NO_{code.upper()}": source for code, (_, source) in exclusions.items()},
            **own_sources(enrolment, found, Source("PHQ-9", mood.on) if mood else None),
            **{
                limit.code: result_source(results[limit.analyte])
                for limit in limits
                if limit.analyte in results
            },
        },
        found.baseline,
    )


def own_sources(enrolment: Enrolment, found: Diagnosis, mood: Source | None) -> dict[str, Source]:
    patient = enrolment.patient
    sources = {
        "SEX": Source("Registration"),
        "AGE": Source(f"Born {day_words(patient.born_on)}"),
    }
    if found.source:
        sources["DIAGNOSIS"] = found.source
    if mood:
        sources["PHQ9_TOTAL"] = sources["PHQ9_ITEM9"] = mood
    return sources


def diagnosis(found: tuple[KnownSample, ...]) -> Diagnosis:
    """Two pellet-negative samples a week apart, or sperm in the pellet only (§4.5, §7.2)."""
    telling = [row for row in found if row.sample.name not in SILENT and row.valid is not False]
    if not telling:
        return Diagnosis(None, None, last_source(found))
    last = telling[-1]
    fewest = {SemenClass.AZOOSPERMIA_SAMPLE, SemenClass.CRYPTOZOOSPERMIA}
    if last.sample.name not in fewest:
        return Diagnosis(False, False, last_source((last,)))
    pellet_only = [row for row in telling if row.sample.name is SemenClass.CRYPTOZOOSPERMIA]
    if pellet_only:
        return Diagnosis(False, True, last_source(tuple(pellet_only)))
    verdict = confirmed_azoospermia([row.sample for row in telling])
    return Diagnosis(verdict.confirmed or None, False, verdict_source(verdict, last))


def last_source(found: tuple[KnownSample, ...]) -> Source | None:
    if not found:
        return None
    last = found[-1]
    return Source(f"Semen analysis: {CLASS_NAMES[last.sample.name].lower()}", last.on)


def verdict_source(verdict: AzoospermiaVerdict, last: KnownSample) -> Source:
    return Source(verdict.sentence.removesuffix("."), verdict.confirmed_on or last.on)


def result_source(row: KnownResult) -> Source:
    return Source(f"Laboratory, {fasting_words(row.fact)}", row.on)


def fasting_words(fact: LabFact) -> str:
    """How the blood was taken, as far as anybody wrote it down."""
    if fact.fasting_hours is not None:
        return f"{fact.fasting_hours.normalize():f} h without food"
    return {True: "fasting", False: "not fasting", None: "fasting not recorded"}[fact.fasting]


def stated_exclusions(
    definition: Definition, history: KnownHistory, on: date
) -> dict[str, tuple[bool, Source]]:
    """Each exclusion that is known: as he answered it, unless his medicines say otherwise."""
    known = {
        key: (answer.present, Source(answered(answer.detail), answer.on))
        for key, answer in history.conditions.items()
    }
    for interaction, since in taken(definition, history, on):
        if interaction.exclusion:
            known[interaction.exclusion] = (
                True,
                Source(f"Medicines: {interaction.medicine}", since),
            )
    last_on = history.earlier_dose_on
    lockout = timedelta(days=definition.dose.re_treatment_days)
    if last_on is not None and on < last_on + lockout:
        known[RETREATMENT] = (True, Source("Last capsule of his earlier course", last_on))
    return known


def remarks(definition: Definition, history: KnownHistory, on: date) -> dict[str, str]:
    """From which day on an earlier course no longer counts."""
    ended = [
        medicine.ended_on
        for medicine in history.medicines
        if medicine.ended_on is not None
        and medicine.ended_on <= on
        and is_the_drug(definition, medicine.name)
    ]
    if history.earlier_dose_on is not None:
        ended.append(history.earlier_dose_on)
    last_on = max(ended, default=None)
    if last_on is None or on >= re_treatment_earliest(definition.dose, last_on):
        return {}
    return {RETREATMENT: re_treatment_sentence(definition, last_on)}


def is_the_drug(definition: Definition, name: str) -> bool:
    found = check(definition.medicines, [name], on_treatment=False)
    return any(row.exclusion == RETREATMENT for row in found)


def answered(detail: str) -> str:
    return f"History: {detail}" if detail else "History"


def taken(
    definition: Definition, history: KnownHistory, on: date
) -> list[tuple[Interaction, date]]:
    """The listed medicines he takes, and isotretinoin as long as it counts after its end."""
    lockout = timedelta(days=definition.dose.re_treatment_days)
    found = []
    for medicine in history.medicines:
        for interaction in check(definition.medicines, [medicine.name], on_treatment=False):
            ended_on = medicine.ended_on
            lately = ended_on is not None and ended_on <= on < ended_on + lockout
            if not interaction.blocks_dispensing:
                continue
            if medicine.taken_on(on) or (interaction.exclusion == RETREATMENT and lately):
                found.append((interaction, medicine.ended_on or medicine.on))
    return found
