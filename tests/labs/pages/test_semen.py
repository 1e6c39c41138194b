from dataclasses import fields
from decimal import Decimal

import pytest
from django.urls import reverse

from labs.actions import semen
from labs.forms.semen import SheetForm
from labs.models import SemenAnalysis
from labs.rules.semen_sheet import SemenSheet
from tests.labs.conftest import BEGAN, FEW, NONE, NOW
from tests.pages import soup, swapped

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TYPED = {
    "collected_at": "2026-08-04T07:45",
    "analysis_started_at": "08:11",
    "abstinence_days": "3",
    "complete": "complete",
    "volume_ml": "2.8",
    "fresh_sperm_seen": "none",
    "pellet_done": "true",
    "pellet_g": "3000",
    "pellet_min": "15",
    "pellet_fraction_examined": "0.10",
    "pellet_sperm_n": "14",
    "pellet_motile_n": "5",
    "edition": "6th-2021",
}


@pytest.fixture
def typed(andrology):
    return TYPED | {"laboratory": andrology.pk}


@pytest.fixture
def entering(man):
    return reverse("labs:enter_semen", args=[man.pk])


def says(page, field):
    return " ".join(page.select_one(f"#id_{field}-why").text.split())


def test_a_typed_sheet_is_kept_for_a_second_person(at_the_bench, entering, typed, technologist):
    page = at_the_bench.post(entering, typed)

    sheet = SemenAnalysis.objects.get()
    assert page["Location"] == reverse("labs:semen", args=[sheet.pk])
    assert (sheet.status, sheet.entered_by) == ("preliminary", technologist)
    assert (sheet.result_class, sheet.sheet["volume_ml"]) == ("CRYPTOZOOSPERMIA", "2.8")
    assert sheet.sheet["analysis_started_at"] == "2026-08-04T08:11:00-07:00"


def test_more_motile_than_found_is_refused_beside_the_field(at_the_bench, entering, typed):
    page = at_the_bench.post(entering, typed | {"pellet_motile_n": "15"})

    assert page.status_code == 422
    assert "15 motile of 14 found cannot be" in says(soup(page), "pellet_motile_n")
    assert soup(page).select_one("#id_volume_ml")["value"] == "2.8"
    assert not SemenAnalysis.objects.exists()


def test_what_is_unusual_asks_for_a_second_look(at_the_bench, entering, typed):
    page = at_the_bench.post(entering, typed | {"abstinence_days": "8"})

    assert (page.status_code, "usual is" in says(soup(page), "abstinence_days")) == (422, True)
    confirmed = typed | {"abstinence_days": "8", "confirmed": "on"}
    page = at_the_bench.post(entering, confirmed)
    assert (page.status_code, says(soup(page), "unusual_reason")) == (
        422, "Say in a few words why the unusual values stand.",
    )  # fmt: skip
    why = confirmed | {"unusual_reason": "He was away."}
    assert at_the_bench.post(entering, why).status_code == 302
    assert SemenAnalysis.objects.get().sheet["unusual_reason"] == "He was away."


def test_the_second_look_is_asked_for_while_typing(at_the_bench, man, typed):
    def asked(**changes):
        page = at_the_bench.post(
            reverse("labs:semen_preview", args=[man.pk]), typed | changes, headers=HTMX
        )
        return soup(page).select("#second-look #id_confirmed")

    assert (len(asked()), len(asked(abstinence_days="8"))) == (0, 1)


def test_every_field_of_the_sheet_can_be_typed(man):
    form = SheetForm(patient=man, now=NOW)
    of_the_row = {"technologist", "verified_by", "status", "count_pairs", "pellet_sperm_seen"}

    assert {field.name for field in fields(SemenSheet)} - of_the_row <= set(form.fields)
    assert {f"count_{letter}{n}" for letter in "ab" for n in (1, 2, 3)} <= set(form.fields)


@pytest.mark.parametrize(
    ("edition", "volume", "progressive"),
    [("6th-2021", "≥ 1.4", "≥ 30"), ("5th-2010", "≥ 1.5", "≥ 32")],
)
def test_the_limits_beside_the_fields_are_those_of_one_edition(
    at_the_bench, man, typed, edition, volume, progressive
):
    page = at_the_bench.post(
        reverse("labs:semen_preview", args=[man.pk]), typed | {"edition": edition}, headers=HTMX
    )

    assert volume in says(soup(page), "volume_ml")
    assert progressive in says(soup(page), "pr")


