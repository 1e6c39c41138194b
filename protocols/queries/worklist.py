"""The work queue: what needs a person today, most urgent first, and how much there is of each.

Everything but the supplies and the silent men is read in one query, so the page costs the same
however long the queue is (domain reference §7.7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Replace

from clinic.models import Account, Message, Site
from labs.models import Draw, InboundMessage, Order, SemenAnalysis, Specimen
from patients.models import ContactAttempt, Letter, Patient
from protocols.models import Deviation, Finding, Visit
from protocols.queries.kept import Kept, somebody_at
from protocols.queries.work import (
    CLOSING,
    EXPECTED,
    FAILED,
    OF_PATIENT,
    OVERDUE,
    PERSON,
    RESULTS,
    Work,
    first_rows,
    key_of,
    moment,
    name,
    short,
)
from protocols.queries.worklist_men import reach_work, supply_work
from protocols.queries.worklist_plan import planned_columns, planned_work
from protocols.queries.worklist_storage import storage_work
from protocols.rules.schedule import UNSCHEDULED

#: Windows that close this soon with nothing booked are a tile; the worst of them a red row.
CLOSING_DAYS, URGENT_DAYS = 7, 3
PATIENT = "patients.patient:"

FILTERS = (EXPECTED, CLOSING, OVERDUE, RESULTS, FAILED)
DEVIATIONS = "deviations"


@dataclass(frozen=True, slots=True)
class Worklist:
    """The rows, and the whole number behind each tile, whatever is shown."""

    rows: Sequence[Work]
    counts: Mapping[str, int]

    def shown(self, only: str) -> list[Work]:
        """The rows of one tile; without one, all but the results, which have their inbox,
        and who comes tomorrow, who is expected."""
        if only:
            return [row for row in self.rows if row.show == only]
        return [row for row in self.rows if row.show not in (RESULTS, EXPECTED)]

    @property
    def pressing(self) -> int:
        """People who cannot wait: the red rows."""
        return len({row.person or row.about for row in self.rows if row.kind == "critical"})


def worklist(user: Account, site: Site, today: date) -> Worklist:
    """What waits at the member's site, in three queries."""
    (row,) = _everything(
        site=site.pk,
        today=today,
        tomorrow=today + timedelta(days=1),
        soon=today + timedelta(days=CLOSING_DAYS),
    )
    found = [
        *(_finding(item, today) for item in row["findings"]),
        *(_visit(item, today) for item in row["visits"]),
        *(_order(item, today) for item in row["orders"]),
        *(_inbound(item) for item in row["inbound"]),
        *(_failed(item) for item in row["failed"]),
        *(_letter(item) for item in row["letters"]),
        *(_result(item, "draw") for item in row["draws"]),
        *(_result(item, "semen") for item in row["samples"]),
        *planned_work(row, today),
        *supply_work(user, today),
        *reach_work(user, today),
        *storage_work(user, today),
    ]
    counts = {
        CLOSING: row["n_closing"],
        OVERDUE: row["n_overdue"],
        RESULTS: row["n_draws"] + row["n_samples"],
        FAILED: row["n_failed"],
        DEVIATIONS: row["n_deviations"],
    }
    return Worklist(sorted(found, key=lambda work: work.rank), counts)


def _whole(site: int, today: date, tomorrow: date, soon: date) -> QuerySet[Any, Any]:
    user = somebody_at(site)
    findings = Finding.objects.visible_to(user).open()
    visits_all = _unbooked(user)
    visits = visits_all.filter(opens_on__lte=soon)
    overdue = visits.filter(closes_on__lt=today)
    closing = visits.filter(closes_on__range=(today, soon))
    draws = Draw.objects.visible_to(user).unreviewed()
    samples = SemenAnalysis.objects.visible_to(user).unreviewed()
    failed = Message.objects.visible_to(user).failed()
    inbound = InboundMessage.objects.visible_to(user).stuck()
    orders = _awaited_orders(user, today, soon)
    # A duty is a row itself, and so is the visit that is still to be booked for a repeat.
    repeats = visits_all.filter(code=UNSCHEDULED, closes_on__isnull=False)
    orders = orders.exclude(about__startswith="protocols.duty:").exclude(
        Exists(repeats.filter(enrolment__patient=OuterRef("patient")))
    )
    letters = Letter.objects.visible_to(user).unanswered()
    return Site.objects.filter(pk=site).values(
        findings=first_rows(findings.order_by("urgency", "contact_by", "pk"), PERSON, FINDING),
        visits=first_rows(
            _with_calls(visits.filter(Q(closes_on__lte=soon) | Q(code=UNSCHEDULED))).order_by(
                "closes_on", "pk"
            ),
            PERSON,
            VISIT,
        ),
        orders=first_rows(orders.order_by("due_on", "pk"), OF_PATIENT, ORDER),
        inbound=first_rows(inbound.order_by("received_at", "pk"), {}, INBOUND),
        failed=first_rows(_with_names(failed).order_by("-created_at", "-pk"), {}, MESSAGE),
        letters=first_rows(letters.order_by("written_at", "pk"), OF_PATIENT, ("id", "written_at")),
        draws=first_rows(draws.order_by("collected_at", "pk"), OF_PATIENT, ("id", "collected_at")),
        samples=first_rows(
            samples.order_by("collected_at", "pk"), OF_PATIENT, ("id", "collected_at")
        ),
        **planned_columns(user, today, tomorrow, soon),
        n_deviations=_count(Deviation.objects.visible_to(user).open()),
        n_closing=_count(closing),
        n_overdue=_count(overdue),
        n_draws=_count(draws),
        n_samples=_count(samples),
        n_failed=_count(failed),
    )


