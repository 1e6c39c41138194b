"""A signature: who, when, as what, over exactly what; void as soon as anything changes."""

from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError

from clinic.models import AuditEvent, Booking, Document
from clinic.refusal import Refusal
from labs.actions.corrections import correct_draw, strike_draw
from labs.actions.results import Value
from protocols.actions import dosing, signing, visits
from protocols.actions.passwords import wrong_password
from protocols.models import Signature, Visit
from protocols.reports import visit_report
from tests.factories.labs import SemenAnalysisFactory
from tests.factories.protocols import AppointmentFactory, SignatureFactory
from tests.protocols.men import NOW, blood
from tests.protocols.visits.conftest import lacking, signed

PASSWORD = "correct horse battery"
MINUTE = timedelta(minutes=1)


def sign(visit, by, **more):
    reasons = dict.fromkeys(lacking(visit), "not done today")
    return signing.sign(
        **{"visit": visit, "by": by, "password": PASSWORD, "meaning": "author", "now": NOW,
           "reasons": reasons} | more
    )  # fmt: skip


def test_signing_freezes_the_visit_with_name_time_and_meaning(written, clinician):
    signature = sign(written, clinician)
    written.refresh_from_db()
    assert written.status == Visit.Status.SIGNED
    assert (signature.printed_name, signature.signed_at, signature.meaning) == (
        clinician.name, NOW, "author",
    )  # fmt: skip
    assert signature.content["signature"]["at"] == "4 Aug 2026, 10:45 Pacific"


def test_what_was_signed_is_proved_by_its_hash(written, clinician):
    signature = Signature.objects.get(pk=sign(written, clinician).pk)
    assert signing.content_hash(signature.content) == signature.content_sha256


def test_nothing_is_signed_while_anything_is_missing_without_a_reason(written, clinician):
    with pytest.raises(Refusal, match=r"Still missing: .*semen analysis") as refused:
        sign(written, clinician, reasons={})
    assert refused.value.field == "why_panel:lipids"
    assert not Signature.objects.exists()


def test_the_reasons_are_signed_with_it(written, clinician):
    gaps = sign(written, clinician).content["gaps"]
    assert {gap["key"] for gap in gaps} == set(lacking(written))
    assert {gap["reason"] for gap in gaps} == {"not done today"}


def test_a_wrong_password_signs_nothing_and_stays_in_the_trail(written, clinician):
    with pytest.raises(Refusal, match="not your password") as refused:
        sign(written, clinician, password="guess")
    assert refused.value.field == "password"
    assert AuditEvent.objects.filter(action="signature.refused", actor=clinician).count() == 1


def test_the_fifth_wrong_password_is_the_last_for_a_quarter_of_an_hour(written, clinician):
    with time_machine.travel(NOW, tick=False):
        for _ in range(4):
            with pytest.raises(Refusal, match="not your"):
                sign(written, clinician, password="guess")
        assert wrong_password(subject=written, by=clinician, password=PASSWORD, now=NOW) == ""
        with pytest.raises(Refusal, match="not your"):
            sign(written, clinician, password="guess")
    with pytest.raises(Refusal, match="Too many wrong passwords"):
        sign(written, clinician, now=NOW + 14 * MINUTE)
    assert sign(written, clinician, now=NOW + 15 * MINUTE)


def test_a_signed_visit_is_not_signed_again(written, clinician):
    sign(written, clinician)
    with pytest.raises(Refusal, match="This visit is signed"):
        sign(written, clinician)


def test_one_signature_stands_under_a_visit(written, clinician):
    sign(written, clinician)
    with pytest.raises(IntegrityError, match="signature_stands_once_per_visit"):
        SignatureFactory(visit=written)


def test_the_bookings_of_the_visit_are_completed(written, clinician):
    start = NOW - timedelta(hours=1)
    booking = AppointmentFactory(visit=written, booking__during=(start, NOW)).booking
    sign(written, clinician)
    assert Booking.objects.get(pk=booking.pk).status == "completed"


def test_a_section_of_a_signed_visit_does_not_change(written, clinician, coordinator):
    sign(written, clinician)
    with pytest.raises(Refusal, match="This visit is signed"):
        visits.note_since_last_time(visit=written, text="More.", by=coordinator, now=NOW)
    written.refresh_from_db()
    with pytest.raises(Refusal, match="open visit"):
        dosing.count_return(visit=written, returned=5, by=coordinator, now=NOW)


def test_voiding_says_why_opens_the_visit_and_marks_the_report(written, clinician, coordinator):
    signature = signed(written, clinician)
    visit_report.make_waiting(now=NOW)
    signing.void_signature(visit=written, because="Miscounted.", by=coordinator, now=NOW)
    signature.refresh_from_db()
    written.refresh_from_db()
    assert (signature.voided_because, written.status) == ("Miscounted.", "amended")
    assert Document.objects.get(kind="visit_report").superseded_because == "Miscounted."
    dosing.count_return(visit=written, returned=5, by=coordinator, now=NOW)


def test_voiding_without_a_reason_is_refused(written, clinician):
    signed(written, clinician)
    with pytest.raises(Refusal, match="what is changed, and why"):
        signing.void_signature(visit=written, because=" ", by=clinician, now=NOW)


def test_an_amended_visit_is_signed_again_and_keeps_the_void_signature(written, clinician):
    first = signed(written, clinician)
    signing.void_signature(visit=written, because="Miscounted.", by=clinician, now=NOW)
    second = signed(written, clinician)
    assert second.content["voided"][0]["because"] == "Miscounted."
    assert Signature.objects.filter(visit=written).count() == 2
    assert first.pk != second.pk


def corrected(draw, by):
    return correct_draw(
        draw=draw, values=[Value("triglycerides", "260", "mg/dL", "<150")],
        reason="Mixed up", by=by, now=NOW + MINUTE, confirmed=True,
    )  # fmt: skip


def test_correcting_a_result_voids_the_signature_that_showed_it(written, clinician, coordinator):
    draw = blood(written.enrolment.patient, coordinator, triglycerides="240")
    signature = signed(written, clinician)
    corrected(draw, coordinator)
    signature.refresh_from_db()
    assert signature.voided_because == "Results of 04 Aug 2026 changed."
    assert Visit.objects.get(pk=written.pk).status == "amended"


def test_striking_a_result_does_so_too(written, clinician, coordinator):
    draw = blood(written.enrolment.patient, coordinator, triglycerides="240")
    signature = signed(written, clinician)
    strike_draw(draw=draw, reason="Another man’s", by=coordinator, now=NOW + MINUTE)
    signature.refresh_from_db()
    assert signature.voided_at == NOW + MINUTE


def test_correcting_what_came_later_leaves_the_signature(written, clinician, coordinator):
    signature = signed(written, clinician)
    draw = blood(written.enrolment.patient, coordinator, triglycerides="240")
    corrected(draw, coordinator)
    signature.refresh_from_db()
    assert signature.voided_at is None


def test_correcting_a_semen_sheet_voids_the_signature_that_showed_it(written, clinician):
    was = SemenAnalysisFactory(
        patient=written.enrolment.patient, collected_at=NOW - timedelta(hours=2)
    )
    signature = signed(written, clinician)
    now = SemenAnalysisFactory(
        patient=written.enrolment.patient,
        collected_at=NOW - timedelta(hours=2),
        verified_at=NOW + MINUTE,
    )
    signing.semen_corrected(analysis=now, was=was)
    signature.refresh_from_db()
    assert signature.voided_because == "The semen analysis of 04 Aug 2026 changed."
