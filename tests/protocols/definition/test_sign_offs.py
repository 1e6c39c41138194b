"""The medical lead signs values off: for his clinic, by name and day, until the value changes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from clinic.access import Role
from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions.drafts import save_draft
from protocols.actions.sign_offs import sign_off, withdraw_sign_off
from protocols.models import Finding, SignOff, Version
from protocols.queries.definitions import choices_of, unsigned_choices, unsigned_rules
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import document, restore, shipped
from protocols.rules.sign_offs import choices
from tests.conftest import make_member
from tests.factories.protocols import SignOffFactory
from tests.protocols.men import NOW
from tests.protocols.record.rourke import rourke

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
PASSWORD = "correct horse battery"
NOT_YET = "not yet signed off by this clinic"
ALL = len(choices(shipped()))


def fingerprint(version, place):
    return next(c.fingerprint for c in choices(definition_of(version)) if c.place == place)


def sign(version, by, *places, password=PASSWORD):
    return sign_off(
        version=version,
        site=by.member.site,
        fingerprints=[fingerprint(version, place) for place in places],
        by=by,
        password=password,
        now=LATER,
    )


def open_places(version, site):
    return {choice.place for choice in unsigned_choices(version, site)}


def test_a_signature_carries_name_and_day_and_leaves_a_trail(published, clinician, site):
    [row] = sign(published, clinician, "dose")

    assert (row.place, row.printed_name, row.signed_at) == ("dose", clinician.name, LATER)
    assert open_places(published, site) == {c.place for c in choices(shipped())} - {"dose"}
    event = AuditEvent.objects.get(action="protocol.signed_off")
    assert (event.actor, event.detail) == (clinician, {"places": ["dose"]})


def test_many_are_signed_at_once_and_none_twice(published, clinician, site):
    sign(published, clinician, "dose")
    sign(published, clinician, "dose", "gates", "response")

    assert SignOff.objects.count() == 3


def test_it_counts_for_its_own_clinic_only(published, clinician, other_site):
    sign(published, clinician, "dose")
    assert "dose" in open_places(published, other_site)


def test_a_value_that_stays_the_same_stays_signed_and_one_that_changes_does_not(
    published, draft, clinician, site
):
    band = "safety.analytes[triglycerides].bands[TG_HOLD]"
    sign(published, clinician, "dose", "eligibility", band)
    text = draft.source.replace("max_age: 60", "max_age: 65")
    changed = save_draft(version=draft, text=text, revision=1, by=clinician, now=LATER)

    assert open_places(changed, site) == open_places(published, site) | {"eligibility"}


def test_a_row_that_moves_stays_signed():
    content = document(shipped())
    content["counselling"].reverse()
    moved = {choice.fingerprint for choice in choices(restore(content))}
    assert moved == {choice.fingerprint for choice in choices(shipped())}


def test_a_claim_in_the_file_is_no_signature(published, clinician, site, draft):
    text = draft.source.replace("signed_off: false", "signed_off: true")
    claimed = save_draft(version=draft, text=text, revision=1, by=clinician, now=LATER)

    assert len(unsigned_choices(claimed, site)) == ALL


def test_rules_that_rest_on_unsigned_values_are_known_by_their_codes(published, clinician, site):
    assert "TG_HOLD" in unsigned_rules(published, site)
    sign(published, clinician, "safety.analytes[triglycerides].bands[TG_HOLD]")
    assert "TG_HOLD" not in unsigned_rules(published, site)


def test_a_signature_is_taken_back_with_a_reason_and_stays_on_file(published, clinician, site):
    [row] = sign(published, clinician, "dose")
    with pytest.raises(Refusal, match="Say why"):
        withdraw_sign_off(sign=row, because=" ", by=clinician, now=LATER)
    withdraw_sign_off(sign=row, because="Read again.", by=clinician, now=LATER)

    assert "dose" in open_places(published, site)
    assert SignOff.objects.get().withdrawn_because == "Read again."
    with pytest.raises(Refusal, match="already"):
        withdraw_sign_off(sign=row, because="Again.", by=clinician, now=LATER)
    sign(published, clinician, "dose")
    assert SignOff.objects.count() == 2


@pytest.mark.parametrize(
    ("places", "password", "words"),
    [((), PASSWORD, "Choose what you sign off"), (("dose",), "guess", "not your password")],
)
def test_signing_off_is_refused(published, clinician, places, password, words):
    with pytest.raises(Refusal, match=words):
        sign(published, clinician, *places, password=password)
    assert not SignOff.objects.exists()


def test_what_the_version_does_not_say_cannot_be_signed(published, clinician, site):
    with pytest.raises(Refusal, match="not what this version says"):
        sign_off(
            version=published,
            site=site,
            fingerprints=["0" * 64],
            by=clinician,
            password=PASSWORD,
            now=LATER,
        )


def test_the_database_keeps_one_standing_signature_a_value(published, site, clinician):
    SignOffFactory(site=site, version=published, signed_by=clinician)
    with pytest.raises(IntegrityError, match="stands_once"), transaction.atomic():
        SignOffFactory(site=site, version=published, signed_by=clinician)


def test_whoever_works_elsewhere_sees_none(published, clinician, other_site):
    sign(published, clinician, "dose")
    stranger = make_member(other_site, Role.CLINICIAN, "Dr Away")
    assert not SignOff.objects.visible_to(stranger).exists()


@pytest.mark.time_machine(NOW, tick=False)
def test_beside_a_proposal_stands_that_its_limit_is_not_signed_off(
    client, sign_in, published, clinician, site
):
    enrolment = rourke(site, clinician)
    finding = Finding.objects.get(enrolment=enrolment, action=Finding.Action.REDUCE)
    browser = sign_in(client, clinician)
    pages = [
        reverse("protocols:finding", args=[finding.pk]),
        reverse("protocols:record", args=[enrolment.patient_id]),
    ]
    assert all(NOT_YET in browser.get(page).text for page in pages)

    rules = {reason["rule"] for reason in finding.reasons}
    wanted = [c.place for c in choices(shipped()) if c.rule in rules]
    sign(published, clinician, *wanted)

    assert wanted
    assert not any(NOT_YET in browser.get(page).text for page in pages)


def test_the_choices_of_a_version_are_looked_for_once_and_those_of_a_draft_anew(published):
    again = Version.objects.get(pk=published.pk)
    assert choices_of(again) is choices_of(published)
    assert choices_of(published) == choices(definition_of(published))

    draft = Version(
        protocol=published.protocol, number=2, state=Version.State.DRAFT, sha256="draft",
        definition=document(definition_of(published)),
    )  # fmt: skip
    assert choices_of(draft) == choices_of(published)
    assert choices_of(draft) is not choices_of(draft)
