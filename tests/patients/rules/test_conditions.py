"""The questions we ask are those a protocol decides by."""

from patients.rules.conditions import EXCLUSION_KEYS, QUESTIONS, RISK_KEYS
from protocols.rules.definition import shipped


def test_every_exclusion_of_the_shipped_protocol_is_asked_about():
    rule = shipped().eligibility
    decided = {row.code for row in rule.exclusions} | {row.exclusion for row in rule.labs}
    assert decided == EXCLUSION_KEYS


def test_no_key_is_asked_twice():
    assert len(QUESTIONS) == len(EXCLUSION_KEYS) + len(RISK_KEYS) == 20
