"""Deciding about a finding, reviewing results, answering."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from protocols.models import ON_TREATMENT, Enrolment, Finding

ACTION = Finding.Action
#: What else a clinician may order for each proposal, gravest first.
INSTEAD = {
    ACTION.CONTINUE_ADVISE: [ACTION.REVIEW],
    ACTION.REPEAT: [ACTION.HOLD, ACTION.REDUCE],
    ACTION.REVIEW: [ACTION.STOP, ACTION.HOLD, ACTION.REDUCE],
    ACTION.REDUCE: [ACTION.HOLD, ACTION.STOP],
    ACTION.HOLD: [ACTION.STOP, ACTION.REDUCE],
    ACTION.STOP: [ACTION.HOLD],
    ACTION.FREEZE: [],
    ACTION.RESTART: [],
    ACTION.RAISE: [],
}
TITLES = {
    ACTION.CONTINUE_ADVISE: "Advise and continue",
    ACTION.REPEAT: "Repeat the test",
    ACTION.REVIEW: "Reviewed, go on",
    ACTION.REDUCE: "Reduce to 20 mg a day",
    ACTION.HOLD: "Hold",
    ACTION.STOP: "Stop treatment",
    ACTION.FREEZE: "Order freezing",
    ACTION.RESTART: "Restart at 20 mg a day",
    ACTION.RAISE: "Back to 40 mg a day",
}
TESTED = {ACTION.REPEAT, ACTION.REVIEW, ACTION.REDUCE, ACTION.HOLD, ACTION.STOP}
DOSE = {ACTION.REDUCE, ACTION.HOLD, ACTION.STOP}
Choice = tuple[str, SafeString]


def option(title: str, hint: str) -> SafeString:
    return format_html("{}<small>{}</small>", title, hint) if hint else format_html("{}", title)


def what_follows(action: str, finding: Finding, today: date) -> str:
    """What choosing an action brings, in a line."""
    tomorrow = today + timedelta(days=1)
    first = {
        ACTION.REDUCE: f"one capsule a day from {weekday(tomorrow)}",
        ACTION.HOLD: "no capsules from today, visits keep their days",
        ACTION.STOP: "no more capsules, follow-up visits are laid",
        ACTION.FREEZE: "the laboratory freezes what there is today",
        ACTION.RESTART: "one capsule a day from today, blood again in two weeks",
        ACTION.RAISE: f"two capsules a day from {weekday(tomorrow)}",
    }.get(ACTION(action), "the dose stays")
    again = ""
    if action in TESTED and finding.repeat_by:
        again = f"; blood again by {weekday(finding.repeat_by)}"
    return f"{first}{again}"


def choices_of(finding: Finding, enrolment: Enrolment, today: date) -> list[Choice]:
    """What a clinician may choose: as proposed, something else, or nothing with a reason."""
    proposed = TITLES[ACTION(finding.action)]
    found: list[Choice] = [
        (
            "accept",
            option(f"{proposed}, as proposed", what_follows(finding.action, finding, today)),
        )
    ]
    for action in INSTEAD[ACTION(finding.action)]:
        if action in DOSE and enrolment.status not in ON_TREATMENT:
            continue
        title = option(f"{TITLES[action]} instead", what_follows(action, finding, today))
        found.append((f"edit:{action.value}", title))
    decline = "Do not freeze" if finding.kind == Finding.Kind.FREEZE else declined(finding)
    return [*found, ("decline", option(decline, "needs a written reason"))]


def declined(finding: Finding) -> str:
    if finding.kind == Finding.Kind.MOOD:
        return "Assessed, no change"
    if finding.action == ACTION.RESTART:
        return "Keep the hold"
    kept = finding.action in DOSE or finding.action == ACTION.RAISE
    return "Keep the dose" if kept else "Nothing to do"


def weekday(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


OTHER_WORDS = (
    "These words are for what was proposed, and you decide otherwise: change them, or write to "
    "him after the decision."
)


class DecisionForm(forms.Form):
    """One choice, its reason, and the words that go to him with it."""

    choice = forms.ChoiceField(
        label="Decision",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what is done."},
    )
    reason = forms.CharField(
        label="Reason", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    send = forms.BooleanField(label="Send him this message in the portal", required=False)
    letter = forms.CharField(
        label="Message", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 9})
    )

    def __init__(
        self, *args: Any, choices: Sequence[Choice], about_mood: bool, suggested: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]
        if about_mood:
            self.fields["choice"].label = "After speaking to him"
            self.fields["reason"].label = "What you agreed"
        self.fields["letter"].initial = self.suggested = suggested

    def clean(self) -> dict[str, Any]:
        """Words that were drafted for one decision do not go with another."""
        given = super().clean() or {}
        chosen, words = given.get("choice"), given.get("letter", "")
        if given.get("send") and chosen not in {None, "accept"} and self.is_as_suggested(words):
            self.add_error("letter", OTHER_WORDS)
        return given

    def is_as_suggested(self, words: str) -> bool:
        return words.split() == self.suggested.split()

    @property
    def decision(self) -> dict[str, str]:
        """As the action takes it."""
        decision, _, action = self.cleaned_data["choice"].partition(":")
        letter = self.cleaned_data["letter"]
        return {
            "decision": decision,
            "action": action,
            "reason": self.cleaned_data["reason"],
            "letter": letter if self.cleaned_data["send"] else "",
            "draft": "" if self.is_as_suggested(letter) else letter,
        }


class LetterForm(forms.Form):
    """The words to him after a decision, to be kept or sent."""

    letter = forms.CharField(
        label="Message", max_length=4000, widget=forms.Textarea(attrs={"rows": 9}),
        error_messages={"required": "The message is empty."},
    )  # fmt: skip


class ReviewForm(forms.Form):
    """Seen, with a sentence for him if there is one."""

    comment = forms.CharField(
        label="Comment he can read beside it",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class AnswerForm(forms.Form):
    body = forms.CharField(
        label="Answer", max_length=4000, widget=forms.Textarea(attrs={"rows": 6})
    )
