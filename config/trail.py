"""The trail in words: what each action of every floor is called on the page of the trail.

Said of the one who did it ("signed a visit"). No sentence tells what anything was or came to: an
administrator reads them too.
"""

from collections.abc import Iterable, Mapping

from clinic.models import Site
from clinic.queries.trail import Words
from patients.models import Patient
from patients.rules.identifiers import ours

SENTENCES: Mapping[str, str] = {
    "record.viewed": "opened the record",
    "document.opened": "opened a document",
    "value.opened": "opened a result",
    "message.opened": "opened a laboratory message",
    "letter.read": "read a message",
    "account.opened": "chose a password and opened the account",
    "account.signed_in": "signed in",
    "account.signed_out": "signed out",
    "account.locked": "refused too many wrong passwords for a while",
    "account.password_changed": "changed the password",
    "account.password_reset": "set a forgotten password anew",
    "account.password_set": "set a password",
    "account.address_changed": "changed the e-mail address",
    "account.second_step_on": "set up the second step",
    "account.second_step_off": "turned the second step off",
    "account.second_step_reset": "reset a lost second step",
    "account.codes_made": "made new recovery codes",
    "account.demonstration": "marked an account as one of the demonstration's",
    "site.opened": "opened the site",
    "site.switched": "went on to work at this site",
    "resource.added": "added a room or a person to the calendar",
    "laboratory.added": "added a laboratory",
    "member.appointed": "made somebody administrator from the console",
    "member.invited": "invited a member",
    "member.link_sent": "sent a member a new link",
    "member.role_changed": "gave a member another role",
    "member.deactivated": "ended a member's role",
    "member.second_factor_reset": "reset a member's second step",
    "patient.registered": "registered a patient",
    "patient.corrected": "corrected a patient's details",
    "contact.recorded": "noted a call",
    "letter.written": "wrote a message",
    "portal.invited": "invited the patient to the portal",
    "portal.revoked": "closed the portal",
    "portal.chosen": "changed a preference in the portal",
    "consent_text.loaded": "loaded a consent text",
    "consent_text.signed_off": "approved a consent text",
    "consent.given": "recorded a consent",
    "consent.withdrawn": "recorded that a consent was withdrawn",
    "retrievalprocedure.recorded": "recorded an earlier operation",
    "retrievalprocedure.struck": "struck out an earlier operation",
    "genetictest.recorded": "recorded a genetic test",
    "genetictest.struck": "struck out a genetic test",
    "medicine.recorded": "recorded a medicine",
    "medicine.ended": "recorded that a medicine ended",
    "medicine.struck": "struck out a medicine",
    "allergy.recorded": "recorded an allergy",
    "allergy.struck": "struck out an allergy",
    "condition.recorded": "recorded an answer about the history",
    "condition.struck": "struck out an answer about the history",
    "booking.held": "held a place in the calendar",
    "booking.made": "made an appointment",
    "booking.booked": "took back an arrival",
    "booking.moved": "moved an appointment",
    "booking.cancelled": "cancelled an appointment",
    "booking.lapsed": "let a held place go",
    "booking.outside_window": "booked outside the visit's window",
    "booking.arrived": "noted an arrival",
    "booking.in_progress": "took a patient in",
    "booking.completed": "completed an appointment",
    "booking.no_show": "noted that somebody did not come",
    "order.placed": "ordered tests",
    "order.cancelled": "cancelled an order of tests",
    "draw.filed": "filed blood results",
    "draw.corrected": "corrected blood results",
    "draw.fasting_stated": "stated whether a blood draw was fasting",
    "draw.reviewed": "reviewed blood results",
    "draw.struck": "struck out blood results",
    "semen.entered": "entered a semen analysis",
    "semen.amended": "amended a semen analysis",
    "semen.sent_back": "sent a semen analysis back",
    "semen.verified": "verified a semen analysis",
    "semen.corrected": "corrected a semen analysis",
    "semen.reviewed": "reviewed a semen analysis",
    "semen.struck": "struck out a semen analysis",
    "message.filed": "filed a laboratory message",
    "message.matched": "matched a laboratory message with a patient",
    "message.settled": "settled a laboratory message",
    "message.tried_again": "tried a laboratory message again",
    "message.sent_again": "sent a message again",
    "reminder.sent_early": "sent a reminder before its time",
    "protocol.published": "published a version of the protocol",
    "protocol.chosen": "chose the protocol for new enrolments",
    "counselling.recorded": "recorded what was explained",
    "enrolment.prepared": "began a screening",
    "eligibility.signed": "signed the eligibility",
    "enrolment.changed": "moved an enrolment on",
    "enrolment.last_dose": "recorded the day of the last dose",
    "prescription.written": "wrote a prescription",
    "prescription.cancelled": "cancelled a prescription",
    "dose.ordered": "ordered a dose",
    "dose.ended": "ended a dose",
    "capsules.dispensed": "dispensed capsules",
    "capsules.counted": "counted capsules that came back",
    "stock.product_added": "added a product to the stock",
    "stock.moved": "wrote a movement of the stock",
    "stock.recalled": "recalled a lot",
    "diary.ticked": "ticked a capsule in the diary",
    "diary.unticked": "took back a tick in the diary",
    "feeling.tapped": "noted a feeling in the diary",
    "visit.planned": "planned a visit",
    "visit.opened": "opened a visit",
    "visit.identity": "checked who came to a visit",
    "visit.since_last_time": "recorded what happened since the last visit",
    "visit.vitals": "recorded weight and blood pressure",
    "visit.plan": "recorded the plan of a visit",
    "visit.signed": "signed a visit",
    "visit.amended": "voided a signature to correct a visit",
    "visit.missed": "marked a visit as missed",
    "visit.skipped": "left a visit out",
    "signature.refused": "typed a wrong password when signing",
    "mood.answered": "recorded answers about mood",
    "symptoms.recorded": "recorded side effects",
    "adverse_event.opened": "opened an adverse event",
    "adverse_event.changed": "changed an adverse event",
    "adverse_event.reviewed": "reviewed an adverse event",
    "finding.raised": "raised a safety finding",
    "finding.decided": "decided on a safety finding",
    "finding.overtaken": "replaced a safety finding by a newer one",
    "duty.required": "asked for something to be done",
    "ipledge.chosen": "chose by which iPLEDGE rules the site works",
    "ipledge.attested": "recorded an iPLEDGE confirmation",
    "duty.ticked": "ticked off something that was to be done",
    "deviation.drafted": "drafted a deviation",
    "deviation.classified": "classified a deviation",
    "deviation.closed": "closed a deviation",
    "deviation.dismissed": "found that a draft is no deviation",
    "deviation.reopened": "opened a deviation again",
    "deviation.withdrawn": "withdrew a deviation whose facts were corrected",
    "document.made": "made a document",
    "document.superseded": "marked a document as replaced",
}


def person_labelled(site: Site, typed: str) -> str:
    """The label of the patient of this site whose record number was meant, or ""."""
    number = ours(typed, site.record_prefix) or typed.strip()
    found = Patient.objects.filter(site=site, record_number__iexact=number).first()
    return found.label if found else ""


def record_numbers(labels: Iterable[str]) -> dict[str, str]:
    """The record number of each of these patients, by label."""
    keys = {label.rpartition(":")[2] for label in labels if label}
    found = Patient.objects.filter(pk__in=keys).only("record_number")
    return {patient.label: patient.record_number for patient in found}


WORDS = Words(SENTENCES, person_labelled, record_numbers)
