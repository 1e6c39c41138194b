"""A newer result takes the place of a proposal nobody has decided, and says that it did."""

from collections.abc import Collection, Sequence
from datetime import datetime

from clinic import audit
from labs.models import Draw
from protocols.actions.findings import (
    ACTION_WORDS,
    DOSE_ACTIONS,
    NOT_DECIDED,
    Proposal,
    grounds,
    overtake,
)
from protocols.models import Enrolment, Finding
from protocols.queries.findings import facts_of
from protocols.rules.definition import Definition
from protocols.rules.lab_facts import LabFact, was_fasting
from protocols.rules.safety import evaluate
from protocols.rules.verdicts import Reason, Verdict, combine
from protocols.rules.vocabulary import Action

COLLECTION = Draw._meta.label_lower


def overtake_older(
    enrolment: Enrolment,
    definition: Definition,
    facts: Sequence[LabFact],
    verdict: Verdict,
    *,
    label: str,
    collected_at: datetime,
) -> Verdict:
    """Close the open proposals of earlier collections that these results answer.

    Where one of them was about the dose and nobody decided it, the newer proposal says so: it is
    looked at even if the new value is harmless.
    """
    sure = answered(definition, facts, verdict)
    older = (
        Finding.objects.select_for_update(of=("self",))
        .open()
        .filter(
            enrolment=enrolment,
            kind=Finding.Kind.SAFETY,
            evidence__startswith=f"{COLLECTION}:",
            evidence_at__lt=collected_at,
        )
        .exclude(evidence=label)
        .select_related("enrolment__patient__site")
    )
    passed = [row for row in older if is_answered(row, sure)]
    for finding in passed:
        overtake(finding)
    grave = [row for row in passed if row.action in DOSE_ACTIONS]
    said = [undecided(row) for row in grave]
    return combine([*verdict.reasons, *said], definition.safety, verdict.deviations)


def stays_overtaken(
    enrolment: Enrolment, definition: Definition, draw: Draw, proposal: Proposal
) -> bool:
    """A newer collection has answered this one, and what it says has not changed since.

    A symptom or a bilirubin has the collections of days before looked at again.
    """
    last = (
        Finding.objects.filter(
            enrolment=enrolment, kind=Finding.Kind.SAFETY, evidence=audit.label(draw)
        )
        .order_by("-pk")
        .first()
    )
    if last is None or last.state != Finding.State.SUPERSEDED:
        return False
    if grounds(last.reasons) != grounds(proposal.reasons):
        return False
    later = Draw.objects.filter(
        patient=draw.patient_id, collected_at__gt=draw.collected_at
    ).exclude(status=Draw.Status.ENTERED_IN_ERROR)
    for newer in later:
        facts = facts_of(newer, enrolment)
        if is_answered(last, answered(definition, facts, evaluate(definition, results=facts))):
            return True
    return False


def answered(definition: Definition, facts: Sequence[LabFact], verdict: Verdict) -> dict[str, bool]:
    """The analytes these results judge, and whether they were measured fasting."""
    unsure = {row.analyte for row in verdict.reasons if row.rule.endswith("_CANNOT_BE_JUDGED")}
    rule = definition.safety.fasting
    return {
        fact.analyte: bool(was_fasting(fact, rule)) or fact.analyte not in rule.lipids
        for fact in facts
        if fact.analyte not in unsure
    }


def is_answered(finding: Finding, sure: dict[str, bool]) -> bool:
    """Every reason names an analyte measured again, fasting where it was fasting before."""
    before = {row["analyte"]: row["fasting"] for row in finding.inputs.get("results", [])}
    about: Collection[str | None] = [
        row.get("analyte") for row in finding.reasons if row["rule"] not in STANDING
    ]
    return bool(about) and all(
        analyte in sure and (sure[analyte] or before.get(analyte) is not True) for analyte in about
    )


#: Reasons that say only what stood beside the facts: they need no new result.
STANDING = {"HOLD_STANDS", "REDUCED_STANDS", NOT_DECIDED}


def undecided(finding: Finding) -> Reason:
    site = finding.enrolment.patient.site
    on = site.localdate(finding.evidence_at)
    word = ACTION_WORDS[Action(finding.action)]
    return Reason(
        NOT_DECIDED,
        Action.REVIEW,
        f"{finding.headline} ({on.day} {on:%b}) asked to {word}; nobody decided it before this "
        "newer result.",
    )
