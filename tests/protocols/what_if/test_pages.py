"""The what-if as a page: numbers first, men with their sentences, moving some of them, and back."""

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from protocols.actions.definition import publish
from protocols.actions.pins import pin
from protocols.actions.visits_plan import lay_visits
from protocols.models import Pin, VersionChange, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.what_if import in_flight, look
from tests.factories.protocols import AppointmentFactory, VersionFactory
from tests.pages import soup
from tests.protocols.men import NOW, on_treatment
from tests.protocols.what_if.test_migration import later, moved
from tests.protocols.what_if.versions import AHEAD, another, visit, without

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]


def ready(enrolment):
    lay_visits(enrolment=enrolment)
    return enrolment


def of(version, name="what_if", *more):
    return reverse(f"protocols:{name}", args=[version.pk, *more])


def tiles(page) -> list[str]:
    return [" ".join(tile.text.split()) for tile in soup(page).select("#counts .tile")]


def test_the_numbers_come_first_then_each_man_with_his_sentences(
    client, sign_in, clinician, under_way
):
    AppointmentFactory(
        visit=Visit.objects.get(enrolment=under_way, code="M4"),
        booking__starts_at=NOW + timedelta(days=37),
    )
    version = later(visit("M4", before_days=3, after_days=3), without("M6", "FU2"))

    page = sign_in(client, clinician).get(of(version))

    assert tiles(page) == [
        "1man under way", "1of them would notice something", "1visit would move",
        "1booking would be outside", "1man falls out of the plan",
    ]  # fmt: skip
    row = soup(page).select_one("table tbody tr").text
    assert "Daniel Rourke" in row or "Rourke" in row
    assert "M4 keeps its day, 5 Sep 2026; its window 29 Aug – 12 Sep 2026 becomes" in row
    assert "The booking of 10 Sep 2026 for M4 would be outside its window" in row
    assert "M6 is not asked for any more" in row


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_however_many_men_there_are(
    client, sign_in, clinician, under_way, rows, django_assert_num_queries
):
    second = later(*AHEAD)
    for n in range(rows - 1):
        ready(on_treatment(clinician.member.site, clinician, f"Marsh{n}"))
    sign_in(client, clinician)
    definition_of(under_way.version), definition_of(second)

    with django_assert_num_queries(8):
        page = client.get(of(second))

    assert len(page.context["men"]) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_a_version_that_asks_everything_differently_costs_two_queries_more(
    clinician, under_way, rows, django_assert_num_queries
):
    for n in range(rows - 1):
        ready(on_treatment(clinician.member.site, clinician, f"Marsh{n}"))

    def stricter(content):
        content["eligibility"]["min_age"] = 22
        content["mood"]["rise_points"] = 4
        content["safety"]["analytes"][0]["bands"][1]["over"] = "290"
        content["counselling"].append(
            {"source": "Clinic", "signed_off": False, "code": "NEW", "text": "New words."}
        )

    version = publish(definition=another(stricter), now=NOW)
    definition_of(under_way.version), definition_of(version)

    with django_assert_num_queries(3):
        found = look(in_flight(clinician, version), version, NOW, after=0, size=10)

    assert len(found.men) == rows
    assert {fall.why.value for man in found.men for fall in man.changes.falls} == {"gate"}


def test_only_those_who_change_are_shown_when_asked(client, sign_in, clinician, under_way, second):
    other = ready(on_treatment(clinician.member.site, clinician, "Marsh"))
    Visit.objects.filter(enrolment=other, code__in=["M4", "M5"]).update(status="missed")
    sign_in(client, clinician)

    everybody = client.get(of(second)).context["men"]
    changing = client.get(of(second) + "?only=changes").context["men"]

    assert [man.enrolment for man in everybody] == [under_way, other]
    assert [man.enrolment for man in changing] == [under_way]


