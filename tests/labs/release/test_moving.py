"""A result on the wrong man's record is moved to the right one: all of it or nothing."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions import semen
from labs.actions.moving import move_draw, move_semen
from labs.actions.results import correct_draw, strike_draw
from labs.actions.withholding import withhold
from labs.models import Draw, Order, Result, SemenAnalysis, Withholding
from labs.rules.readings import Value
from patients.models import Patient
from tests.factories.labs import OrderFactory, PanelFactory
from tests.factories.storage import ContainerFactory
from tests.labs.conftest import DRAWN, FEW, NONE, NOW

WHY = "The tube carried the other number."
HOUR = timedelta(hours=1)


@pytest.fixture
def other(site, coordinator):
    return Patient.objects.create(
        site=site, record_number="HF-0200", given_name="Peter", family_name="Vance",
        born_on=date(1985, 1, 2), registered_by=coordinator,
    )  # fmt: skip


@pytest.fixture
def people(man, other, other_site, coordinator, verifier):
    far = Patient.objects.create(
        site=other_site, record_number="HF-1", given_name="A", family_name="B",
        born_on=date(1980, 1, 1), registered_by=coordinator,
    )  # fmt: skip
    return {"man": man, "other": other, "far": far, "by": verifier}


def move(draw, to, by, **more):
    return move_draw(draw=draw, to=to, by=by, **({"reason": WHY, "now": NOW + HOUR} | more))


def values(draw):
    rows = draw.results.current().filter(formula="").order_by("analyte__position")
    return [(row.analyte.key, row.reported, row.unit, row.range_text, row.grade) for row in rows]


def test_everything_of_it_stands_anew_where_it_belongs(file, other, verifier):
    old = file(specimen="L26-1", note="Lipaemic.")
    before = values(old)

    new = move(old, other, verifier)

    assert (new.patient, new.specimen, new.collected_at, new.fasting, new.note) == (
        other, "L26-1", DRAWN, True, "Lipaemic.",
    )  # fmt: skip
    assert values(new) == before
    assert {row.patient for row in new.results.all()} == {other}
    assert (new.status, new.reviewed_at, new.filed_by) == ("final", None, verifier)
    old.refresh_from_db()
    assert (old.status, old.moved_to, old.struck_reason) == ("entered_in_error", new, WHY)
    assert not Result.objects.current().filter(draw=old).exists()


def test_both_records_say_so_and_neither_names_the_other_man(file, man, other, verifier):
    new = move(file(), other, verifier)

    told = AuditEvent.objects.filter(action="draw.moved")
    assert {event.person for event in told} == {man.label, other.label}
    assert {event.reason for event in told} == {WHY}
    assert all("Vance" not in str(event.detail) for event in told)
    assert new.moved_from.patient == man


def test_the_orders_of_both_follow(file, man, other, verifier, catalogue):
    mine, his = (
        OrderFactory(
            patient=whose, semen=False, panel=PanelFactory(key="lipids"), ordered_at=DRAWN,
            due_on=DRAWN.date(),
        )
        for whose in (man, other)
    )  # fmt: skip
    draw = file()
    mine.refresh_from_db()
    assert mine.status == Order.Status.RESULTED

    move(draw, other, verifier)

    mine.refresh_from_db()
    his.refresh_from_db()
    assert (mine.status, his.status) == (Order.Status.OPEN, Order.Status.RESULTED)


def test_a_corrected_value_arrives_as_the_value_that_stands(file, other, verifier, coordinator):
    old = file()
    correct_draw(
        draw=old, values=[Value("triglycerides", "162", "mg/dL", "<150")], reason="Typed wrong.",
        by=coordinator, now=NOW,
    )  # fmt: skip

    new = move(old, other, verifier)

    row = new.results.get(analyte__key="triglycerides")
    assert (row.reported, row.status, new.status) == ("162", "final", "final")


@pytest.mark.parametrize(
    ("to", "reason", "field", "sentence"),
    [
        ("man", WHY, "patient", "this man’s record already"),
        ("far", WHY, "patient", "another site"),
        ("other", " ", "reason", "how you know"),
    ],
)
def test_a_move_that_cannot_be_is_refused_and_nothing_is_changed(
    file, people, to, reason, field, sentence
):
    draw = file()

    with pytest.raises(Refusal, match=sentence) as refused:
        move(draw, people[to], people["by"], reason=reason)

    assert refused.value.field == field
    draw.refresh_from_db()
    assert (draw.status, draw.moved_to) == ("final", None)
    assert Draw.objects.count() == 1


def test_what_stands_there_already_refuses_the_whole_move(file, other, verifier):
    file(specimen="L26-1", patient=other)
    draw = file(specimen="L26-1")

    with pytest.raises(Refusal, match="already filed"):
        move(draw, other, verifier)

    draw.refresh_from_db()
    assert draw.status == "final"


def test_what_was_struck_out_is_not_moved(file, other, verifier):
    draw = strike_draw(draw=file(), reason="Twice.", by=verifier, now=NOW)

    with pytest.raises(Refusal, match="struck out"):
        move(draw, other, verifier)


def test_moved_there_and_back_each_row_says_where_it_went(file, man, other, verifier):
    first = file(specimen="L26-1")
    second = move(first, other, verifier)
    third = move(second, man, verifier, now=NOW + 2 * HOUR)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.moved_to, second.moved_to, third.moved_to) == (second, third, None)
    assert Draw.objects.exclude(status="entered_in_error").get() == third


def test_a_semen_sheet_keeps_its_two_people(enter, man, other, verifier, technologist):
    old = semen.verify(analysis=enter(FEW, specimen="A26-1"), by=verifier, now=NOW)

    new = move_semen(analysis=old, to=other, reason=WHY, by=verifier, now=NOW + HOUR)

    assert (new.patient, new.sheet, new.status) == (other, old.sheet, "final")
    assert (new.entered_by, new.verified_by, new.verified_at) == (technologist, verifier, NOW)
    old.refresh_from_db()
    assert (old.status, old.moved_to, old.correction_reason) == ("entered_in_error", new, WHY)
    assert SemenAnalysis.objects.final().get() == new


def test_a_preliminary_sheet_stays_one_for_the_second_person(enter, other, verifier):
    new = move_semen(analysis=enter(NONE), to=other, reason=WHY, by=verifier, now=NOW + HOUR)

    assert (new.status, new.verified_by) == ("preliminary", None)


def test_a_sample_with_containers_is_settled_at_the_tank_first(enter, man, other, verifier):
    sheet = semen.verify(analysis=enter(FEW), by=verifier, now=NOW)
    ContainerFactory(patient=man, analysis=sheet)

    with pytest.raises(Refusal, match="1 container is stored from this sample"):
        move_semen(analysis=sheet, to=other, reason=WHY, by=verifier, now=NOW + HOUR)


def test_what_was_held_back_from_the_wrong_man_is_let_go(file, other, clinician):
    draw = file()
    withhold(
        result=draw, harm="He said he would not live with it.", ends_at=NOW + 24 * HOUR,
        by=clinician, now=NOW,
    )  # fmt: skip

    move(draw, other, clinician)

    held = Withholding.objects.get()
    assert held.lifted_because == "The result was moved to another record."


# --- the page ------------------------------------------------------------------------------------


def test_the_man_is_found_chosen_and_the_result_moved(reading: Client, file, man, other):
    draw = file()
    url = reverse("labs:move_draw", args=[draw.pk])

    found = reading.get(url, {"find": "vanc"}).text
    assert "Vance, Peter, HF-0200, born 02 Jan 1985" in found
    done = reading.post(url, {"find": "vanc", "patient": other.pk, "reason": WHY}, follow=True)

    assert "It stands on the record of" in done.text
    assert "Moved here from another record." in done.text
    old = reading.get(reverse("labs:draw", args=[draw.pk])).text
    assert "Moved to the record it belongs to." in old
    assert "Vance" not in old


@pytest.mark.parametrize("given", [{"reason": WHY}, {"patient": "x", "reason": WHY}])
def test_without_a_man_nothing_is_moved_and_the_reason_stays(reading: Client, file, other, given):
    draw = file()

    page = reading.post(reverse("labs:move_draw", args=[draw.pk]), {"find": "vanc"} | given)

    assert page.status_code == 422
    assert WHY in page.text
    draw.refresh_from_db()
    assert draw.status == "final"


def test_nobody_is_found_says_so(reading: Client, file):
    page = reading.get(reverse("labs:move_draw", args=[file().pk]), {"find": "zzz"}).text

    assert "Nobody else here matches “zzz”." in page


# --- what the laboratory sends again -------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_the_same_message_again_does_not_bring_it_back(man, other, laboratory, verifier):
    from labs.hl7.filing import file_next, store_frame
    from tests.labs.hl7.messages import LIPIDS

    def receive(text):
        store_frame(text.encode(), source="mllp", now=NOW)
        return file_next(now=NOW)

    text = (
        LIPIDS.replace("REFLAB", "BAYLAB")
        .replace("P000123", man.record_number)
        .replace("Testman^Alan", "Rourke^Daniel")
        .replace("19880417", "19900312")
    )
    receive(text)
    moved = move(Draw.objects.get(), other, verifier)

    again = receive(text.replace("MSG000123", "MSG000124"))
    corrected = receive(
        text.replace("MSG000123", "MSG000125")
        .replace("||310|", "||333|")
        .replace("|<150|H|||F|", "|<150|H|||C|")
    )

    assert (again.state, corrected.state) == ("filed", "filed")
    assert list(Draw.objects.exclude(status="entered_in_error")) == [moved]
    assert not Result.objects.current().filter(patient=man).exists()
    row = Result.objects.current().get(patient=other, analyte__key="triglycerides")
    assert (row.reported, row.status) == ("333", "corrected")
