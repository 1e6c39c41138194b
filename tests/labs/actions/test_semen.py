from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions import semen
from labs.actions.ordering import order
from labs.models import SemenAnalysis
from labs.rules.semen_keeping import kept
from labs.rules.semen_reading import read_sheet
from tests.factories.labs import SemenAnalysisFactory
from tests.labs.conftest import BEGAN, DRAWN, FEW, NONE, NOW

pytestmark = pytest.mark.django_db
FRESH = {
    "abstinence_days": "3",
    "complete": "complete",
    "volume_ml": "3.1",
    "analysis_started_at": BEGAN,
    "fresh_sperm_seen": "seen",
    "dilution": "20",
    "squares": "25",
    "count_pairs": [[201, 220]],
    "pr": "52",
    "np": "6",
    "im": "42",
    "motility_n_assessed": "400",
    "normal_pct": "5",
    "morphology_n_assessed": "200",
}


@pytest.fixture
def enter(man, andrology, technologist):
    def entered(sheet, **more):
        fields = {"collected_at": DRAWN, "by": technologist, "now": NOW} | more
        return semen.enter(patient=man, laboratory=andrology, sheet=sheet, **fields)

    return entered


@pytest.fixture
def final(enter, verifier):
    return lambda sheet, **more: semen.verify(analysis=enter(sheet, **more), by=verifier, now=NOW)


def test_an_entered_sheet_is_preliminary_and_counts_for_nothing(enter):
    sheet = enter(NONE)

    assert (sheet.status, sheet.result_class) == ("preliminary", "AZOOSPERMIA_SAMPLE")
    assert (sheet.valid, sheet.sperm_seen, sheet.motile_seen) == (False, False, False)
    assert not SemenAnalysis.objects.final().exists()


def test_a_second_person_makes_it_final_and_valid(final, verifier):
    sheet = final(NONE)

    assert (sheet.status, sheet.verified_by, sheet.verified_at) == ("final", verifier, NOW)
    assert sheet.valid is True


def test_who_entered_a_sheet_cannot_verify_it(enter, technologist):
    with pytest.raises(Refusal, match="A second person"):
        semen.verify(analysis=enter(NONE), by=technologist, now=NOW)


def test_the_database_refuses_one_person_in_both_places(enter, technologist):
    sheet = enter(NONE)

    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        SemenAnalysis.objects.filter(pk=sheet.pk).update(verified_by=technologist)


def test_the_columns_are_what_the_rules_say(final):
    sheet = final(FEW)

    assert (sheet.result_class, sheet.motile_seen) == ("CRYPTOZOOSPERMIA", True)
    assert (sheet.pellet_sperm_n, sheet.pellet_motile_n) == (14, 5)
    assert sheet.estimate_per_ml == Decimal(50)
    assert sheet.plain_sentence == "A few sperm were found. Some of them were moving."
    assert "cryptozoospermia in this sample" in sheet.sentence


def test_counts_become_a_concentration_and_totals(final):
    sheet = final(FRESH)

    assert sheet.concentration_m_per_ml == Decimal("42.1")
    assert (sheet.total_sperm_m, sheet.tmsc_m) == (Decimal("130.51"), Decimal("75.6958"))
    assert (sheet.result_class, sheet.estimate_per_ml) == ("NORMOZOOSPERMIA", 42_100_000)


