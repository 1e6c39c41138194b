"""The rows of the inbox, each kind of thing in the same columns, as parts of one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, JSONObject

from clinic.access import Capability
from clinic.models import Account
from labs.models import Draw, Result, SemenAnalysis
from patients.models import Letter
from protocols.models import AdverseEvent, Duty, Finding, SymptomGrade, Visit
from protocols.rules.adverse_events import MEDWATCH, SERIOUS
from protocols.rules.danger import (
    CRITICAL,
    DUTIES,
    EVENTS,
    FREEZE,
    LETTERS,
    NORMAL,
    RESULTS,
    SELF_HARM,
    STOP_HOLD,
    VISITS,
)
from protocols.rules.duties import WATCHED

#: Rows read for each kind of thing; what is beyond waits until these are done.
LIMIT = 100


def kinds(user: Account, today: Any, me: Any) -> list[tuple[Capability | None, QuerySet[Any]]]:
    """Each kind of thing that waits, and what one must be able to do to be shown it."""
    return [
        (None, findings(user)),
        (None, duties(user, me)),
        (None, duties_covered(user, today, me)),
        (Capability.RESULT_REVIEW, draws(user)),
        (Capability.RESULT_REVIEW, samples(user)),
        (Capability.VISIT_SIGN, visits(user, today)),
        (Capability.MESSAGE_ANSWER, letters(user)),
        (Capability.FINDING_DECIDE, events(user)),
    ]


def columns(
    rows: QuerySet[Any],
    *,
    what: str,
    band: Any,
    at: Any,
    text: Any,
    more: Any = None,
    person: str = "patient",
    danger: Sequence[Any] = (),
) -> QuerySet[Any]:
    """The same columns for every kind of thing, so that they make one list.

    `danger` is what is read first where more waits than is read at once.
    """
    nothing = Value(None, JSONField())
    return (
        rows.annotate(
            what=Value(what, CharField()),
            ref=F("pk"),
            band=band if not isinstance(band, int) else Value(band, IntegerField()),
            whom=F(f"{person}__pk"),
            given=F(f"{person}__given_name"),
            preferred=F(f"{person}__preferred_name"),
            family=F(f"{person}__family_name"),
            born=F(f"{person}__born_on"),
            at=at,
            text=Cast(text, TextField()),
            more=Cast(more if more is not None else nothing, JSONField()),
        )
        .order_by("band", *danger, "at")
        .values(
            "what", "ref", "band", "whom", "given", "preferred", "family", "born", "at", "text",
            "more",
        )[:LIMIT]
    )  # fmt: skip


def findings(user: Account) -> QuerySet[Any]:
    band = Case(
        When(urgency=0, then=Value(SELF_HARM)),
        When(urgency=1, then=Value(STOP_HOLD)),
        When(urgency=2, then=Value(CRITICAL)),
        When(urgency=3, then=Value(FREEZE)),
        default=Value(RESULTS),
        output_field=IntegerField(),
    )
    return columns(
        Finding.objects.open().visible_to(user),
        what="finding",
        band=band,
        at=F("raised_at"),
        text=F("headline"),
        more=JSONObject(action=F("action"), kind=F("kind"), reasons=F("reasons")),
        person="enrolment__patient",
    )


def duties(user: Account, me: Any) -> QuerySet[Any]:
    """What a decision asks of this member, and what it asks of whoever is there."""
    for_all = Q(finding__isnull=False) | Q(code__in=[SERIOUS, MEDWATCH])
    asked = Q(owner__account=me) | Q(for_all, owner=None)
    return duty_columns(Duty.objects.open().visible_to(user).filter(asked))


def duties_covered(user: Account, today: Any, me: Any) -> QuerySet[Any]:
    """What is asked of somebody who is away, for the member who reads in her place today."""
    hers = {
        "owner__covers__by__account": me,
        "owner__covers__days__contains": today,
        "owner__covers__ended_at": None,
    }
    return duty_columns(Duty.objects.open().visible_to(user).filter(**hers))


def duty_columns(rows: QuerySet[Duty]) -> QuerySet[Any]:
    return columns(
        rows,
        what="duty",
        band=Case(
            When(code__in=WATCHED, then=SELF_HARM), default=DUTIES, output_field=IntegerField()
        ),
        at=F("due_at"),
        text=F("title"),
        more=JSONObject(watched=Q(code__in=WATCHED)),
        person="enrolment__patient",
    )


def open_finding(app_label: str) -> Exists:
    """A finding already asks for a decision about this."""
    label = Concat(Value(f"{app_label}:"), Cast(OuterRef("pk"), CharField()))
    return Exists(Finding.objects.open().filter(evidence=label))


def draws(user: Account) -> QuerySet[Any]:
    standing = Result.objects.current().filter(draw=OuterRef("pk"))
    out = standing.filter(~Q(flag="normal") | Q(grade__gte=1) | Q(critical=True))
    first: list[Any] = [F("critical").desc(), F("grade").desc(nulls_last=True), "analyte__position"]
    shown = out.order_by(*first).values(
        json=JSONObject(
            name=F("analyte__name"), reported=F("reported"), unit=F("unit"), flag=F("flag"),
            grade=F("grade"), critical=F("critical"),
        )
    )[:3]  # fmt: skip
    return columns(
        Draw.objects.visible_to(user)
        .unreviewed()
        .annotate(
            decided_elsewhere=open_finding("labs.draw"),
            out=Exists(out),
            is_critical=Exists(standing.filter(critical=True)),
            worst=Subquery(out.order_by(*first).values("grade")[:1]),
        )
        .filter(decided_elsewhere=False),
        what="draw",
        band=Case(
            When(is_critical=True, then=Value(CRITICAL)),
            When(out=True, then=Value(RESULTS)),
            default=Value(NORMAL),
            output_field=IntegerField(),
        ),
        at=F("filed_at"),
        text=Value(""),
        more=JSONObject(
            collected_at=F("collected_at"),
            fasting=F("fasting"),
            critical=F("is_critical"),
            results=ArraySubquery(shown),
        ),
        danger=[F("worst").desc(nulls_last=True)],
    )


def samples(user: Account) -> QuerySet[Any]:
    return columns(
        SemenAnalysis.objects.visible_to(user)
        .unreviewed()
        .annotate(decided_elsewhere=open_finding("labs.semenanalysis"))
        .filter(decided_elsewhere=False),
        what="semen",
        band=RESULTS,
        at=F("entered_at"),
        text=F("result_class"),
        more=JSONObject(sperm=F("pellet_sperm_n"), motile=F("pellet_motile_n"), valid=F("valid")),
    )


def visits(user: Account, today: Any) -> QuerySet[Any]:
    """Attended and complete, left open on an earlier day, or changed after they were signed."""
    left_open = Q(plan_at__isnull=False) | Q(attended_on__lt=today)
    return columns(
        Visit.objects.visible_to(user).filter(
            Q(status="amended") | (Q(status="in_progress") & left_open)
        ),
        what="visit",
        band=VISITS,
        at=Cast(F("opened_at"), DateTimeField()),
        text=F("code"),
        more=JSONObject(status=F("status"), complete=F("plan_at"), title=F("title")),
        person="enrolment__patient",
    )


def letters(user: Account) -> QuerySet[Any]:
    """The last unread letter of each man."""
    last = (
        Letter.objects.unanswered()
        .filter(patient=OuterRef("patient"))
        .order_by("-written_at", "-pk")
        .values("pk")[:1]
    )
    return columns(
        Letter.objects.visible_to(user).unanswered().filter(pk=Subquery(last)),
        what="letter",
        band=LETTERS,
        at=F("written_at"),
        text=F("body"),
    )


def events(user: Account) -> QuerySet[Any]:
    """Ungraded by a clinician, or with news since; one graded in a signed visit was seen there."""
    last = SymptomGrade.objects.filter(
        visit__enrolment=OuterRef("enrolment"), term=OuterRef("term")
    ).order_by("-visit__attended_on", "-pk")
    return columns(
        AdverseEvent.objects.visible_to(user)
        .standing()
        .annotate(graded_in=Subquery(last.values("visit__status")[:1]))
        .filter(
            (Q(reviewed_at=None) & (Q(graded_in=None) | ~Q(graded_in=Visit.Status.SIGNED)))
            | Q(news_at__isnull=False)
            | Q(proposed_end_on__isnull=False)
        ),
        what="event",
        band=EVENTS,
        at=F("recorded_at"),
        text=F("title"),
        more=JSONObject(grade=F("grade"), since=F("onset_on")),
        person="enrolment__patient",
    )