def _awaited_orders(user: Account, today: date, soon: date) -> QuerySet[Order]:
    """What a rule asked for and is due soon, whatever is overdue, and what must be taken again."""
    taken = Specimen.objects.filter(orders=OuterRef("pk"))
    rejected = taken.exclude(rejected_at=None).order_by("-rejected_at").values("rejection")[:1]
    rows = Order.objects.visible_to(user).open()
    return rows.annotate(
        rejected=Case(When(~Exists(taken.filter(rejected_at=None)), then=Subquery(rejected)))
    ).filter(Q(due_on__lt=today) | Q(rejected__isnull=False) | (Q(due_on__lte=soon) & ~Q(about="")))


_everything = Kept(_whole, site=int, today=date, tomorrow=date, soon=date)


def _unbooked(user: Account) -> QuerySet[Visit]:
    """Awaited, and no booking stands for it, past ones that took place included."""
    rows = Visit.objects.visible_to(user).awaited().unbooked()
    return rows.exclude(appointments__booking__status="completed")


FINDING = ("id", "kind", "action", "urgency", "headline", "contact_by", "repeat_by")
VISIT = ("id", "code", "title", "target_on", "closes_on", "calls", "last_call")
TAKEN = ("id", "collected_at")
ORDER = ("id", "semen", "due_on", "reason", "panel__name", "about", "rejected")
INBOUND = ("id", "explanation", "received_at", "state")
MESSAGE = ("id", "person", "last_error", "template", "given", "called", "family")


def _count(rows: QuerySet[Any]) -> Subquery:
    return Subquery(
        rows.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n"),
        output_field=IntegerField(),
    )


