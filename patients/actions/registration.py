"""Entering a man in the registry, and correcting what was entered."""

from dataclasses import asdict, astuple, dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import F

from clinic import audit, events, outbox
from clinic.models import Account, Site
from clinic.refusal import Refusal
from patients.actions import death
from patients.models import Patient, RecordCounter
from patients.queries.duplicates import Duplicate, possible_duplicates
from patients.rules.age import completed_years
from patients.rules.identifiers import LONGEST, ours, phone_digits, record_number
from patients.rules.matching import Identity, Likeness

OLDEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Who he is and how to reach him: everything a member may enter and correct."""

    given_name: str
    family_name: str
    born_on: date
    preferred_name: str = ""
    sex: str = Patient.Sex.MALE.value
    phone: str = ""
    email: str = ""
    address: str = ""
    time_zone: str = ""
    speak_to_him_only: bool = True
    preferred_times: str = ""
    emergency_name: str = ""
    emergency_relation: str = ""
    emergency_phone: str = ""
    deceased_on: date | None = None

    @classmethod
    def of(cls, patient: Patient) -> "Details":
        return cls(**{field.name: getattr(patient, field.name) for field in fields(cls)})

    @property
    def fingerprint(self) -> str:
        """Changes when anything here does: the page that corrects carries it along."""
        return sha256(repr([str(value) for value in astuple(self)]).encode()).hexdigest()

    def unlike(self, others: "Details") -> list[str]:
        """The names of what is different in the others."""
        names = [field.name for field in fields(self)]
        return [name for name in names if getattr(self, name) != getattr(others, name)]

    def identity(self, number: str = "") -> Identity:
        return Identity(
            self.given_name, self.family_name, self.born_on, number, self.phone, self.email
        )


@transaction.atomic
def register(
    *,
    site: Site,
    details: Details,
    by: Account,
    now: datetime,
    somebody_else: bool = False,
    own_number: str = "",
) -> Patient:
    """Enter a man under the site's next record number.

    Refuses while somebody alike is registered here, unless the member says `somebody_else`;
    the refusal carries the alike as `alternatives`. `own_number` keeps a number he brings
    from an earlier system. Two registrations at once wait for each other at the counter, so
    that neither numbers nor duplicates can slip past.
    """
    _refuse_impossible(details, today=site.localdate(now))
    number = _number(site, own_number.strip())
    _refuse_alike(site, details, number if own_number else "", somebody_else)
    patient = Patient.objects.create(
        site=site,
        record_number=number,
        registered_at=now,
        registered_by=by,
        **asdict(details),
    )
    audit.record(
        actor=by,
        action="patient.registered",
        subject=patient,
        person=patient,
        site=site,
        somebody_else=somebody_else,
    )
    events.report("patient.registered", patient=patient)
    return patient


@transaction.atomic
def correct(
    *,
    patient: Patient,
    details: Details,
    reason: str,
    by: Account,
    now: datetime,
    seen: str = "",
) -> Patient:
    """Change his details, with a reason; the old ones stay in the history of the row.

    `seen` is the fingerprint of the details the member had before him: when somebody else
    has changed them meanwhile, nothing is written.
    """
    patient = (
        Patient.objects.select_for_update(of=("self",)).select_related("site").get(pk=patient.pk)
    )
    before = Details.of(patient)
    if seen and seen != before.fingerprint:
        raise Refusal(
            "Somebody else changed these details while you were writing. What stands now is "
            "on his record; what you typed is still here."
        )
    changed = before.unlike(details)
    if not changed:
        raise Refusal("Nothing is different from what was there.")
    if not reason.strip():
        raise Refusal("Say in a few words why this is corrected.", field="reason")
    _refuse_impossible(details, today=patient.site.localdate(now))
    for name in changed:
        setattr(patient, name, getattr(details, name))
    patient.save(update_fields=changed)
    if "email" in changed:
        outbox.readdress(person=patient.label, was=before.email, to=patient.email)
    audit.record(
        actor=by,
        action="patient.corrected",
        subject=patient,
        person=patient,
        site=patient.site_id,
        reason=reason.strip(),
        fields=changed,
    )
    events.report("patient.corrected", patient=patient, changed=changed)
    if before.deceased_on is None and patient.deceased_on:
        death.ended(patient, by=by, reason=reason.strip(), now=now)
    return patient


def _refuse_impossible(details: Details, today: date) -> None:
    if details.born_on > today:
        raise Refusal("The birth date lies in the future.", field="born_on")
    if completed_years(details.born_on, today) > OLDEST:
        raise Refusal(f"That would make him older than {OLDEST}.", field="born_on")
    died = details.deceased_on
    if died and not details.born_on <= died <= today:
        raise Refusal("He died between his birth and today.", field="deceased_on")
    for name in ("phone", "emergency_phone"):
        typed = getattr(details, name)
        if typed and len(phone_digits(typed)) < 4:
            raise Refusal("This telephone number has too few digits.", field=name)
    if details.time_zone and details.time_zone not in available_timezones():
        raise Refusal("This time zone is not known.", field="time_zone")


def _number(site: Site, own: str) -> str:
    """His record number; takes the site's counter and keeps it until the transaction ends."""
    RecordCounter.objects.bulk_create([RecordCounter(site=site)], ignore_conflicts=True)
    counter = RecordCounter.objects.filter(site=site)
    counter.update(last=F("last") + (0 if own else 1))
    if not own:
        return record_number(site.record_prefix, counter.get().last)
    if ours(own, site.record_prefix):
        raise Refusal(
            "A number of this form is given out by the program itself.", field="own_number"
        )
    if len(own) > LONGEST:
        raise Refusal(f"A record number has at most {LONGEST} signs.", field="own_number")
    return own


def _refuse_alike(site: Site, details: Details, number: str, somebody_else: bool) -> None:
    rows = Patient.objects.filter(site=site)
    alike = possible_duplicates(rows, details.identity(number))
    if any(duplicate.match.likeness is Likeness.CERTAIN for duplicate in alike):
        raise Refusal(
            "This record number belongs to a registered patient.",
            field="own_number",
            alternatives=alike,
        )
    if alike and not somebody_else:
        raise Refusal(_alike_sentence(alike), alternatives=alike)


def _alike_sentence(alike: list[Duplicate]) -> str:
    if len(alike) == 1:
        him = alike[0].patient
        return f"{him.given_name} {him.family_name} is registered already and may be the same man."
    return f"{len(alike)} registered patients may be the same man."