def test_the_next_page_begins_after_the_last_man(client, sign_in, clinician, under_way, second):
    men = [under_way, *(on_treatment(clinician.member.site, clinician, f"M{n}") for n in range(26))]
    sign_in(client, clinician)

    first = client.get(of(second))
    after = first.context["page"]["next_key"]
    further = client.get(f"{of(second)}?after={after}")

    shown = [*first.context["men"], *further.context["men"]]
    assert [man.enrolment for man in shown] == men
    assert further.context["page"]["next_key"] is None


def test_the_counts_go_on_chunk_by_chunk(
    client, sign_in, clinician, under_way, second, monkeypatch
):
    for n in range(2):
        ready(on_treatment(clinician.member.site, clinician, f"Marsh{n}"))
    monkeypatch.setattr("protocols.views.what_if.CHUNK", 2)
    sign_in(client, clinician)
    first = client.get(of(second))
    wait = soup(first).select_one("#counts")
    assert tiles(first)[0] == "2/3men under way"

    rest = client.get(wait["hx-get"], headers={"HX-Request": "true"})

    assert tiles(rest)[:3] == [
        "3men under way", "3of them would notice something", "6visits would move",
    ]  # fmt: skip
    assert not soup(rest).select_one("#counts").get("hx-get")


def test_counts_that_somebody_made_up_begin_anew(client, sign_in, clinician, second):
    page = sign_in(client, clinician).get(of(second, "what_if_counts") + "?sofar=[5,0,0,0,0]")

    assert page.headers["Location"] == of(second)


def test_an_administrator_sees_numbers_and_no_names(
    client, sign_in, administrator, under_way, second
):
    page = sign_in(client, administrator).get(of(second))

    assert tiles(page)[0] == "1man under way"
    assert "Rourke" not in page.text
    man = sign_in(client, administrator).get(of(second, "what_if_man", under_way.pk))
    assert man.status_code == 403


def test_another_site_sees_nobody(client, sign_in, stranger, under_way, second):
    page = sign_in(client, stranger).get(of(second))

    assert tiles(page) == []
    assert "Nobody is under way on another version" in page.text


def test_a_draft_is_shown_and_moves_nobody(client, sign_in, clinician, under_way, second):
    content, sha = second.definition, "d" * 64
    draft = VersionFactory(
        protocol=second.protocol, number=None, state="draft", published_at=None,
        definition=content, sha256=sha,
    )  # fmt: skip
    sign_in(client, clinician)

    page = client.get(of(draft))

    assert tiles(page)[2] == "2visits would move"
    assert "Move the ticked men" not in page.text
    assert "nobody is moved yet" in page.text
    client.post(of(draft, "move_men"), {"men": [under_way.pk], "reason": "Now."})
    assert not VersionChange.objects.exists()


def test_a_draft_that_is_no_programme_says_so(client, sign_in, clinician, under_way):
    draft = VersionFactory(
        protocol=under_way.version.protocol, number=None, state="draft", published_at=None,
        definition={}, sha256="",
    )  # fmt: skip
    sign_in(client, clinician)

    assert "not a programme yet" in client.get(of(draft)).text
    assert "not a programme yet" in client.get(of(draft, "what_if_man", under_way.pk)).text


def test_some_men_are_moved_and_the_others_stay(client, sign_in, clinician, under_way, second):
    other = ready(on_treatment(clinician.member.site, clinician, "Marsh"))
    sign_in(client, clinician)

    answer = client.post(of(second, "move_men"), {"men": [under_way.pk], "reason": "Staffing."})

    assert answer.headers["Location"] == of(second)
    under_way.refresh_from_db(), other.refresh_from_db()
    assert (under_way.version, other.version) == (second, under_way.version_changes.get().was)
    assert [str(said) for said in get_messages(answer.wsgi_request)] == [
        f"1 man moved to {second}."
    ]