def test_an_old_report_is_read_with_the_limits_of_its_edition(at_the_bench, entering, typed):
    answer = at_the_bench.post(entering, typed | {"edition": "5th-2010"})

    page = at_the_bench.get(answer["Location"])
    assert "WHO 5th ed." in soup(page).select_one("#verdict").text
    assert "percentile" not in page.text
    assert ("≥ 1.5" in page.text, "≥ 1.4" in page.text) == (True, False)


def test_the_preview_helps_beside_the_fields(at_the_bench, man, typed):
    fresh = {
        "fresh_sperm_seen": "seen", "fresh_sperm_per_hpf": "12", "dilution": "5", "squares": "50",
        "count_a1": "300", "count_b1": "200", "pellet_done": "", "pellet_sperm_n": "",
        "pellet_motile_n": "", "progressive_a": "30", "progressive_b": "50",
    }  # fmt: skip

    page = at_the_bench.post(
        reverse("labs:semen_preview", args=[man.pk]), typed | fresh, headers=HTMX
    )

    said = soup(page)
    assert "dilute 1:5, 50 µL semen with 200 µL fixative" in says(said, "dilution")
    assert "2 grids at 1:5: sum ÷ 80 is M/mL." in says(said, "squares")
    assert "difference 100, allowed 43: count a second pair" in says(said, "count_b1")
    assert "Assess two new replicates" in says(said, "progressive_b")


def test_words_in_place_of_a_number_are_refused_in_words(at_the_bench, entering, typed):
    page = at_the_bench.post(entering, typed | {"volume_ml": "some", "leukocytes_pox": "few"})

    assert says(soup(page), "volume_ml") == "≥ 1.4Write a number like 2.8."
    assert "is not a number" in says(soup(page), "leukocytes_pox")


def test_counts_in_the_chamber_become_pairs(at_the_bench, entering, typed):
    fresh = {
        "fresh_sperm_seen": "seen", "dilution": "20", "squares": "25", "confirmed": "on",
        "count_a1": "201", "count_b1": "220", "count_a2": "7",
        "pellet_done": "", "pellet_g": "", "pellet_min": "", "pellet_fraction_examined": "",
        "pellet_sperm_n": "", "pellet_motile_n": "",
    }  # fmt: skip
    at_the_bench.post(entering, typed | fresh)

    sheet = SemenAnalysis.objects.get()
    assert (sheet.sheet["count_pairs"], sheet.concentration_m_per_ml) == (
        [[201, 220]],
        Decimal("42.1"),
    )


def test_the_preview_gives_the_verdict_and_keeps_nothing(at_the_bench, man, typed):
    page = at_the_bench.post(reverse("labs:semen_preview", args=[man.pk]), typed, headers=HTMX)

    verdict = soup(page).select_one("#verdict").text
    assert "Cryptozoospermia" in verdict
    assert "About 140 in all, 50" in verdict
    assert not SemenAnalysis.objects.exists()


def test_the_preview_says_what_the_refused_page_says(at_the_bench, man, entering, typed):
    wrong = typed | {"pellet_motile_n": "15", "abstinence_days": "8"}
    refused = soup(at_the_bench.post(entering, wrong))

    preview = at_the_bench.post(reverse("labs:semen_preview", args=[man.pk]), wrong, headers=HTMX)

    for part in soup(preview).select("[hx-swap-oob]"):
        assert refused.find(id=part["id"]).decode_contents() == part.decode_contents()


def test_a_second_person_reads_and_signs(reading, enter, verifier):
    sheet = enter(FEW)
    page = reading.get(reverse("labs:verify_semen", args=[sheet.pk]))
    assert page.context["request"].user == verifier
    assert "Cryptozoospermia" in page.text

    signed = reading.post(reverse("labs:verify_semen", args=[sheet.pk]), follow=True)

    assert "The sheet is final." in signed.text
    sheet.refresh_from_db()
    assert (sheet.status, sheet.verified_by) == ("final", verifier)


def test_the_author_is_told_that_another_verifies(at_the_bench, enter):
    page = at_the_bench.get(reverse("labs:semen", args=[enter(FEW).pk]))

    assert "A second person verifies this sheet." in page.text


