"""A file of messages: looked at before anything is filed, filed in part, matched, thrown away."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.reading import file_next, judge
from labs.models import Draw, InboundMessage, Laboratory, Result
from tests.labs.hl7.messages import LIPIDS
from tests.labs.hl7.test_filing import NOW, alan, laboratories  # noqa: F401

pytestmark = pytest.mark.django_db
STRANGE = LIPIDS.replace("Testman^Alan", "Nobody^Alan").replace("L26-55012", "L26-2")
ODD = LIPIDS.replace("2571-8", "99999-9").replace("||38|", "||3800|")
LATER = datetime(2026, 4, 21, 12, tzinfo=UTC)


def upload(text: str, by, **more) -> InboundMessage:
    message = inbound.keep_file(
        raw=text.encode(), file_name="march.hl7", format="hl7",
        laboratory=Laboratory.objects.get(facility="REFLAB"), by=by, now=NOW, **more,
    )  # fmt: skip
    judge(message, now=NOW)
    return message


def states(message) -> list[str]:
    return [row.state for row in message.rows.all()]


def test_a_file_is_looked_at_and_nothing_of_it_is_filed(alan, coordinator):  # noqa: F811
    message = upload(f"{ODD}\r{STRANGE}", coordinator)

    assert (message.state, Draw.objects.count()) == ("staged", 0)
    assert states(message) == ["new", "unknown_code", "implausible", "new", *4 * ["unmatched"]]


def test_what_can_be_filed_is_and_the_rest_keeps_its_reasons(alan, coordinator):  # noqa: F811
    message = upload(f"{ODD}\r{STRANGE}", coordinator)
    inbound.release(message=message, by=coordinator)
    file_next(now=NOW, pk=message.pk)

    message.refresh_from_db()
    assert (message.state, states(message).count("new")) == ("partly", 2)
    assert Result.objects.filter(formula="").count() == 2


@pytest.mark.parametrize("text", [LIPIDS, f"{ODD}\r{STRANGE}"], ids=["clean", "odd"])
def test_the_preview_promises_what_the_filing_then_does(alan, coordinator, text):  # noqa: F811
    message = upload(text, coordinator)
    promised = states(message)
    inbound.release(message=message, by=coordinator)
    file_next(now=NOW, pk=message.pk)

    assert states(message) == promised


def test_the_same_file_three_times_is_one_and_files_once(alan, coordinator):  # noqa: F811
    for _ in range(3):
        message = upload(LIPIDS, coordinator)
    inbound.release(message=message, by=coordinator)
    file_next(now=NOW, pk=message.pk)
    again = upload(LIPIDS, coordinator)

    again.refresh_from_db()
    assert (InboundMessage.objects.count(), again.times_received, again.state) == (1, 4, "filed")
    assert Draw.objects.count() == 1


def test_the_same_values_in_another_file_are_already_there(alan, coordinator):  # noqa: F811
    message = upload(LIPIDS, coordinator)
    inbound.release(message=message, by=coordinator)
    file_next(now=NOW, pk=message.pk)
    other = upload(f"{LIPIDS}\r{STRANGE}", coordinator)

    assert states(other) == [*4 * ["duplicate"], *4 * ["unmatched"]]


def test_a_row_twice_in_one_file_is_new_once(alan, coordinator):  # noqa: F811
    twice = upload(f"{LIPIDS}\r{LIPIDS.replace('MSG000123', 'M2')}", coordinator)

    assert states(twice) == [*4 * ["new"], *4 * ["duplicate"]]


def test_a_file_thrown_away_needs_a_reason_and_files_nothing(alan, coordinator):  # noqa: F811
    message = upload(LIPIDS, coordinator)
    with pytest.raises(Refusal, match="Say why"):
        inbound.throw_away(message=message, reason=" ", by=coordinator, now=LATER)
    inbound.throw_away(message=message, reason="wrong month", by=coordinator, now=LATER)

    message.refresh_from_db()
    assert (message.state, message.settled_by, file_next(now=LATER)) == (
        "withdrawn",
        coordinator,
        None,
    )
    with pytest.raises(Refusal, match="dealt with already"):
        inbound.release(message=message, by=coordinator)


def test_a_file_thrown_away_can_be_handed_in_again(alan, coordinator):  # noqa: F811
    message = upload(LIPIDS, coordinator)
    inbound.throw_away(message=message, reason="wrong month", by=coordinator, now=LATER)
    again = upload(LIPIDS, coordinator)

    again.refresh_from_db()
    assert (again.pk, again.state, again.settled_at) == (message.pk, "staged", None)


def test_two_strangers_are_matched_each_by_himself(client, coordinator, sign_in, alan):  # noqa: F811
    other = STRANGE.replace("Nobody", "Someone").replace("L26-2", "L26-3")
    message = upload(f"{STRANGE}\r{other}", coordinator)
    inbound.release(message=message, by=coordinator)
    file_next(now=NOW, pk=message.pk)
    sign_in(client, coordinator)
    page = client.get(reverse("labs:inbound_message", args=[message.pk]))
    names = [stranger.person.family_name for stranger in page.context["strangers"]]
    assert names == ["Nobody", "Someone"]

    client.post(
        reverse("labs:match_message", args=[message.pk]),
        {"patient": alan.pk, "person": page.context["strangers"][0].person.key},
    )

    message.refresh_from_db()
    assert (message.state, states(message)) == ("partly", [*4 * ["new"], *4 * ["unmatched"]])
    assert list(Draw.objects.values_list("specimen", flat=True)) == ["L26-2"]


def test_a_member_files_what_he_has_looked_at(client, coordinator, sign_in, alan):  # noqa: F811
    message = upload(ODD, coordinator)
    sign_in(client, coordinator)
    page = client.get(reverse("labs:inbound_message", args=[message.pk]))
    assert (page.context["fileable"], page.context["left"]) == (2, 2)

    client.post(reverse("labs:file_staged", args=[message.pk]))

    message.refresh_from_db()
    assert (message.state, Draw.objects.count()) == ("partly", 1)


@pytest.mark.parametrize("groups", [1, 30])
def test_looking_costs_the_same_however_long_the_file(
    alan,  # noqa: F811
    coordinator,
    django_assert_num_queries,
    groups,
):
    text = "\r".join(
        LIPIDS.replace("MSG000123", f"M{n}").replace("L26-55012", f"L{n}") for n in range(groups)
    )
    message = upload(text, coordinator)

    with django_assert_num_queries(7):
        judge(message, now=NOW)


def test_the_bytes_are_handed_out_as_they_came(client, coordinator, sign_in):
    message = upload(LIPIDS, coordinator)
    sign_in(client, coordinator)
    page = client.get(reverse("labs:inbound_raw", args=[message.pk]))

    assert page.content == LIPIDS.encode()
    assert page["Content-Disposition"] == 'attachment; filename="march.hl7"'