def test_sperm_found_before_are_found_again(final):
    final(FEW, collected_at=DRAWN)

    later = final(FEW | {"pellet_motile_n": 0}, collected_at=DRAWN + timedelta(minutes=20))

    assert later.plain_sentence == "A few sperm were found again. They were not moving yet."


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"pellet_motile_n": 15}, "pellet_motile_n", "15 motile of 14 found cannot be"),
        ({"volume_ml": "16"}, "volume_ml", "cannot be"),
        ({"volume_ml": "much"}, "volume_ml", "volume_ml"),
        ({"concentration": "3"}, "concentration", "said to hold none"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_field(enter, change, field, sentence):
    with pytest.raises(Refusal, match=sentence) as refusal:
        enter(FEW | change, confirmed=True)

    assert refusal.value.field == field
    assert not SemenAnalysis.objects.exists()


def test_what_is_unusual_is_kept_only_when_confirmed(enter):
    unusual = FEW | {"abstinence_days": "8", "unusual_reason": "visit moved once"}

    with pytest.raises(Refusal, match="unusual") as refusal:
        enter(unusual)

    assert refusal.value.field == "confirmed"
    assert enter(unusual, confirmed=True).sheet["unusual_reason"] == "visit moved once"


def test_a_kept_sheet_reads_back_as_the_same_sheet(enter):
    sheet = enter(FRESH)

    assert kept(read_sheet(sheet.sheet)) == sheet.sheet


def test_a_sheet_sent_back_waits_for_its_amendment(enter, technologist, verifier):
    sheet = semen.send_back(
        analysis=enter(FEW), reason="count the pellet again", by=verifier, now=NOW
    )
    with pytest.raises(Refusal, match="sent back"):
        semen.verify(analysis=sheet, by=verifier, now=NOW)

    amended = semen.amend(
        analysis=sheet, sheet=FEW | {"pellet_sperm_n": 15}, by=technologist, now=NOW
    )

    assert (amended.sent_back_at, amended.pellet_sperm_n) == (None, 15)
    assert semen.verify(analysis=amended, by=verifier, now=NOW).status == "final"


def test_a_correction_is_a_new_row_that_a_second_person_verifies(final, technologist, verifier):
    was = final(FEW)

    new = semen.correct(
        analysis=was, sheet=FEW | {"pellet_sperm_n": 10}, reason="second reading",
        by=technologist, now=NOW,
    )  # fmt: skip

    was.refresh_from_db()
    assert (was.superseded_by, new.status) == (new, "preliminary")
    assert list(SemenAnalysis.objects.final()) == []
    corrected = semen.verify(analysis=new, by=verifier, now=NOW)
    assert (corrected.status, corrected.correction_reason) == ("corrected", "second reading")
    assert list(SemenAnalysis.objects.final()) == [corrected]


def test_a_sheet_is_corrected_once(final, technologist):
    was = final(FEW)
    semen.correct(analysis=was, sheet=NONE, reason="other man", by=technologist, now=NOW)

    with pytest.raises(Refusal, match="already taken its place"):
        semen.correct(analysis=was, sheet=NONE, reason="again", by=technologist, now=NOW)


def test_a_sheet_the_laboratory_sent_final_is_final_at_once(enter):
    sheet = enter(NONE, source="hl7", by=None)

    assert (sheet.status, sheet.verified_by, sheet.valid) == ("final", None, True)
    corrected = semen.correct(analysis=sheet, sheet=FEW, reason="OBX-11 C", by=None, now=NOW)
    assert (corrected.status, corrected.source) == ("corrected", "hl7")


def test_a_preliminary_sheet_from_the_laboratory_stays_so(enter):
    assert enter(NONE | {"status": "preliminary"}, source="hl7", by=None).status == "preliminary"


def test_a_specimen_has_one_sheet(enter):
    enter(NONE, specimen="S-1")

    with pytest.raises(Refusal, match="already has a sheet"):
        enter(NONE, specimen="S-1")


def test_a_corrected_sheet_keeps_the_specimen(final, technologist):
    was = final(FEW, specimen="S-1")

    new = semen.correct(analysis=was, sheet=NONE, reason="misread", by=technologist, now=NOW)

    assert new.specimen == "S-1"


def test_a_final_sheet_answers_the_order(final, man, coordinator, catalogue):
    placed = order(patient=man, semen=True, due_on=date(2026, 8, 4), by=coordinator, now=NOW)

    sheet = final(NONE)

    placed.refresh_from_db()
    assert (placed.status, sheet.order) == ("resulted", placed)


def test_review_is_signed_once(final, clinician):
    sheet = semen.review(analysis=final(FEW), comment="Encouraging.", by=clinician, now=NOW)

    assert (sheet.reviewed_by, sheet.comment) == (clinician, "Encouraging.")
    with pytest.raises(Refusal, match="already reviewed"):
        semen.review(analysis=sheet, by=clinician, now=NOW)


def test_a_preliminary_sheet_is_not_reviewed(enter, clinician):
    with pytest.raises(Refusal, match="Only a final"):
        semen.review(analysis=enter(FEW), by=clinician, now=NOW)


def test_a_struck_sheet_leaves_every_list(final, technologist):
    sheet = semen.strike(analysis=final(FEW), reason="other man", by=technologist, now=NOW)

    assert (sheet.status, list(SemenAnalysis.objects.current())) == ("entered_in_error", [])


def test_every_step_leaves_a_trail(final, clinician):
    semen.review(analysis=final(FEW), by=clinician, now=NOW)

    steps = AuditEvent.objects.filter(action__startswith="semen").order_by("pk")
    assert [step.action for step in steps] == ["semen.entered", "semen.verified", "semen.reviewed"]


def test_the_factory_s_sheet_is_one_the_rules_accept(man):
    assert SemenAnalysisFactory(patient=man).valid is True
