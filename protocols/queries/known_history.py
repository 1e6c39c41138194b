"""What is on file about a man, in one query: conditions, medicines, mood, consents, earlier course.

The pages that judge him ask for all of it at once, and a page costs ten queries at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from patients.models import Condition, Consent, ConsentText, Medicine, Patient
from protocols.models import Enrolment, MoodQuestionnaire
from protocols.queries.kept import Kept
from protocols.rules.consents import Outdated, Words, outdated


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the history, answered with yes or no on a day."""

    present: bool
    on: date
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KnownMedicine:
    name: str
    started_on: date | None
    ended_on: date | None
    on: date

    def taken_on(self, day: date) -> bool:
        """Unless it is known to have begun later or ended before, he takes it."""
        begun = self.started_on is None or self.started_on <= day
        return begun and (self.ended_on is None or self.ended_on >= day)


@dataclass(frozen=True, slots=True)
class KnownMood:
    """The last questionnaire; `total` is None where it could not be scored."""

    total: int | None
    item_nine: int
    on: date


@dataclass(frozen=True, slots=True)
class KnownConsent:
    kind: str
    title: str
    version: int
    given_on: date


@dataclass(frozen=True, slots=True)
class KnownHistory:
    conditions: Mapping[str, Answer]
    medicines: tuple[KnownMedicine, ...]
    mood: KnownMood | None
    consents: tuple[KnownConsent, ...]
    earlier_dose_on: date | None
    texts: tuple[Words, ...] = ()

    def medicines_on(self, day: date) -> tuple[str, ...]:
        return tuple(row.name for row in self.medicines if row.taken_on(day))

    def consented(self, day: date) -> frozenset[str]:
        """The kinds of text he has agreed to by that day and not withdrawn."""
        return frozenset(row.kind for row in self.consents if row.given_on <= day)

    def outdated(self, day: date) -> tuple[Outdated, ...]:
        """The texts of which he agreed to earlier words than those in force on that day."""
        agreed: dict[str, list[int]] = {}
        for row in self.consents:
            if row.given_on <= day:
                agreed.setdefault(row.kind, []).append(row.version)
        return outdated(self.texts, agreed, day)

    def agreed_to_words_of(self, day: date) -> frozenset[str]:
        """The kinds of text of which he has agreed to the words in force on that day."""
        return self.consented(day) - {text.kind for text in self.outdated(day)}

    def consent(self, kind: str) -> KnownConsent | None:
        return next((row for row in self.consents if row.kind == kind), None)


def known_history(enrolment: Enrolment) -> KnownHistory:
    """Everything on file that eligibility and the start gate look at, laboratory apart."""
    zone = enrolment.patient.site.zone
    (row,) = _everything(patient=enrolment.patient_id, enrolment=enrolment.pk)

    def local(instant: str) -> date:
        return datetime.fromisoformat(instant).astimezone(zone).date()

    return KnownHistory(
        conditions={
            found["key"]: Answer(found["present"], local(found["at"]), found["detail"])
            for found in row["answers"]
        },
        medicines=tuple(
            KnownMedicine(found["name"], day(found["from"]), day(found["to"]), local(found["at"]))
            for found in row["taken"]
        ),
        mood=next(
            (
                KnownMood(found["total"], found["item_nine"], local(found["at"]))
                for found in row["moods"]
            ),
            None,
        ),
        consents=tuple(
            KnownConsent(
                found["kind"], found["title"], found["version"], date.fromisoformat(found["on"])
            )
            for found in row["consents_given"]
        ),
        earlier_dose_on=row["earlier_dose_on"],
        texts=tuple(
            Words(
                found["kind"], found["title"], found["version"], date.fromisoformat(found["from"])
            )
            for found in row["texts"]
        ),
    )


def _on_file(patient: int, enrolment: int) -> QuerySet[Any]:
    return (
        Patient.objects.filter(pk=patient)
        .order_by()
        .values(
            answers=ArraySubquery(conditions()),
            taken=ArraySubquery(medicines()),
            moods=ArraySubquery(last_mood(enrolment)),
            consents_given=ArraySubquery(consents()),
            texts=ArraySubquery(consent_texts()),
            earlier_dose_on=Subquery(earlier_dose(enrolment)),
        )
    )


_everything = Kept(_on_file, patient=int, enrolment=int)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def conditions() -> QuerySet[Any]:
    return Condition.objects.filter(patient=OuterRef("pk"), struck_at=None).values(
        json=JSONObject(key="key", present="present", detail="detail", at="recorded_at")
    )


def medicines() -> QuerySet[Any]:
    return (
        Medicine.objects.filter(patient=OuterRef("pk"), struck_at=None)
        .order_by("name", "pk")
        .values(
            json=JSONObject(
                **{"name": "name", "from": "started_on", "to": "ended_on", "at": "recorded_at"}
            )
        )
    )


def last_mood(enrolment: int) -> QuerySet[Any]:
    return (
        MoodQuestionnaire.objects.filter(enrolment=enrolment)
        .order_by("-answered_at", "-pk")
        .values(json=JSONObject(total="total", item_nine="item9", at="answered_at"))[:1]
    )


def consents() -> QuerySet[Any]:
    """The newest of each kind comes first."""
    return (
        Consent.objects.filter(patient=OuterRef("pk"), withdrawn_on=None, struck_at=None)
        .order_by("-text__version", "-pk")
        .values(
            json=JSONObject(
                kind=F("text__kind"),
                title=F("text__title"),
                version=F("text__version"),
                on="given_on",
            )
        )
    )


def consent_texts() -> QuerySet[Any]:
    """Every version of every text, and since when it is in force: there are few."""
    return ConsentText.objects.order_by("kind", "version").values(
        json=JSONObject(
            **{"kind": "kind", "title": "title", "version": "version", "from": "effective_on"}
        )
    )


def earlier_dose(enrolment: int) -> QuerySet[Any]:
    """The last capsule of an earlier enrolment of his."""
    return (
        Enrolment.objects.filter(patient=OuterRef("pk"))
        .exclude(pk=enrolment)
        .order_by()
        .values("patient")
        .annotate(last=Max("last_dose_on"))
        .values("last")
    )
