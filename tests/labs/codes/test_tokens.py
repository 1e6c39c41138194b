"""Keys are shown once, kept as a fingerprint, and hand in nothing once they are revoked."""

import pytest
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from labs.actions.tokens import digest, make_token, revoke_token, token_of
from labs.models import LaboratoryToken
from tests.labs.conftest import NOW

pytestmark = pytest.mark.django_db


def made(laboratory, by, name="Server"):
    return make_token(laboratory=laboratory, name=name, by=by, now=NOW)


def test_only_a_fingerprint_of_a_key_is_kept(laboratory, administrator):
    row, key = made(laboratory, administrator)
    kept = LaboratoryToken.objects.filter(pk=row.pk).values().get()
    assert kept["sha256"] == digest(key)
    assert key not in str(kept)
    assert (len(key), key.startswith(kept["begins"])) == (46, True)


def test_the_trail_knows_who_made_it_and_not_the_key(laboratory, administrator):
    row, key = made(laboratory, administrator)
    event = AuditEvent.objects.get(action="token.made")
    assert (event.actor, event.subject) == (administrator, f"labs.laboratorytoken:{row.pk}")
    assert key not in str(event.detail)


def test_a_key_is_known_by_its_words_alone(laboratory, administrator):
    row, key = made(laboratory, administrator)
    assert [token_of(given, now=NOW) for given in (key, key[:-1], f"{key}x", "", "hy_")] == [
        row, None, None, None, None,
    ]  # fmt: skip


def test_a_revoked_key_is_nobodys(laboratory, administrator):
    row, key = made(laboratory, administrator)
    revoke_token(token=row, reason="Lost.", by=administrator, now=NOW)
    assert token_of(key, now=NOW) is None
    with pytest.raises(Refusal, match="already"):
        revoke_token(token=row, reason="Lost.", by=administrator, now=NOW)


def test_a_revocation_needs_a_reason(laboratory, administrator):
    row, _ = made(laboratory, administrator)
    with pytest.raises(Refusal, match="Say why"):
        revoke_token(token=row, reason=" ", by=administrator, now=NOW)


def test_two_keys_in_force_have_two_names(laboratory, administrator):
    row, _ = made(laboratory, administrator)
    with pytest.raises(Refusal, match="in force"):
        made(laboratory, administrator)
    revoke_token(token=row, reason="Replaced.", by=administrator, now=NOW)
    assert made(laboratory, administrator)[0].pk != row.pk


def test_the_page_shows_a_new_key_once(client, laboratory, administrator, sign_in):
    sign_in(client, administrator)
    page = client.post(
        reverse("labs:make_token"), {"laboratory": laboratory.pk, "name": "Results server"}
    )
    row = LaboratoryToken.objects.get()
    shown = page.context["made"]
    assert digest(shown) == row.sha256
    assert shown in page.text
    assert page["Cache-Control"] == "private, no-store"
    again = client.get(reverse("labs:tokens")).text
    assert (shown in again, row.begins in again) == (False, True)


def test_the_page_says_which_field_is_missing(client, laboratory, administrator, sign_in):
    sign_in(client, administrator)
    page = client.post(reverse("labs:make_token"), {"laboratory": laboratory.pk, "name": ""})
    assert page.status_code == 422
    assert not LaboratoryToken.objects.exists()


def test_no_key_is_made_for_another_sites_laboratory(
    client, other_site, administrator, sign_in, catalogue
):
    theirs = other_site.laboratories.create(name="Hill Laboratory")
    sign_in(client, administrator)
    page = client.post(reverse("labs:make_token"), {"laboratory": theirs.pk, "name": "Server"})
    assert page.status_code == 422
    assert not LaboratoryToken.objects.exists()
