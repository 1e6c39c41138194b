"""One enrolment: where it stands and came from, its schedule and its version, and how it ends."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.refusal import Refusal
from protocols.actions import death, endings
from protocols.forms.enrolment import (
    AttestationForm,
    DatedForm,
    DeathForm,
    EndingForm,
    ReturnForm,
    StepForm,
    WithdrawalForm,
)
from protocols.models import ON_TREATMENT, TERMINAL, Enrolment, RulesetChoice, Visit
from protocols.queries.banner import banner_of
from protocols.queries.enrolment import definition_of, with_version
from protocols.queries.ipledge import SUPPLIED, begins_on
from protocols.queries.known_history import known_history
from protocols.queries.life import Life, life_of
from protocols.queries.story import Story, story_of
from protocols.rules.definition import Definition, awaiting_sign_off
from protocols.rules.ipledge import months_to_confirm
from protocols.rules.status import Event, events_from
from protocols.rules.status_words import PAGES
from protocols.rules.vocabulary import Status
from protocols.views.enrol import unseen

#: What each part of a definition is called where its open choices are counted.
PARTS = {
    "dose": "dose and supply",
    "visits": "visits and windows",
    "gates": "gates",
    "eligibility": "eligibility",
    "counselling": "counselling",
    "safety": "safety limits",
    "mood": "mood",
    "medicines": "medicines",
    "high_risk": "higher risk",
    "response": "response",
    "deviations": "deviations",
    "lab_lateness": "late results",
    "semen_preparation": "samples",
    "lost": "loss to follow-up",
    "reminders": "reminders",
}


@dataclass(frozen=True, slots=True)
class Ending:
    """One way on from here: its address, its words, and whether it asks for a reason."""

    event: Event | None
    url: str
    title: str
    note: str
    button: str
    form: type[DatedForm]
    grave: bool = False


ENDINGS = (
    Ending(
        None,
        "record_last_dose",
        "Last capsule",
        "The follow-up visits are counted from this day.",
        "Record the last capsule",
        DatedForm,
    ),
    Ending(
        Event.GATE_COMPLETE,
        "complete_treatment",
        "Treatment completed",
        "When the end visit is done, every capsule is counted and the last sample is valid.",
        "Complete the treatment",
        DatedForm,
    ),
    Ending(
        Event.PATIENT_WITHDRAWS_TREATMENT,
        "withdraw_treatment",
        "He stops of his own wish",
        "Follow-up goes on if he agrees.",
        "Record that he stops",
        WithdrawalForm,
    ),
    Ending(
        Event.LTFU_RULE,
        "mark_lost",
        "Lost to follow-up",
        "When two visits in a row were missed and every way to reach him was tried.",
        "Call him lost",
        DatedForm,
    ),
    Ending(
        Event.PATIENT_RETURNS,
        "mark_returned",
        "He is back",
        "He has again the status he had.",
        "Record that he is back",
        ReturnForm,
    ),
    Ending(
        Event.WINDOW_CLOSED,
        "close_enrolment",
        "Close the enrolment",
        "When the second follow-up is done or its window has closed; otherwise it closes by itself "
        "then. Calls still planned are not needed any more.",
        "Close",
        DatedForm,
    ),
    Ending(
        Event.WITHDRAWS_CONSENT,
        "end_by_withdrawn_consent",
        "He withdraws his consent",
        "No new data; nothing more is planned. What is on file is kept.",
        "End the enrolment",
        EndingForm,
        grave=True,
    ),
    Ending(
        Event.DEATH,
        "record_death",
        "He has died",
        "Bookings and messages end at once and nothing is ever sent to him again. The serious "
        "adverse event is begun and its report asked for within a day.",
        "Record his death",
        DeathForm,
        grave=True,
    ),
)


@require_safe
@requires(Capability.PATIENT_READ)
def enrolment(request, pk: int) -> HttpResponse:
    return page(request, enrolment_or_404(request, pk), {})


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def record_last_dose(request, pk: int) -> HttpResponse:
    def act(enrolment: Enrolment, typed: Typed) -> None:
        endings.record_last_dose(
            enrolment=enrolment, on=typed["on"], by=request.user, today=timezone.localdate()
        )

    return end(request, pk, "record_last_dose", act, "The follow-up visits are laid.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def complete(request, pk: int) -> HttpResponse:
    return end(request, pk, "complete_treatment", by(request, endings.complete), "Completed.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def withdraw(request, pk: int) -> HttpResponse:
    def act(enrolment: Enrolment, typed: Typed) -> None:
        endings.withdraw_treatment(
            enrolment=enrolment,
            on=typed["on"],
            reason=typed["reason"],
            follow_up=not typed["no_follow_up"],
            by=request.user,
        )

    return end(request, pk, "withdraw_treatment", act, "He has stopped.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def mark_lost(request, pk: int) -> HttpResponse:
    return end(request, pk, "mark_lost", by(request, endings.mark_lost), "Lost to follow-up.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def mark_returned(request, pk: int) -> HttpResponse:
    act = by(request, endings.mark_returned, reasoned=True)
    return end(request, pk, "mark_returned", act, "He is back.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def close(request, pk: int) -> HttpResponse:
    return end(request, pk, "close_enrolment", by(request, endings.close), "Closed.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def withdraw_consent(request, pk: int) -> HttpResponse:
    act = by(request, endings.withdraw_consent, reasoned=True)
    return end(request, pk, "end_by_withdrawn_consent", act, "The enrolment has ended.")


@require_POST
@requires(Capability.ENROLMENT_WRITE)
def record_death(request, pk: int) -> HttpResponse:
    def act(enrolment: Enrolment, typed: Typed) -> None:
        death.record_death(
            enrolment=enrolment,
            on=typed["on"],
            reason=typed["reason"],
            by=request.user,
            now=timezone.now(),
        )

    return end(request, pk, "record_death", act, "His death is recorded.")


Typed = Mapping[str, Any]
Act = Callable[[Enrolment, Typed], object]


def by(request, action: Callable[..., object], *, reasoned: bool = False) -> Act:
    """The action, told who does it."""

    def act(enrolment: Enrolment, typed: Typed) -> object:
        more = {"reason": typed["reason"]} if reasoned else {}
        return action(enrolment=enrolment, on=typed["on"], by=request.user, **more)

    return act


def end(request, pk: int, url: str, act: Act, done: str) -> HttpResponse:
    """Take one way out, or say on the page why it is closed."""
    found = enrolment_or_404(request, pk)
    kind = next(ending for ending in ENDINGS if ending.url == url)
    form = kind.form(request.POST, prefix=url)
    if form.is_valid() and not_to_come(form):
        try:
            act(found, form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("protocols:enrolment", found.pk)
    return page(request, found, {url: form}, status=422)


def not_to_come(form: DatedForm) -> bool:
    if form.cleaned_data["on"] > timezone.localdate():
        form.add_error("on", "This is recorded when it has happened, not before.")
        return False
    return True


def enrolment_or_404(request, pk: int) -> Enrolment:
    return get_object_or_404(with_version(Enrolment.objects.visible_to(request.user)), pk=pk)


def page(
    request, found: Enrolment, forms: dict[str, StepForm], *, status: int = 200
) -> HttpResponse:
    """The whole enrolment, and a line in the trail that it was opened."""
    today = timezone.localdate()
    audit.viewed(request.user, found.patient, "protocols:enrolment")
    definition, life = definition_of(found.version), life_of(found, request.user)
    may_write = may(request.user, Capability.ENROLMENT_WRITE)
    ended = found.status in TERMINAL
    context: dict[str, Any] = {
        "nav": "patients",
        "patient": found.patient,
        "enrolment": found,
        "life": life,
        "check": life.check,
        "about": PAGES[Status(found.status)],
        "definition": definition,
        "open_choices": open_choices(definition),
        "before_start": found.first_dose_on is None and not ended,
        "outdated": () if ended else known_history(found).outdated(today),
        "may_write": may_write,
        "before_end": not ended,
        "may_correct": (ended or found.status in ON_TREATMENT)
        and may(request.user, Capability.ENROLMENT_CORRECT),
        "may_order": found.status in ON_TREATMENT and may(request.user, Capability.DOSE_PRESCRIBE),
    }
    ways = ways_on(found, forms, today) if may_write else []
    offered = {ending.url for ending, _, _ in ways}
    story = story_of(found.patient)
    context |= {"ipledge": ipledge_of(found, life, story, today, forms)}
    if context["ipledge"].offered:
        offered.add(ATTEST)
    context |= {"endings": ways, "unseen": unseen(forms, offered)}
    context |= {"banner": banner_of(story, today), "visits": visits_of(found, story.visits)}
    return render(request, "protocols/enrolment/enrolment.html", context, status=status)


ATTEST = "attest_ipledge"


@dataclass(frozen=True, slots=True)
class Ipledge:
    """The rules the site works by, and the month that waits for its confirmation."""

    rules: str
    month: int | None
    #: From when it may be confirmed, while that is still to come.
    begins_on: date | None
    form: StepForm
    shown: bool

    @property
    def offered(self) -> bool:
        return self.month is not None and self.begins_on is None


def ipledge_of(
    found: Enrolment, life: Life, story: Story, today: date, forms: dict[str, StepForm]
) -> Ipledge:
    definition = definition_of(found.version)
    ruleset = life.ruleset_on(today, definition.rulesets.ipledge)
    of_this = story.doses if story.enrolment and story.enrolment.pk == found.pk else None
    bottle = len(of_this.dispenses) + 1 if of_this else 1
    waits: tuple[int, ...] = ()
    if found.status in SUPPLIED and bottle <= definition.dose.cycles:
        waits = months_to_confirm(ruleset, bottle, [row.month for row in life.confirmations])
    month = next(iter(waits), None)
    begins = None
    if month is not None:
        begins = begins_on(month, definition, story.visits, life.waiting_since)
    form = forms.get(ATTEST) or AttestationForm(initial={"on": today}, prefix=ATTEST)
    return Ipledge(
        rules=str(RulesetChoice.Ruleset(ruleset).label),
        month=month,
        begins_on=begins if begins and begins > today else None,
        form=form,
        shown=bool(waits or life.confirmations),
    )


def visits_of(found: Enrolment, visits: list[Visit]) -> list[Visit]:
    """His schedule; the story is that of his newest enrolment, so an older one is asked for."""
    if any(visit.enrolment_id == found.pk for visit in visits):
        return visits
    return list(Visit.objects.filter(enrolment=found).order_by("target_on", "pk"))


def open_choices(definition: Definition) -> list[tuple[str, int]]:
    """How many choices the medical lead has not signed yet, by the part they belong to."""
    parts = Counter(path.split(".")[0].split("[")[0] for path in awaiting_sign_off(definition))
    return [(PARTS.get(part, part), count) for part, count in parts.items()]


def ways_on(
    found: Enrolment, forms: dict[str, StepForm], today: date
) -> list[tuple[Ending, StepForm, bool]]:
    """Each ending that leads on from here, with its form, and whether it was just refused."""
    known = events_from(Status(found.status))
    ways = []
    for ending in ENDINGS:
        allowed = ending.event in known if ending.event else found.first_dose_on is not None
        if not allowed or not known:
            continue
        form = forms.get(ending.url) or ending.form(initial={"on": today}, prefix=ending.url)
        ways.append((ending, form, ending.url in forms))
    return ways
