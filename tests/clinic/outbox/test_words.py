"""No letter tells an onlooker what is treated, whatever anybody puts into it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings

from clinic.actions.outbox import deliver, letter, telling_words
from clinic.models import Message
from tests.factories.clinic import MessageFactory, SiteFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
MAIL = Path(settings.BASE_DIR) / "templates" / "mail"
LETTERS = sorted({path.stem for path in MAIL.glob("*.txt")})
EVERYTHING = {
    "day": "Mon 23 Mar 2026", "time": "10:00", "zone": "Pacific", "days": 7, "name": "Daniel",
    "link": "https://clinic.example/welcome/ab-lh-cd_icsi/", "subject": "Hello",
    "body": "Hello,", "minutes": 15,
}  # fmt: skip


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_we_write_is_neutral(name):
    assert telling_words(letter(MessageFactory(template=name, context=EVERYTHING))) == ()


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_is_written_as_text_and_as_html(name):
    mail = letter(MessageFactory(template=name, context=EVERYTHING))

    assert (MAIL / f"{name}.html").is_file()
    assert mail.subject
    assert mail.body.strip()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("Your sperm count is back.", "The text names sperm or semen: “sperm”."),
        ("Take 40 mg a day.", "The text names a dose: “mg”."),
        ("Your isotretinoin is ready.", "The text names a drug name: “isotretinoin”."),
        ("See https://fertility.example/x/", "The text names a diagnosis: “fertility”."),
    ],
)
def test_a_telling_letter_does_not_leave_and_is_shown_to_a_person(post, body, reason):
    message = MessageFactory(template="account", context={"subject": "Hello", "body": body})

    deliver(clock=lambda: NOW)

    assert post.letters == []
    assert list(Message.objects.failed()) == [message]
    message.refresh_from_db()
    assert message.last_error == reason


def test_the_name_it_is_signed_with_is_looked_at_too(post):
    site = SiteFactory(neutral_name="Harbour Fertility")
    MessageFactory(site=site)

    deliver(clock=lambda: NOW)

    assert post.letters == []


@pytest.mark.parametrize(
    "body", ["https://clinic.example/welcome/a-semen-b/", "Ask icsi@example.org, please."]
)
def test_what_a_token_or_an_address_happens_to_spell_is_no_word(post, body):
    MessageFactory(template="account", context={"subject": "Hello", "body": body})

    deliver(clock=lambda: NOW)

    assert len(post.letters) == 1