def _with_names(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Whom each is for: a message knows him by his label only."""
    number = Cast(Replace("person", Value(PATIENT), Value("")), BigIntegerField())
    him = Patient.objects.filter(pk=OuterRef("patient"))
    return messages.annotate(
        patient=Case(When(person__startswith=PATIENT, then=number)),
        given=Subquery(him.values("given_name")[:1]),
        called=Subquery(him.values("preferred_name")[:1]),
        family=Subquery(him.values("family_name")[:1]),
    )


def _with_calls(visits: QuerySet[Visit]) -> QuerySet[Visit]:
    """How often he was called about the visit, and how the last call ended."""
    label = Concat(Value("protocols.visit:"), Cast(OuterRef("pk"), CharField()))
    calls = ContactAttempt.objects.filter(about=label, struck_at=None)
    last = calls.order_by("-at", "-pk").values("outcome")[:1]
    return visits.annotate(calls=_count(calls), last_call=Subquery(last))


def _finding(item: Mapping[str, Any], today: date) -> Work:
    urgent = item["urgency"] <= 3
    freeze = item["kind"] == Finding.Kind.FREEZE
    due = moment(item["contact_by"])
    ctx = item["headline"]
    if due is not None and not freeze:
        day = "" if due.date() == today else f"{due:%a} {short(due)}, "
        ctx = f"{ctx}; by {day}{due:%H:%M}"
    if item["urgency"] == 0:
        what = f"{name(item)}, call back today"
    elif freeze:
        what = f"{name(item)}, freeze today"
    else:
        action = Finding.Action(item["action"]).label
        what = f"{name(item)}, {action[0].lower()}{action[1:]}"
    return Work(
        rank=(item["urgency"], item["contact_by"] or ""),
        kind="critical" if urgent else "warning",
        icon="snow" if freeze else ("mood" if item["kind"] == Finding.Kind.MOOD else "stop"),
        what=what,
        ctx=ctx,
        acts=("finding", "call"),
        person=item["person"],
        phone=item["phone"],
        pk=item["id"],
        about=f"protocols.finding:{item['id']}",
    )


def _visit(item: Mapping[str, Any], today: date) -> Work:
    closes = date.fromisoformat(item["closes_on"])
    late = closes < today
    word = f"{closes:%a} {closes.day} {closes:%b}"
    state = f"overdue since {word}" if late else f"closes {word}"
    visit = item["code"]
    if visit == UNSCHEDULED:
        visit = item["title"][:1].lower() + item["title"][1:]
        state = f"was due {word}" if late else f"by {word}"
    urgent = late or (closes - today).days <= URGENT_DAYS
    return Work(
        rank=(5 if urgent else 7, item["closes_on"]),
        kind="warning" if urgent else "",
        icon="clock" if urgent else "cal",
        what=f"{name(item)}, {visit} {state}",
        ctx=_calls(item["calls"], item["last_call"]),
        acts=("book", "call"),
        show=OVERDUE if late else CLOSING,
        person=item["person"],
        phone=item["phone"],
        pk=item["id"],
        visit=item["id"],
        about=f"protocols.visit:{item['id']}",
    )


def _calls(number: int, outcome: str | None) -> str:
    if not number or outcome is None:
        return "Not called yet"
    times = {1: "once", 2: "twice"}.get(number, f"{number} times")
    word = ContactAttempt.Outcome(outcome).label
    return f"Called {times}; last: {word[0].lower()}{word[1:]}"


def _order(item: Mapping[str, Any], today: date) -> Work:
    due = date.fromisoformat(item["due_on"])
    test = "sample" if item["semen"] else item["panel__name"].lower()
    late, rejected = due < today, item["rejected"]
    said = [f"{'Was due' if late else 'Due'} {due:%a} {due.day} {due:%b}"]
    if rejected:
        why = Specimen.Rejection(rejected).label
        said.insert(0, f"Sample rejected: {why[0].lower()}{why[1:]}")
    if item["reason"]:
        said.append(item["reason"])
    return Work(
        rank=(6, item["due_on"]),
        kind="warning" if late or rejected else "",
        icon="drop" if not item["semen"] else "lab",
        what=f"{name(item)}, {'repeat' if item['about'] or rejected else 'awaited:'} {test}",
        ctx="; ".join(said),
        acts=("record", "call"),
        person=item["person"],
        phone=item["phone"],
        pk=item["id"],
        about=f"labs.order:{item['id']}",
    )


def _inbound(item: Mapping[str, Any]) -> Work:
    word = InboundMessage.State(item["state"]).label
    return Work(
        rank=(6, item["received_at"]),
        kind="info",
        icon="lab",
        what="One result without an owner" if item["state"] == "unmatched" else word,
        ctx=item["explanation"] or "From the laboratory",
        acts=("match",),
        pk=item["id"],
        about=f"labs.inboundmessage:{item['id']}",
    )


def _failed(item: Mapping[str, Any]) -> Work:
    return Work(
        rank=(6, "z"),
        kind="critical" if "crisis" in item["template"] else "",
        icon="mail",
        what=f"E-mail to {name(item)} failed" if item["given"] else "A message did not leave",
        ctx=f"{item['template'].replace('_', ' ').capitalize()}: {item['last_error']}".rstrip(": "),
        acts=("again", "record") if item["person"] else ("again",),
        show=FAILED,
        person=key_of(item["person"]),
        pk=item["id"],
        about=f"clinic.message:{item['id']}",
    )


def _letter(item: Mapping[str, Any]) -> Work:
    at = moment(item["written_at"])
    when = f"{at:%a} {at.day} {at:%b}, {at:%H:%M}" if at else ""
    return Work(
        rank=(6, item["written_at"]),
        kind="info",
        icon="msg",
        what=f"{name(item)} has written",
        ctx=when,
        acts=("letter",),
        person=item["person"],
        pk=item["id"],
        about=f"patients.letter:{item['id']}",
    )


def _result(item: Mapping[str, Any], what: str) -> Work:
    at = moment(item["collected_at"])
    when = f"collected {at:%a} {at.day} {at:%b}" if at else ""
    return Work(
        rank=(8, item["collected_at"]),
        kind="info",
        icon="scope" if what == "semen" else "tube",
        what=f"{name(item)}, {'sample' if what == 'semen' else 'blood results'} to review",
        ctx=when,
        acts=(what,),
        show=RESULTS,
        person=item["person"],
        pk=item["id"],
        about=f"labs.{what}:{item['id']}",
    )
