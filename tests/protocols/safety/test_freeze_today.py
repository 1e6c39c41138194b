"""From a verified sheet, or a message, to "freeze today" and a confirmatory sample."""

from datetime import timedelta

import pytest
from django.urls import reverse

from labs.actions import semen
from labs.models import Order
from protocols.models import Finding
from tests.factories.labs import FEW_SEEN
from tests.pages import soup
from tests.protocols.men import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW, tick=False)]
AT = NOW - timedelta(hours=2)
SHEET = FEW_SEEN | {"analysis_started_at": (AT + timedelta(minutes=26)).isoformat()}


def entered(treated, by, **more):
    given = {"sheet": SHEET, "confirmed": True} | more
    return semen.enter(
        patient=treated.patient, laboratory=None, collected_at=AT, by=by, now=NOW, **given
    )


def asked():
    findings = Finding.objects.filter(kind="freeze").values_list("state", "contact_by")
    return list(findings), list(Order.objects.filter(semen=True).values_list("reason", flat=True))


def test_a_sheet_asks_for_nothing_before_a_second_person_has_read_it(
    treated, technologist, verifier
):
    sheet = entered(treated, technologist)
    assert asked() == ([], [])

    semen.verify(analysis=sheet, by=verifier, now=NOW)

    findings, orders = asked()
    assert [state for state, _ in findings] == ["open"]
    assert orders == ["Confirm the first sperm, from 11 Aug on."]


def test_a_message_with_motile_sperm_asks_at_once(treated):
    entered(treated, None, source="hl7")

    findings, orders = asked()
    assert ([state for state, _ in findings], len(orders)) == (["open"], 1)


def test_the_record_says_how_long_is_left(client, sign_in, treated, clinician):
    entered(treated, None, source="hl7")

    page = sign_in(client, clinician).get(reverse("protocols:record", args=[treated.patient_id]))

    head = " ".join(soup(page).select_one(".finding header").text.split())
    assert head.endswith("due Tue 4 Aug 17:00, in 6\u00a0h".replace("\u00a0", " "))


def test_a_struck_sheet_asks_for_nothing_more(treated, technologist, verifier):
    sheet = semen.verify(analysis=entered(treated, technologist), by=verifier, now=NOW)

    semen.strike(analysis=sheet, reason="Another man's.", by=technologist, now=NOW)

    assert [state for state, _ in asked()[0]] == ["superseded"]


def test_a_second_sample_orders_no_second_confirmation(treated, technologist, verifier):
    semen.verify(analysis=entered(treated, technologist), by=verifier, now=NOW)
    later = NOW + timedelta(days=7)
    second = semen.enter(
        patient=treated.patient, laboratory=None, collected_at=later - timedelta(hours=2),
        sheet=SHEET | {"analysis_started_at": (later - timedelta(hours=1)).isoformat()},
        confirmed=True, by=technologist, now=later,
    )  # fmt: skip

    semen.verify(analysis=second, by=verifier, now=later)

    assert Order.objects.filter(semen=True, reason__startswith="Confirm").count() == 1
