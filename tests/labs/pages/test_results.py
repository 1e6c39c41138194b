import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from labs.models import Draw
from labs.rules.readings import Value
from tests.factories.labs import LaboratoryFactory
from tests.labs.conftest import LIPIDS
from tests.pages import soup, swapped

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
TYPED = {
    "collected_at": "2026-08-04T07:45",
    "fasting": "yes",
    "fasting_hours": "12",
    "value_total_cholesterol": "246",
    "value_hdl": "36",
    "value_triglycerides": "612",
    "range_triglycerides": "<150",
}


@pytest.fixture
def typed(laboratory):
    return TYPED | {"laboratory": laboratory.pk}


def entering(man, panel="lipids"):
    return reverse("labs:enter_results", args=[man.pk]) + f"?panel={panel}"


def test_a_typed_report_is_filed(at_the_desk, man, typed):
    page = at_the_desk.post(entering(man), typed)

    draw = Draw.objects.get()
    assert page["Location"] == reverse("labs:draw", args=[draw.pk])
    values = {r.analyte.key: r.reported for r in draw.results.filter(formula="")}
    assert values == {"total_cholesterol": "246", "hdl": "36", "triglycerides": "612"}
    assert (draw.fasting, draw.fasting_hours) == (True, 12)


def test_silence_about_fasting_is_kept_as_silence(at_the_desk, man, typed):
    at_the_desk.post(entering(man), typed | {"fasting": ""})

    assert Draw.objects.get().fasting is None


def test_a_comparator_is_accepted_in_the_value(at_the_desk, man, typed):
    at_the_desk.post(entering(man), typed | {"value_triglycerides": "<50"})

    assert Draw.objects.get().results.get(analyte__key="triglycerides").comparator == "<"


def test_what_cannot_be_is_refused_at_its_row_and_nothing_typed_is_lost(at_the_desk, man, typed):
    page = at_the_desk.post(entering(man), typed | {"value_hdl": "360", "specimen": "B-7"})

    assert page.status_code == 422
    shown = soup(page)
    assert "cannot be" in shown.select_one("#id_value_hdl-why").text
    assert shown.select_one("#id_specimen")["value"] == "B-7"
    assert not Draw.objects.exists()


def test_what_is_unusual_asks_for_a_second_look(at_the_desk, man, typed):
    unusual = typed | {"value_triglycerides": "1001"}

    page = at_the_desk.post(entering(man), unusual)

    assert page.status_code == 422
    assert soup(page).select_one("input[name=confirmed]") is not None
    assert at_the_desk.post(entering(man), unusual | {"confirmed": "on"}).status_code == 302


def test_an_empty_report_is_refused_in_a_sentence(at_the_desk, man, laboratory):
    page = at_the_desk.post(
        entering(man), {"collected_at": "2026-08-04T07:45", "laboratory": laboratory.pk}
    )

    assert (page.status_code, "Enter at least one value" in page.text) == (422, True)


def test_the_preview_reads_each_row_and_keeps_nothing(at_the_desk, man, typed):
    page = at_the_desk.post(
        reverse("labs:results_preview", args=[man.pk]) + "?panel=lipids", typed, headers=HTMX
    )

    read = soup(page).select_one("#id_value_triglycerides-why")
    assert " ".join(read.text.split()) == "high CTCAE grade G3"
    assert not Draw.objects.exists()


def test_the_preview_says_what_the_refused_page_says(at_the_desk, man, typed):
    wrong = typed | {"value_hdl": "360", "value_triglycerides": "1001"}
    refused = soup(at_the_desk.post(entering(man), wrong))

    preview = at_the_desk.post(
        reverse("labs:results_preview", args=[man.pk]) + "?panel=lipids", wrong, headers=HTMX
    )

    for part in soup(preview).select("[hx-swap-oob]"):
        assert refused.find(id=part["id"]).decode_contents() == part.decode_contents()


def test_a_laboratory_of_another_site_cannot_be_chosen(at_the_desk, man, typed, other_site):
    other = LaboratoryFactory(site=other_site)

    assert at_the_desk.post(entering(man), typed | {"laboratory": other.pk}).status_code == 422


def test_the_draw_page_shows_value_range_flag_grade_and_formula(at_the_desk, file):
    page = at_the_desk.get(reverse("labs:draw", args=[file().pk]))

    rows = {r.th.text.strip().split("\n")[0]: r for r in soup(page).select("tbody tr")}
    assert "612 mg/dL" in rows["Triglycerides"].text
    assert "< 150" in rows["Triglycerides"].text
    assert "G3" in rows["Triglycerides"].text
    non_hdl = next(r.text for n, r in rows.items() if n.startswith("Non-HDL"))
    assert "TC − HDL, version 1" in non_hdl


