"""His results: when they open, what they say first, and what stands beside every number."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from labs.actions.corrections import correct_draw, strike_draw
from labs.actions.results import review_draws
from labs.models import Result, SemenAnalysis
from labs.rules.readings import Value
from patients.actions.portal import choose_release
from tests.factories.labs import DrawFactory
from tests.pages import soup, swapped
from tests.protocols.men import NOW, blood
from tests.protocols.portal.rows import booked, name_clinician, sample, words

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]
LIST = "portal:results"


def said(him, name, *args, part="main", query=""):
    return words(soup(him.get(reverse(name, args=args) + query)).select_one(part))


def value_of(draw, key):
    return Result.objects.current().get(draw=draw, analyte__key=key)


def reviewed(draw, by, comment=""):
    return review_draws(draws=[draw], comment=comment, by=by, now=NOW)[0]


def ask_for(portal, release, days=0):
    choose_release(portal=portal, release=release, days=days, by=portal.account)


def opened(action="result.opened"):
    return AuditEvent.objects.filter(action=action).order_by("pk")


def test_a_final_result_is_there_at_once(him: Client, treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118", alt="24")

    page = said(him, LIST)

    assert "Tue 4 Aug 2026 new Blood test: blood fats and liver and muscle Good to read" in page
    assert "You see results as soon as the laboratory has finished." in page


def test_a_result_after_review_says_who_reads_it_and_by_when(
    him: Client, treated, coordinator, clinician, portal
):
    name_clinician(treated, clinician)
    draw = blood(treated.patient, coordinator, triglycerides="620")
    ask_for(portal, "reviewed")

    page = said(him, LIST)
    assert "Not ready yet Blood test, Tue 4 Aug You asked to see results after a clinician" in page
    assert "Dr Amina Okafor reads it by Tue 18 Aug 2026; on that day it opens by itself." in page
    waiting = said(him, "portal:blood", draw.pk)
    assert "Not ready yet. You asked to see results after a clinician has." in waiting
    assert "Call 555 0142" in waiting
    for address in (LIST, ("portal:blood", draw.pk),
                    ("portal:value", value_of(draw, "triglycerides").pk)):  # fmt: skip
        name, *args = (address,) if isinstance(address, str) else address
        assert "620" not in said(him, name, *args)
    assert not opened().exists()


def test_it_opens_when_it_has_been_read(him: Client, treated, coordinator, clinician, portal):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    ask_for(portal, "reviewed")
    reviewed(draw, clinician)

    assert "Good to read" in said(him, "portal:blood", draw.pk)


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [
        pytest.param(timedelta(days=14) - timedelta(minutes=1), False, id="a minute before"),
        pytest.param(timedelta(days=14), True, id="on the fourteenth day"),
    ],
)
def test_it_opens_by_itself_after_fourteen_days(
    him: Client, treated, coordinator, portal, ago, is_open
):
    draw = blood(treated.patient, coordinator, now=NOW - ago, triglycerides="118")
    ask_for(portal, "reviewed")

    assert ("Good to read" in said(him, "portal:blood", draw.pk)) is is_open


def test_a_delay_of_his_own_is_kept(him: Client, treated, coordinator, portal):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    ask_for(portal, "delayed", days=3)

    assert "It opens by itself on Fri 7 Aug 2026." in said(him, "portal:blood", draw.pk)


def test_what_he_has_once_read_stays_open(him: Client, treated, coordinator, portal):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    him.get(reverse("portal:blood", args=[draw.pk]))
    ask_for(portal, "reviewed")

    assert "Good to read" in said(him, "portal:blood", draw.pk)


def test_a_sheet_that_is_not_final_waits_for_the_laboratory(him: Client, treated):
    row = sample(treated, found=3, status=SemenAnalysis.Status.PRELIMINARY)

    page = said(him, "portal:sample", row.pk)

    assert "The laboratory is still working on it. If it is not here by Tue 18 Aug 2026" in page
    assert "sperm" not in page


def test_the_answer_stands_first_and_what_is_off_before_the_rest(
    him: Client, treated, coordinator, clinician
):
    name_clinician(treated, clinician)
    draw = blood(treated.patient, coordinator, triglycerides="620", alt="58", ast="24", ck="120")

    page = soup(him.get(reverse("portal:blood", args=[draw.pk])))

    assert page.h1.text == "Two of four values are not as usual."
    assert words(page.select_one("h1").find_next("p")) == (
        "Blood fats (triglycerides) higher and liver value ALT higher. Dr Amina Okafor looks at it"
        " and tells you if anything changes. If nobody has spoken with you about it yet, call"
        " 555 0142 today."
    )
    heads = [words(h) for h in page.select("main .p-card > header")]
    assert heads == ["Not as usual 2", "The others 2", "What happens next"]
    first = words(page.select_one(".p-list li"))
    assert first == "Blood fats (triglycerides) 620 mg/dL higher than usual · usual: < 150 mg/dL"


def test_opening_a_result_is_one_row_in_the_trail(him: Client, his, treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="118")

    him.get(reverse("portal:blood", args=[draw.pk]))
    him.get(reverse("portal:value", args=[value_of(draw, "triglycerides").pk]))

    event = opened().get()
    assert (event.actor, event.subject) == (his, f"labs.draw:{draw.pk}")
    assert (event.person, event.site) == (treated.patient.label, treated.patient.site)
    assert opened("value.opened").get().detail == {"analyte": "triglycerides"}


def test_a_result_is_news_until_it_has_been_opened(him: Client, treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    bar = ".p-bar"
    assert "1 new" in said(him, LIST, part=bar)

    him.get(reverse("portal:blood", args=[draw.pk]))

    assert "new" not in said(him, LIST, part=bar)


def test_a_value_stands_as_received_with_its_range_and_its_way(
    him: Client, treated, coordinator, clinician
):
    blood(treated.patient, coordinator, now=NOW - timedelta(days=30), triglycerides="118")
    draw = blood(treated.patient, coordinator, triglycerides="286")
    reviewed(draw, clinician, "Less fat in the evening, and we look again.")

    page = soup(him.get(reverse("portal:value", args=[value_of(draw, "triglycerides").pk])))

    assert page.h1.text == "Higher than usual."
    assert words(page.select_one(".bigfact")) == "286 mg/dL, higher than usual"
    assert "Usual: < 150 mg/dL, as the laboratory prints it." in words(page.main)
    assert page.select_one("svg.draw desc").text == "5 Jul 118; 4 Aug 286"
    assert [words(row) for row in page.select("details tbody tr")] == [
        "4 Aug 2026 286 mg/dL higher than usual",
        "5 Jul 2026 118 mg/dL in the usual range",
    ]
    person = words(page.select_one("[aria-labelledby=person-h]"))
    assert f"{clinician.name} read this on Tue 4 Aug Less fat in the evening" in person


def test_a_value_behind_a_comparator_stays_one(him: Client, treated, coordinator):
    draw = blood(treated.patient, coordinator, alt="<7")

    page = soup(him.get(reverse("portal:value", args=[value_of(draw, "alt").pk])))

    assert words(page.select_one(".bigfact")) == "< 7 U/L, in the usual range"
    assert page.select_one("path.d-down")


def test_a_correction_is_marked_and_says_what_it_was(him: Client, treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="620")
    first = value_of(draw, "triglycerides").pk
    him.get(reverse("portal:blood", args=[draw.pk]))
    correct_draw(
        draw=draw,
        values=[Value("triglycerides", "162", "mg/dL", "<150")],
        reason="Digits swapped.",
        by=coordinator,
        now=NOW + timedelta(minutes=5),
    )

    assert "new" in said(him, LIST)
    page = said(him, "portal:blood", draw.pk)
    assert "162 mg/dL corrected" in page
    assert "was 620 mg/dL" in page
    assert "This value was corrected; it was 620 mg/dL before. Why: Digits swapped." in page
    answer = him.get(reverse("portal:value", args=[first]), follow=True)
    assert "it was 620 mg/dL before" in words(soup(answer).main)


def test_what_was_taken_back_is_told_to_whom_has_read_it(him: Client, treated, coordinator):
    read, unread = (
        blood(treated.patient, coordinator, now=NOW - timedelta(days=n), triglycerides=value)
        for n, value in ((0, "118"), (9, "131"))
    )
    him.get(reverse("portal:blood", args=[read.pk]))
    for draw in (read, unread):
        strike_draw(draw=draw, reason="Another man's blood.", by=coordinator, now=NOW)

    page = said(him, LIST)

    assert page.count("The clinic has taken this result back because it was filed by mistake.") == 1
    assert "118" not in page
    assert him.get(reverse("portal:blood", args=[read.pk])).status_code == 404


def test_results_by_kind_show_the_last_of_each(him: Client, treated, coordinator):
    blood(treated.patient, coordinator, now=NOW - timedelta(days=30), triglycerides="118")
    blood(treated.patient, coordinator, triglycerides="131", alt="24")
    sample(treated, found=3)

    page = said(him, LIST, query="?by=kind")

    assert "Blood fats Blood fats (triglycerides) 131 mg/dL in the usual range" in page
    assert "2 in all" in page
    assert "Samples A few sperm were found." in page


def test_a_swapped_order_leaves_the_page_a_reload_would_show(him: Client, treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="131")
    before = soup(him.get(reverse(LIST)))
    url = f"{reverse(LIST)}?by=kind"

    part = him.get(url, headers={"HX-Request": "true", "HX-Target": "results"})

    assert swapped(before, part).prettify() == soup(him.get(url)).prettify()


def test_no_results_yet_says_what_will_be_there(him: Client):
    assert "No results yet When the laboratory has finished" in said(him, LIST)


def test_a_draw_without_values_is_no_error(him: Client, treated):
    draw = DrawFactory(patient=treated.patient, collected_at=NOW, filed_at=NOW)

    assert "There is no value to read." in said(him, "portal:blood", draw.pk)


def test_a_sample_says_what_it_can_and_cannot(him: Client, treated, clinician):
    sample(treated, days_ago=30)
    sample(treated, found=3, days_ago=14)
    booked(treated)
    row = sample(treated, found=10, comment="Encouraging, and early.", reviewed_by=clinician,
                 reviewed_at=NOW)  # fmt: skip

    page = soup(him.get(reverse("portal:sample", args=[row.pk])))

    assert words(page.select_one(".bigfact")) == "10 sperm seen, none moving"
    text = words(page.main)
    assert "On 21 Jul there were 3, before that on 5 Jul none. Small counts go up" in text
    assert "Its lower end is not a line between fertile and infertile men." in text
    assert page.select_one("svg.draw desc").text == (
        "5 Jul none seen; 21 Jul seen, not moving; 4 Aug seen, not moving"
    )
    assert (len(page.select("path.d-down")), len(page.select("circle.d-ring"))) == (1, 2)
    assert "Encouraging, and early." in text
    assert "Next visit Thu 6 Aug, 08:30 Pacific time" in text


def test_none_seen_is_not_called_none(him: Client, treated):
    """A tenth of the pellet of 2.6 mL: up to 3.00 / (0.10 × 2.6) = 11.5 per mL are missed."""
    row = sample(treated)

    page = soup(him.get(reverse("portal:sample", args=[row.pk])))

    assert words(page.select_one(".bigfact")) == "None seen this time"
    assert (
        "None were found. That is not proof that there are none: up to about 12 per millilitre"
        " could be there without being seen." in words(page.main)
    )
    assert "at most 12 per mL" in words(page.select_one("details"))


def test_moving_ones_are_full_dots(him: Client, treated):
    row = sample(treated, found=14, motile=5)

    page = soup(him.get(reverse("portal:sample", args=[row.pk])))

    assert words(page.select_one(".bigfact")) == "14 sperm seen, 5 moving"
    assert page.select_one("circle.d-full")
    assert "motile" not in page.text


def test_a_replaced_sheet_leads_to_the_one_that_stands(him: Client, treated):
    old = sample(treated, found=3, specimen="A1")
    new = sample(treated, found=4, status=SemenAnalysis.Status.CORRECTED, days_ago=0)
    SemenAnalysis.objects.filter(pk=old.pk).update(superseded_by=new)

    answer = him.get(reverse("portal:sample", args=[old.pk]), follow=True)

    assert answer.redirect_chain == [(reverse("portal:sample", args=[new.pk]), 302)]
    assert "corrected" in words(soup(answer).main)


def test_a_sheet_under_correction_is_closed_and_says_so(him: Client, treated):
    old = sample(treated, found=3)
    him.get(reverse("portal:sample", args=[old.pk]))
    new = sample(treated, found=4, status=SemenAnalysis.Status.PRELIMINARY)
    SemenAnalysis.objects.filter(pk=old.pk).update(superseded_by=new)

    assert "The laboratory is correcting what you have read." in said(him, LIST)
