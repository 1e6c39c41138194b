"""A laboratory result in one sentence for the patient: true, calm, and never without a person.

Nothing out of range is said without naming who looks after it and how to reach them.
"""

from dataclasses import dataclass

from labs.rules.ranges import Flag


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for the result, and the number that reaches the clinic."""

    name: str
    phone: str


DIRECTION_WORDS = {Flag.HIGH: "Higher than usual", Flag.LOW: "Lower than usual"}
ASK_SOON_FROM_GRADE = 3


def plain_sentence(
    flag: Flag | None, *, grade: int | None = None, reviewed: bool, contact: Contact
) -> str:
    """What the number means today; `flag` is None when the report gave no range."""
    match flag:
        case Flag.NORMAL:
            return "Good to read, nothing to change."
        case Flag.HIGH | Flag.LOW:
            return (
                f"{DIRECTION_WORDS[flag]}. {care_words(grade, reviewed=reviewed, contact=contact)}"
            )
        case Flag.INDETERMINATE:
            return (
                "This number alone does not say whether it is in the usual range. "
                f"{seen_words(reviewed=reviewed, contact=contact)}"
            )
        case None:
            return (
                "The laboratory gave no usual range for this one. "
                f"{seen_words(reviewed=reviewed, contact=contact)}"
            )


def care_words(grade: int | None, *, reviewed: bool, contact: Contact) -> str:
    """What is being done: a milder result waits for the visit, a marked one brings a call."""
    seen = seen_words(reviewed=reviewed, contact=contact)
    if grade is not None and grade >= ASK_SOON_FROM_GRADE:
        return f"{seen} If nobody has spoken with you about it yet, call {contact.phone} today."
    return f"{seen} Questions are welcome: {contact.phone}."


def seen_words(*, reviewed: bool, contact: Contact) -> str:
    if reviewed:
        return f"{contact.name} has looked at it and takes it into account."
    return f"{contact.name} looks at it and tells you if anything changes."


def range_in_words(printed_range: str) -> str:
    """The usual range as a phrase: "usual: ≤ 40 U/L"."""
    return f"usual: {printed_range}" if printed_range else "no usual range given"