@pytest.mark.parametrize("values", [1, 3])
def test_a_draw_costs_the_same_however_many_values_it_has(
    at_the_desk, file, values, django_assert_num_queries
):
    url = reverse("labs:draw", args=[file(LIPIDS[:values]).pk])
    at_the_desk.get(url)

    with django_assert_num_queries(9):
        at_the_desk.get(url)


def test_opening_a_draw_is_written_down(at_the_desk, file, man, coordinator):
    at_the_desk.get(reverse("labs:draw", args=[file().pk]))

    event = AuditEvent.objects.get(action="record.viewed")
    assert (event.actor, event.person) == (coordinator, man.label)


def test_a_correction_shows_both_values(at_the_desk, file):
    draw = file()
    page = at_the_desk.post(
        reverse("labs:correct_draw", args=[draw.pk]),
        {"value_total_cholesterol": "226", "unit_total_cholesterol": "mg/dL",
         "value_hdl": "36", "value_triglycerides": "612", "reason": "typed wrong"},
        follow=True,
    )  # fmt: skip

    shown = soup(page)
    assert "226 mg/dL" in shown.text
    assert [old.text for old in shown.select("s")] == ["246", "105", "210"]
    assert "typed wrong" in shown.text


def test_a_correction_without_reason_is_refused(at_the_desk, file):
    page = at_the_desk.post(
        reverse("labs:correct_draw", args=[file().pk]), {"value_total_cholesterol": "226"}
    )

    assert page.status_code == 422


def test_striking_out_leaves_the_reason_on_the_page(at_the_desk, file):
    page = at_the_desk.post(
        reverse("labs:strike_draw", args=[file().pk]), {"reason": "another man"}, follow=True
    )

    assert "another man" in soup(page).select_one(".notice").text


def test_review_leaves_the_page_a_reload_would_show(deciding, file):
    draw = file()
    url = reverse("labs:draw", args=[draw.pk])
    before = soup(deciding.get(url))

    part = deciding.post(
        reverse("labs:review_draw", args=[draw.pk]),
        {"comment": "We repeat it in two weeks."},
        headers=HTMX,
        follow=True,
    )

    after = soup(deciding.get(url))
    assert "We repeat it in two weeks." in after.text
    assert swapped(before, part).prettify() == after.prettify()


def test_fasting_is_asked_until_somebody_says(deciding, file):
    draw = file(fasting=None)
    url = reverse("labs:state_fasting", args=[draw.pk])

    assert deciding.post(url, {}).status_code == 422
    page = deciding.post(url, {"said-fasting": "yes", "said-fasting_hours": "12"}, follow=True)

    draw.refresh_from_db()
    assert (draw.fasting, "yes, 12 h" in page.text) == (True, True)


@pytest.mark.parametrize("name", ["draw", "correct_draw", "strike_draw"])
def test_a_draw_of_another_site_is_not_found(client, sign_in, stranger, file, name):
    draw = file()

    page = sign_in(client, stranger).get(reverse(f"labs:{name}", args=[draw.pk]))

    assert page.status_code in {403, 404}


def test_results_in_range_are_signed_together(deciding, file):
    normal = [Value("alt", "24", "U/L", "<=40")]
    draws = [file(normal), file(normal)]

    page = deciding.post(
        reverse("labs:review_together"), {"draw": [draw.pk for draw in draws]}, follow=True
    )

    assert "2 results reviewed." in page.text
    assert Draw.objects.unreviewed().count() == 0


def test_results_out_of_range_are_not_signed_together(deciding, file):
    page = deciding.post(reverse("labs:review_together"), {"draw": [file().pk]})

    assert (page.status_code, "Open it and read it" in page.text) == (422, True)


@pytest.mark.parametrize("rows", [1, 3])
def test_reviewing_costs_the_same_however_much_there_is(
    deciding, file, rows, django_assert_num_queries
):
    for _ in range(rows):
        file()
    deciding.get(reverse("labs:review"))

    with django_assert_num_queries(6):
        page = deciding.get(reverse("labs:review"))

    assert len(page.context["waiting"].draws) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_one_man_s_page_costs_the_same_however_long_it_is(
    at_the_desk, file, man, rows, django_assert_num_queries
):
    for _ in range(rows):
        file()
    at_the_desk.get(reverse("labs:person", args=[man.pk]))

    with django_assert_num_queries(9):
        page = at_the_desk.get(reverse("labs:person", args=[man.pk]))

    assert len(page.context["draws"]) == rows
