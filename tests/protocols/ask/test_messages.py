"""What may stand in a message, and when it goes out (domain reference §9.4, §7.8)."""

import pytest

from tests.protocols.ask.asked import RULESET, ask, refused


def said(body, channel="sms", **given):
    return ask("message", channel=channel, body=body, **given)


@pytest.mark.parametrize(
    "body",
    [
        "Northgate Clinic: You have an appointment on 3 March at 09:00. Reply STOP to opt out.",
        "You have a new result. Sign in at https://clinic.example/accounts/login/",
        "You have a message. Call +1 555 0100.", "You have a task.", "x" * 160,
    ],
)  # fmt: skip
def test_a_neutral_text_is_accepted(body):
    assert said(body) == {
        "ruleset": RULESET, "accepted": True, "reasons": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "word",
    [
        "diagnosis", "fertility", "infertility", "sperm", "SPERM", "semen", "azoospermia",
        "isotretinoin", "Accutane", "iPLEDGE", "test", "result", "results", "triglycerides", "ALT",
        "dose", "capsules", "20 mg", "PHQ", "PHQ-9", "partner", "wife", "MRN", "P000123",
        "HF-0147", "DOB", "date of birth", "s\u200bperm", "ｓｐｅｒｍ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("channel", ["sms", "email", "push"])
def test_a_forbidden_word_is_refused_in_text_and_subject(word, channel):
    body = said(f"About your {word} tomorrow", channel)
    subject = said("You have a message", channel, subject=f"Your {word}")
    assert (body["accepted"], subject["accepted"]) == (False, False)
    assert body["reasons"]


@pytest.mark.parametrize(
    "link",
    [
        "https://clinic.example/?token=abc",
        "https://clinic.example/patients/1234/",
        "https://clinic.example/i/Zk3jf92kLmQpX7vB1nT4/",
    ],
)
def test_a_link_carries_no_token_and_no_record(link):
    assert said(f"You have a message: {link}")["accepted"] is False


def test_what_a_result_was_never_follows_the_one_sentence():
    assert said("You have a new result: 310")["accepted"] is False
    assert said("You have a message", "email", subject="You have a new result, high") == {
        "ruleset": RULESET, "accepted": False,
        "reasons": ["The subject names a test or its result: “result”."],
    }  # fmt: skip


def test_a_text_message_has_a_hundred_and_sixty_characters():
    assert said("x" * 161)["accepted"] is False
    assert said("x" * 161, "email")["accepted"] is True


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": "fax", "body": "Hello"}, "channel"),
        ({"channel": "sms"}, "body"),
        ({"channel": "sms", "body": ""}, "body"),
        ({"channel": "sms", "body": 7}, "body"),
    ],
)
def test_a_message_that_is_none_is_refused(given, field):
    assert list(refused("message", **given)) == [field]


@pytest.mark.parametrize(
    ("due", "zone", "sent"),
    [
        ("2026-02-10T20:59:59-08:00", "America/Los_Angeles", "2026-02-10T20:59:59-08:00"),
        ("2026-02-10T21:00:00-08:00", "America/Los_Angeles", "2026-02-11T08:00:00-08:00"),
        ("2026-02-11T07:59:59-08:00", "America/Los_Angeles", "2026-02-11T08:00:00-08:00"),
        ("2026-02-11T08:00:00-08:00", "America/Los_Angeles", "2026-02-11T08:00:00-08:00"),
        ("2026-02-11T05:30:00+00:00", "America/Los_Angeles", "2026-02-11T08:00:00-08:00"),
        ("2026-03-08T06:00:00+00:00", "America/Los_Angeles", "2026-03-08T08:00:00-07:00"),
        ("2026-11-01T06:00:00+00:00", "America/Los_Angeles", "2026-11-01T08:00:00-08:00"),
        ("2024-02-28T22:00:00+01:00", "Europe/Berlin", "2024-02-29T08:00:00+01:00"),
        ("2026-02-10T12:00:00Z", "Asia/Kolkata", "2026-02-10T17:30:00+05:30"),
        ("2026-02-10T16:00:00Z", "Asia/Kolkata", "2026-02-11T08:00:00+05:30"),
    ],
)  # fmt: skip
def test_a_reminder_waits_until_the_quiet_hours_of_his_own_clock_are_over(due, zone, sent):
    answer = ask("reminder_time", due_at=due, zone=zone, quiet_from="21:00", quiet_to="08:00")
    assert answer["send_at"] == sent
    assert answer["sentence"]
    assert ask("reminder_time", due_at=due, zone=zone)["send_at"] == sent


def test_quiet_hours_may_lie_within_a_day_and_end_in_the_hour_that_spring_leaves_out():
    midday = ask("reminder_time", due_at="2026-02-10T13:00:00+00:00", zone="Europe/London",
                 quiet_from="12:00", quiet_to="14:00")  # fmt: skip
    assert midday["send_at"] == "2026-02-10T14:00:00+00:00"
    gap = ask("reminder_time", due_at="2026-03-08T01:00:00-08:00", zone="America/Los_Angeles",
              quiet_from="21:00", quiet_to="02:30")  # fmt: skip
    assert gap["send_at"] == "2026-03-08T03:00:00-07:00"


@pytest.mark.parametrize("offset", ["+02:00", "+01:00"])
def test_quiet_hours_that_end_in_the_hour_autumn_repeats_never_end_before_it_is_due(offset):
    answer = ask("reminder_time", due_at=f"2026-10-25T02:15:00{offset}", zone="Europe/Berlin",
                 quiet_from="22:00", quiet_to="02:30")  # fmt: skip
    assert answer["send_at"] == f"2026-10-25T02:30:00{offset}"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"due_at": "2026-02-10T21:00:00"}, "due_at"),
        ({"due_at": "2026-02-30T21:00:00Z"}, "due_at"),
        ({"due_at": "2026-02-10"}, "due_at"), ({"due_at": 1770000000}, "due_at"),
        ({"due_at": ""}, "due_at"), ({"zone": "Mars/Olympus"}, "zone"), ({"zone": ""}, "zone"),
        ({"zone": "../etc/passwd"}, "zone"), ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_from": "9"}, "quiet_from"), ({"quiet_to": 8}, "quiet_to"),
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused(given, field):
    usual = {
        "due_at": "2026-02-10T21:00:00-08:00", "zone": "America/Los_Angeles",
        "quiet_from": "21:00", "quiet_to": "08:00",
    }  # fmt: skip
    assert list(refused("reminder_time", **{**usual, **given})) == [field]
