"""Where a man stands in the programme, and which version of it he is on."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from clinic.models import Account
from patients.models import Patient
from protocols.models import Enrolment, StatusChange, Version
from protocols.queries.kept import Kept
from protocols.rules.definition import Definition
from protocols.rules.status import Event
from protocols.rules.vocabulary import Status

_parsed: dict[str, Definition] = {}


def definition_of(version: Version) -> Definition:
    """What a version says, parsed once per process: by its content hash it never changes.

    Lists defer `version__definition`, which this then reads only the first time.
    """
    found = _parsed.get(version.sha256)
    if found is None:
        found = Definition.model_validate(version.definition)
        if version.state != Version.State.DRAFT:
            _parsed[version.sha256] = found
    return found


def with_version(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Everything a page about an enrolment names, in one query and without the long document."""
    return enrolments.select_related(
        "patient__site", "version__protocol", "clinician__account"
    ).defer("version__definition")


def latest_enrolment(patient: Patient) -> Enrolment | None:
    """The one a page shows: the live one, or else the last that ended."""
    found = with_version(Enrolment.objects.filter(patient=patient))
    return found.filter(pk__in=Enrolment.objects.live().filter(patient=patient)).first() or (
        found.order_by("-opened_at", "-pk").first()
    )


def live_enrolment(patient: Patient) -> Enrolment | None:
    """The enrolment that is not over, if there is one; there is never a second."""
    return with_version(Enrolment.objects.live().filter(patient=patient)).first()


def _standing(enrolment: int) -> QuerySet[Enrolment]:
    return (
        Enrolment.objects.select_related("patient__site", "version__protocol")
        .defer("version__definition")
        .filter(pk=enrolment)
    )


_one = Kept(_standing, enrolment=int)


def held(enrolment: Enrolment) -> Enrolment:
    """The enrolment as it stands, locked until the transaction ends.

    Held first and read with its version afterwards: joined to the version it had before, the row
    of a man who was moved to another one while we waited would not be found.
    """
    Enrolment.objects.select_for_update(of=("self",)).values_list("pk").get(pk=enrolment.pk)
    return _one(enrolment=enrolment.pk)[0]


def _running(patient: int) -> QuerySet[Enrolment]:
    return (
        Enrolment.objects.select_for_update(of=("self",))
        .live()
        .select_related("patient__site", "version__protocol")
        .defer("version__definition")
        .filter(patient=patient)
    )


_live = Kept(_running, patient=int)


def held_live(patient_id: int) -> Enrolment | None:
    """The running enrolment of a man, locked until the transaction ends."""
    return next(iter(_live(patient=patient_id)), None)


def screened_on(enrolment: Enrolment) -> date | None:
    """The day screening began: the anchor of the screening visit."""
    change = (
        StatusChange.objects.filter(enrolment=enrolment, event=Event.START_SCREENING)
        .order_by("pk")
        .first()
    )
    return change.on if change else None


def status_before(enrolment: Enrolment) -> Status | None:
    """The status he had before the one he has: where a man who was lost returns to."""
    change = (
        StatusChange.objects.filter(enrolment=enrolment, became=enrolment.status)
        .exclude(was="")
        .order_by("-pk")
        .first()
    )
    return Status(change.was) if change else None


def history(enrolment: Enrolment, user: Account) -> QuerySet[StatusChange]:
    """Every step of this enrolment, newest first, with who took it."""
    return (
        StatusChange.objects.visible_to(user)
        .filter(enrolment=enrolment)
        .select_related("by")
        .order_by("-pk")
    )