def test_without_a_reason_nobody_is_moved_and_the_ticks_are_kept(
    client, sign_in, clinician, under_way, second
):
    sign_in(client, clinician)

    page = client.post(of(second, "move_men"), {"men": [under_way.pk], "reason": " "})

    assert page.status_code == 422
    assert "Say why they are moved." in page.text
    assert soup(page).select_one(f"input[name=men][value='{under_way.pk}']").has_attr("checked")
    assert not VersionChange.objects.exists()


def test_with_nobody_ticked_the_page_says_so_and_keeps_the_reason(
    client, sign_in, clinician, under_way, second
):
    page = sign_in(client, clinician).post(of(second, "move_men"), {"reason": "Staffing."})

    assert page.status_code == 422
    assert "Tick at least one man." in page.text
    assert soup(page).select_one("input[name=reason]")["value"] == "Staffing."


def test_a_coordinator_neither_looks_nor_moves(client, sign_in, coordinator, under_way, second):
    sign_in(client, coordinator)

    assert client.get(of(second)).status_code == 403
    assert client.post(of(second, "move_men"), {}).status_code == 403


def test_one_man_is_moved_from_his_own_page_and_back_from_his_history(
    client, sign_in, clinician, under_way, second
):
    sign_in(client, clinician)
    page = client.get(of(second, "what_if_man", under_way.pk))
    assert "M5 moves from 5 Oct 2026" in page.text

    client.post(of(second, "what_if_man", under_way.pk), {"reason": "He asked."})
    history = client.get(reverse("protocols:enrolment_versions", args=[under_way.pk]))
    change = VersionChange.objects.get()
    assert "He asked." in history.text

    refused = client.post(reverse("protocols:undo_move", args=[change.pk]), {"reason": ""})
    assert (refused.status_code, "Say why." in refused.text) == (422, True)
    client.post(reverse("protocols:undo_move", args=[change.pk]), {"reason": "Wrong man."})
    under_way.refresh_from_db()
    assert under_way.version == change.was


def test_who_was_moved_while_the_page_stood_open_is_looked_at_again(
    client, sign_in, clinician, under_way, second
):
    first = under_way.version
    sign_in(client, clinician)
    moved(under_way, second, clinician)
    third = later(*AHEAD, without("M5"), version=3)

    page = client.post(of(third, "what_if_man", under_way.pk), {"reason": "Now.", "seen": first.pk})

    assert page.status_code == 422
    assert "look again at what would change" in page.text


def test_a_visit_is_pinned_with_what_was_agreed_and_lifted(client, sign_in, coordinator, under_way):
    month = Visit.objects.get(enrolment=under_way, code="M4")
    sign_in(client, coordinator)
    here = reverse("protocols:pin_visit", args=[month.pk])
    assert "Due on" in client.get(here).text

    assert client.post(here, {"reason": ""}).status_code == 422
    client.post(here, {"reason": "His wedding."})
    kept = Pin.objects.standing().get()
    history = client.get(reverse("protocols:enrolment_versions", args=[under_way.pk]))
    assert "His wedding." in history.text
    client.post(reverse("protocols:lift_pin", args=[kept.pk]))
    assert not Pin.objects.standing().exists()


def test_another_sites_men_pins_and_changes_do_not_exist(
    client, sign_in, stranger, under_way, second, clinician
):
    change = moved(under_way, second, clinician)
    month = Visit.objects.get(enrolment=under_way, code="M4")
    kept = pin(visit=month, reason="His wedding.", by=clinician, now=NOW)
    sign_in(client, stranger)

    told = [
        client.get(of(second, "what_if_man", under_way.pk)),
        client.get(reverse("protocols:enrolment_versions", args=[under_way.pk])),
        client.get(reverse("protocols:pin_visit", args=[month.pk])),
        client.post(reverse("protocols:lift_pin", args=[kept.pk])),
        client.post(reverse("protocols:undo_move", args=[change.pk]), {"reason": "Mine."}),
    ]

    assert [answer.status_code for answer in told] == [404] * 5
