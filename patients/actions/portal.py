"""The patient's own door: invited with a single-use link, closed with a reason."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from clinic import audit, outbox
from clinic.actions import links, second_step
from clinic.models import AccessLink, Account
from clinic.refusal import Refusal
from patients.models import Patient, PortalAccount

LONGEST_DELAY = 14


@transaction.atomic
def invite(*, patient: Patient, by: Account, now: datetime) -> PortalAccount:
    """Send him a link to set his password: used once, good for seven days.

    Inviting again sends a new link to the e-mail on his record and makes the old one
    useless; a door that was closed opens again.
    """
    patient = (
        Patient.objects.select_for_update(of=("self",)).select_related("site").get(pk=patient.pk)
    )
    if patient.deceased_on:
        raise Refusal("This patient has died.")
    if not patient.email:
        raise Refusal("There is no e-mail address on his record to send the link to.")
    portal = PortalAccount.objects.select_related("account").filter(patient=patient).first()
    portal = _reopen(portal, patient) if portal else _open(patient, by, now)
    link, token = links.issue(
        account=portal.account, purpose=AccessLink.Purpose.PORTAL, by=by, now=now
    )
    _send(patient, link, token)
    audit.record(
        actor=by,
        action="portal.invited",
        subject=portal,
        person=patient,
        site=patient.site_id,
        link=link.pk,
        expires_at=link.expires_at.isoformat(),
    )
    return portal


@transaction.atomic
def revoke(*, portal: PortalAccount, reason: str, by: Account, now: datetime) -> PortalAccount:
    """Close his door: he is signed out at once and no link he has works any more."""
    portal = (
        PortalAccount.objects.select_for_update(of=("self",))
        .select_related("account", "patient")
        .get(pk=portal.pk)
    )
    if portal.revoked_at:
        raise Refusal("His portal is closed already.")
    if not reason.strip():
        raise Refusal("Say in a few words why it is closed.", field="reason")
    portal.revoked_at, portal.revoked_reason = now, reason.strip()
    portal.save(update_fields=["revoked_at", "revoked_reason"])
    portal.account.is_active = False
    portal.account.save(update_fields=["is_active"])
    links.withdraw(account=portal.account, now=now)
    audit.record(
        actor=by,
        action="portal.revoked",
        subject=portal,
        person=portal.patient,
        site=portal.patient.site_id,
        reason=reason.strip(),
    )
    return portal


@transaction.atomic
def reset_second_step(*, portal: PortalAccount, reason: str, by: Account) -> None:
    """Let him in with his password alone again, who lost phone and codes; every session ends."""
    if not reason.strip():
        raise Refusal("Say why, and how you know it is he.", field="reason")
    if not second_step.forget(account=portal.account):
        raise Refusal("He has no second step set up.", field="reason")
    audit.record(
        actor=by,
        action="account.second_step_reset",
        subject=portal.account,
        person=portal.patient,
        site=portal.patient.site_id,
        reason=reason.strip(),
    )


@transaction.atomic
def choose_release(
    *, portal: PortalAccount, release: str, by: Account, days: int = 0
) -> PortalAccount:
    """Keep when he wishes to see his results; only he himself may ask for a delay.

    Domain reference §9.3: nobody at the clinic delays results; a delay is his own request,
    at most fourteen days, and the choice is on the trail.
    """
    if by.pk != portal.account_id:
        raise Refusal("Only the patient himself chooses when he sees his results.")
    delayed = release == PortalAccount.Release.DELAYED
    if delayed and not 1 <= days <= LONGEST_DELAY:
        raise Refusal(f"Choose 1 to {LONGEST_DELAY} days.", field="release_days")
    portal.release, portal.release_days = release, days if delayed else 0
    portal.save(update_fields=["release", "release_days"])
    _chosen(portal, by, release=portal.release, days=portal.release_days)
    return portal


@transaction.atomic
def choose_discretion(*, portal: PortalAccount, discreet: bool, by: Account) -> PortalAccount:
    """Keep whether his home page leaves out what it is about."""
    portal.discreet = discreet
    portal.save(update_fields=["discreet"])
    _chosen(portal, by, discreet=discreet)
    return portal


def _open(patient: Patient, by: Account, now: datetime) -> PortalAccount:
    account = _account(patient)
    return PortalAccount.objects.create(
        patient=patient, account=account, opened_at=now, opened_by=by
    )


def _account(patient: Patient) -> Account:
    try:
        with transaction.atomic():
            return Account.objects.create_account(
                email=patient.email, name=str(patient), kind=Account.Kind.PATIENT
            )
    except IntegrityError as taken:
        raise _address_taken(taken) from taken


def _reopen(portal: PortalAccount, patient: Patient) -> PortalAccount:
    """The account follows the e-mail on the record, so that the link reaches him."""
    account = portal.account
    account.email, account.name, account.is_active = patient.email.lower(), str(patient), True
    try:
        with transaction.atomic():
            account.save(update_fields=["email", "name", "is_active"])
    except IntegrityError as taken:
        raise _address_taken(taken) from taken
    portal.revoked_at, portal.revoked_reason = None, ""
    portal.save(update_fields=["revoked_at", "revoked_reason"])
    return portal


def _address_taken(why: IntegrityError) -> Exception:
    if "account_email_is_used_once" not in str(why):
        return why
    return Refusal(
        "Another account signs in with this e-mail address. Ask him for an address of his own."
    )


def _send(patient: Patient, link: AccessLink, token: str) -> None:
    """The one message of ours that carries a token; the row forgets it once it has left."""
    path = reverse("clinic:open_link", args=[token])
    outbox.enqueue(
        site=patient.site,
        recipient=patient.email,
        template="portal_invitation",
        context={"link": f"{settings.BASE_URL}{path}", "days": links.LINK_DAYS},
        dedupe_key=f"access-link:{link.pk}",
        subject=audit.label(link),
        person=patient.label,
        expires_at=link.expires_at,
    )


def _chosen(portal: PortalAccount, by: Account, **detail: Any) -> None:
    audit.record(
        actor=by,
        action="portal.chosen",
        subject=portal,
        person=portal.patient,
        site=portal.patient.site_id,
        **detail,
    )
