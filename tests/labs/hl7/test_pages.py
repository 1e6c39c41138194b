"""What waits for a person is seen, matched, settled, and nobody else's is found."""

import pytest
from django.urls import reverse

from labs.models import Draw, InboundMessage, Laboratory
from tests.labs.hl7.messages import LIPIDS
from tests.labs.hl7.test_filing import alan, laboratories, receive  # noqa: F401

pytestmark = pytest.mark.django_db
STRANGE = LIPIDS.replace("Testman^Alan", "Testmann^Alan")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_queue_costs_the_same_however_long(
    client, coordinator, sign_in, django_assert_num_queries, rows
):
    for n in range(rows):
        receive(STRANGE.replace("MSG000123", f"MSG{n}"))
    sign_in(client, coordinator)
    client.get(reverse("labs:inbound"))

    with django_assert_num_queries(5):
        page = client.get(reverse("labs:inbound"))

    assert len(page.context["stuck"]) == rows


def test_a_person_matches_a_message(client, coordinator, sign_in, alan):  # noqa: F811
    message = receive(STRANGE)
    sign_in(client, coordinator)
    page = client.get(reverse("labs:inbound_message", args=[message.pk]))
    (stranger,) = page.context["strangers"]
    assert stranger.near == [alan]

    client.post(
        reverse("labs:match_message", args=[message.pk]),
        {"patient": alan.pk, "person": stranger.person.key},
    )

    assert Draw.objects.get().patient == alan


def test_settling_needs_a_reason(client, coordinator, sign_in):
    message = receive(STRANGE)
    sign_in(client, coordinator)
    url = reverse("labs:settle_message", args=[message.pk])

    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "sent to us by mistake"}).status_code == 302
    assert InboundMessage.objects.get().settled_reason == "sent to us by mistake"


def test_a_registered_patient_is_found_when_it_is_read_again(client, coordinator, sign_in, alan):  # noqa: F811
    alan.family_name = "Other"
    alan.save()
    message = receive(LIPIDS)
    alan.family_name = "Testman"
    alan.save()
    sign_in(client, coordinator)

    client.post(reverse("labs:message_again", args=[message.pk]))

    message.refresh_from_db()
    assert message.state == "filed"


def test_another_sites_message_is_not_found(client, stranger, sign_in):
    message = receive(STRANGE)
    sign_in(client, stranger)

    assert client.get(reverse("labs:inbound_message", args=[message.pk])).status_code == 404


def test_a_message_of_nobody_is_seen_by_every_site(client, stranger, sign_in):
    Laboratory.objects.all().delete()
    message = receive(STRANGE)
    sign_in(client, stranger)

    assert client.get(reverse("labs:inbound_message", args=[message.pk])).status_code == 200
