"""What he has agreed to, and to which words."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from patients.models import Consent, ConsentText, Patient
from patients.rules.consent_texts import blocks


def consents_in_force(patient: Patient, on: date) -> dict[str, Consent]:
    """For each kind of text, his consent in force on that day, to the newest version he signed.

    A consent counts from the day it was given until the day before it was withdrawn.
    """
    given = (
        Consent.objects.filter(patient=patient, struck_at=None, given_on__lte=on)
        .filter(Q(withdrawn_on=None) | Q(withdrawn_on__gt=on))
        .select_related("text")
        .order_by("text__version")
    )
    return {consent.text.kind: consent for consent in given}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One kind of text on the consents page: the words in force, and what he said to them."""

    text: ConsentText
    current: Consent | None
    earlier: tuple[Consent, ...]

    @property
    def outdated(self) -> bool:
        """He agreed, but to words that have since been replaced."""
        return self.current is not None and self.current.text_id != self.text.pk

    @property
    def agreed(self) -> bool:
        return self.current is not None and not self.outdated

    @property
    def blocks(self) -> list[tuple[str, list[str]]]:
        return blocks(self.text.body)


def texts_in_force(on: date) -> list[ConsentText]:
    """The newest version of each kind that has taken effect by that day."""
    return list(
        ConsentText.objects.filter(effective_on__lte=on)
        .order_by("kind", "-version")
        .distinct("kind")
    )


def agreements(patient: Patient, on: date) -> list[Agreement]:
    """Every kind of text with its words in force and all his consents to it; two queries."""
    consents: dict[str, list[Any]] = {}
    of_his = (
        Consent.objects.filter(patient=patient)
        .select_related("text", "recorded_by", "withdrawn_by")
        .order_by("-text__version", "-given_on", "-pk")
    )
    for consent in of_his:
        consents.setdefault(consent.text.kind, []).append(consent)
    order = list(ConsentText.Kind.values)
    texts = sorted(texts_in_force(on), key=lambda text: order.index(text.kind))
    return [_agreement(text, consents.get(text.kind, [])) for text in texts]


def _agreement(text: ConsentText, consents: list[Consent]) -> Agreement:
    current = next((c for c in consents if c.withdrawn_on is None and c.struck_at is None), None)
    return Agreement(text, current, tuple(c for c in consents if c is not current))
