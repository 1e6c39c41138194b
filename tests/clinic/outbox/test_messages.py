"""Nothing clinical leaves the house in a message (domain reference §9.4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.rules.messages import Channel, check


def accepted(body, channel=Channel.EMAIL, **more):
    return check(channel, body=body, **more).accepted


@pytest.mark.parametrize(
    "body",
    [
        "You have an appointment on Monday 15 June at 14:30. Harbour Street, 555 0142.",
        "You have a new result",
        "You have a new result. Sign in: https://harbour.example/portal",
        "You have a new message. Reply STOP to opt out.",
        "You have a task. Sign in to see it.",
        "Your appointment is tomorrow; please arrive ten minutes early.",
        "Hello Sam, you have an appointment in the afternoon at half past one.",
        "Please call the label printer's desk, last door on the left.",
    ],
)
def test_neutral_words_pass(body):
    found = check(Channel.SMS, body=body, subject="Harbour Street", sender="Harbour Street")
    assert (found.accepted, found.reasons) == (True, ())


FORBIDDEN = [
    "fertility", "infertility", "Infertile", "sub-fertile", "sperm", "SPERMS", "spermatozoa",
    "azoospermia", "semen", "seminal", "isotretinoin", "Isotretinoin's", "Roaccutane", "accutane",
    "absorica", "retinoid", "dose", "doses", "dosage", "dosing", "dosed", "capsule", "capsules",
    "20mg", "20 mg", "pills", "test", "tests", "testing", "results", "result", "blood",
    "laboratory", "lab", "triglycerides", "cholesterol", "ALT", "testosterone", "FSH", "PHQ-9",
    "PHQ9", "depression", "suicidal", "partner", "partner's", "pregnancy", "wife", "MRN", "DOB",
    "date of birth", "birthday", "diagnosis", "diagnosed", "IVF", "biopsy", "self-harm", "spouse",
    "azoo", "vasectomy", "varicocele", "HbA1c", "CBC", "urine", "motility", "morphology",
]  # fmt: skip


@pytest.mark.parametrize("word", FORBIDDEN)
def test_forbidden_words_are_found_in_any_case_and_place(word):
    for text in (f"Your {word} is here", f"{word.upper()}!", f"About ({word.lower()})"):
        assert not accepted(text)
        assert not accepted("You have a message", subject=text)
        assert not accepted("You have a message", sender=text)


@pytest.mark.parametrize(
    "text",
    [
        "s\u00adperm",
        "se\u200bmen",
        "\uff53\uff50\uff45\uff52\uff4d",
        "sperm_count",
        "sperm-count",
        "oligo\u200dspermia",
        "date  of\nbirth",
    ],
)
def test_a_word_hidden_by_invisible_or_wide_letters_is_still_found(text):
    assert not accepted(f"Your {text} is here")


@pytest.mark.parametrize(
    "text",
    [
        "You have new results", "You have a new test result", "You have a new result: high",
        "You have a new result (310)", "You have a new result, normal",
        "You have a new result of Monday", "You have a new result. The result is high",
    ],
)  # fmt: skip
def test_the_one_sentence_about_a_result_allows_no_other_and_nothing_after_it(text):
    assert not accepted(text)
    assert not accepted("You have a message", subject=text)


@pytest.mark.parametrize(
    "text",
    [
        "Harbour: You have a new result!", "you have a  new result .",
        "You have a new\nresult\nReply STOP to opt out",
        "You have a new result https://harbour.example/portal",
    ],
)  # fmt: skip
def test_the_one_sentence_may_stand_beside_others(text):
    assert accepted(text)


@pytest.mark.parametrize("text", ["You have a new resultant", "thou have a new result"])
def test_the_allowed_sentence_is_allowed_whole(text):
    assert accepted(text) is (text == "You have a new resultant")


@pytest.mark.parametrize("text", ["Your contest", "The latest news", "A salty blast", "elaborate"])
def test_a_forbidden_word_inside_another_is_no_fault(text):
    assert accepted(text)


@pytest.mark.parametrize(
    "body", ["Dear Sam Example, hello", "Number h-1042 is up", "Born 1990-04-01"]
)
def test_the_patients_own_identifiers_are_refused(body):
    private = ["Sam Example", "H-1042", "1990-04-01", ""]
    assert not accepted(body, private_words=private)


def test_a_refusal_says_where_and_what():
    found = check(Channel.EMAIL, body="Your dose", subject="Semen", sender="Fertility House")
    assert found.reasons == (
        "The subject names sperm or semen: “semen”.",
        "The text names a dose: “dose”.",
        "The sender names a diagnosis: “fertility”.",
    )


@pytest.mark.parametrize(
    ("channel", "length", "fits"),
    [
        (Channel.SMS, 160, True),
        (Channel.SMS, 161, False),
        (Channel.EMAIL, 161, True),
        (Channel.PUSH, 161, True),
    ],
)
def test_a_text_message_has_at_most_160_characters(channel, length, fits):
    assert accepted("x" * length, channel) is fits


@given(st.text(max_size=60), st.sampled_from(FORBIDDEN), st.text(max_size=60))
def test_no_surroundings_hide_a_forbidden_word(before, word, after):
    assert not accepted(f"{before} {word} {after}")