def test_a_technologist_cannot_verify(at_the_bench, enter):
    sheet = enter(FEW)

    assert at_the_bench.post(reverse("labs:verify_semen", args=[sheet.pk])).status_code == 403


def test_sending_back_needs_a_reason(reading, enter):
    url = reverse("labs:send_back_semen", args=[enter(FEW).pk])

    assert reading.post(url, {"reason": ""}).status_code == 422
    assert "count again" in reading.post(url, {"reason": "count again"}, follow=True).text


def test_an_amended_sheet_opens_with_what_was_typed(at_the_bench, enter):
    sheet = enter(FEW)
    url = reverse("labs:amend_semen", args=[sheet.pk])
    form = soup(at_the_bench.get(url))
    assert form.select_one("#id_pellet_sperm_n")["value"] == "14"
    assert form.select_one("#id_analysis_started_at")["value"] == "08:11"

    typed = TYPED | {"pellet_sperm_n": "15"}
    assert at_the_bench.post(url, typed).status_code == 302

    sheet.refresh_from_db()
    assert sheet.pellet_sperm_n == 15


def test_a_correction_replaces_the_sheet_and_keeps_the_old_one(
    client, sign_in, enter, technologist, verifier, andrology
):
    sheet = enter(FEW)
    sign_in(client, verifier).post(reverse("labs:verify_semen", args=[sheet.pk]))
    sign_in(client, technologist)

    page = client.post(
        reverse("labs:correct_semen", args=[sheet.pk]),
        TYPED | {"pellet_sperm_n": "10", "reason": "second reading"},
        follow=True,
    )

    new = SemenAnalysis.objects.get(correction_reason="second reading")
    assert (new.pellet_sperm_n, new.status) == (10, "preliminary")
    assert reverse("labs:semen", args=[sheet.pk]) in page.text


def test_review_leaves_the_page_a_reload_would_show(client, sign_in, enter, verifier, clinician):
    sheet = enter(NONE)
    sign_in(client, verifier).post(reverse("labs:verify_semen", args=[sheet.pk]))
    sign_in(client, clinician)
    url = reverse("labs:semen", args=[sheet.pk])
    client.get(url)
    before = soup(client.get(url))

    part = client.post(
        reverse("labs:review_semen", args=[sheet.pk]), {"comment": "Early."}, headers=HTMX,
        follow=True,
    )  # fmt: skip

    after = soup(client.get(url))
    assert "Early." in after.text
    assert swapped(before, part).prettify() == after.prettify()


@pytest.mark.parametrize(
    "name", ["semen", "verify_semen", "amend_semen", "correct_semen", "strike_semen"]
)
def test_a_sheet_of_another_site_is_not_found(client, sign_in, stranger, enter, name):
    sheet = enter(FEW)

    page = sign_in(client, stranger).get(reverse(f"labs:{name}", args=[sheet.pk]))

    assert page.status_code in {403, 404}


def test_a_sheet_costs_few_queries(at_the_bench, enter, django_assert_num_queries):
    url = reverse("labs:semen", args=[enter(FEW).pk])
    at_the_bench.get(url)

    with django_assert_num_queries(9):
        at_the_bench.get(url)


LATE = FEW | {"analysis_started_at": BEGAN[:11] + "16:30:00+00:00"}


def test_a_clinician_lets_a_sample_count_with_a_reason(client, sign_in, enter, verifier, clinician):
    sheet = semen.verify(analysis=enter(LATE, confirmed=True), by=verifier, now=NOW)
    assert sheet.valid is False
    deciding = sign_in(client, clinician)
    url = reverse("labs:include_semen", args=[sheet.pk])
    assert "more than 60 min after collection" in deciding.get(url).text
    assert deciding.post(url, {"reason": ""}).status_code == 422

    deciding.post(url, {"reason": "Kept warm."})

    sheet.refresh_from_db()
    assert (sheet.valid, sheet.included_by) == (True, clinician)
    page = deciding.get(reverse("labs:semen", args=[sheet.pk]))
    assert "Kept warm." in page.text

    deciding.post(reverse("labs:leave_out_semen", args=[sheet.pk]), {"reason": "Two hours."})
    sheet.refresh_from_db()
    assert (sheet.valid, sheet.included_by) == (False, None)
