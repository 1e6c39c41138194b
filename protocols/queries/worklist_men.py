"""Rows of the work queue that need arithmetic about one man: his capsules, and his silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from clinic.models import Account
from patients.models import ContactAttempt, Letter
from protocols.models import ON_TREATMENT, Enrolment, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept, somebody_at
from protocols.queries.ladder import REACHED, Reach, Seen, Tried, reach_from
from protocols.queries.supplies import awaited_blood, running_out
from protocols.queries.work import LIMIT, Work, moment, short, weekday
from protocols.rules.lost import Step

#: What each next step is called in its row, and what its row can do.
STEPS = {
    Step.TRY: ("reach him", ("call", "contact")),
    Step.TRY_ANOTHER_WAY: ("try another way", ("contact", "call")),
    Step.LETTER: ("the letter is due", ("reach_letter", "call")),
    Step.WAIT: ("wait for him", ("call", "record")),
    Step.NOTHING: ("wait for him", ("call", "record")),
    Step.LOST: ("may be called lost", ("lost", "call")),
}


def supply_work(user: Account, today: date) -> Iterator[Work]:
    """Capsules that end within a week, and blood that the next bottle waits for."""
    for man, ends in running_out(user, today):
        lacking = awaited_blood(man)
        if lacking:
            yield _blood(man, ends, lacking, today)
        if not _comes_before(man, max(ends, today)):
            yield _supply(man, ends, today)


def _comes_before(man: Enrolment, ends: date) -> bool:
    """Who comes before that day gets his next bottle then, and needs nobody now."""
    comes = vars(man)["comes_at"]
    return comes is not None and timezone.localtime(comes).date() <= ends


def _blood(man: Enrolment, ends: date, lacking: str, today: date) -> Work:
    lasted = "lasted" if ends < today else "last"
    return Work(
        rank=(5, ends.isoformat()),
        kind="warning",
        icon="tube",
        what=f"{man.patient}, {lacking}",
        ctx=f"The next bottle waits for it; his capsules {lasted} to {weekday(ends)}",
        acts=("results", "doses"),
        person=man.patient_id,
        phone=man.patient.phone,
        pk=man.pk,
        about=f"protocols.enrolment:{man.pk}",
    )


def _supply(man: Enrolment, ends: date, today: date) -> Work:
    return Work(
        rank=(6, ends.isoformat()),
        kind="warning",
        icon="caps",
        what=f"{man.patient} {'ran out on' if ends < today else 'runs out on'} {weekday(ends)}",
        ctx=f"No visit booked before then; last bottle {short(vars(man)['last_bottle'])}",
        acts=("doses", "call"),
        person=man.patient_id,
        phone=man.patient.phone,
        pk=man.pk,
        about=f"protocols.enrolment:{man.pk}",
    )


def reach_work(user: Account, today: date) -> Iterator[Work]:
    """The next step for each man who does not come; and who was lost and is there again."""
    if user.member is None:
        return
    for man in _silent(site=user.member.site_id):
        found = _reach(man, today)
        if found.is_lost:
            if found.back_on is not None:
                yield _back(man, found.back_on)
        elif found.missed:
            yield _step(man, found)


def _silent_men(site: int) -> QuerySet[Enrolment]:
    """Whose last window closed without him, and who was lost and has shown himself since."""
    mine, his = {"enrolment": OuterRef("pk")}, {"patient": OuterRef("patient")}
    came = Visit.objects.filter(**mine, attended_on__isnull=False).order_by("-attended_on")
    missed = Visit.objects.filter(
        **mine, status=Visit.Status.MISSED, closes_on__gt=OuterRef("came_on")
    )
    tries = ContactAttempt.objects.filter(**his, struck_at=None)
    wrote = Letter.objects.filter(**his, from_patient=True).order_by("-written_at")
    return (
        Enrolment.objects.visible_to(somebody_at(site))
        .select_related("patient__site", "version")
        .defer("version__definition")
        .filter(status__in=[*ON_TREATMENT, "LOST_TO_FOLLOW_UP"])
        .annotate(
            came_on=Coalesce(Subquery(came.values("attended_on")[:1]), date.min),
            last_missed=Subquery(missed.order_by("-closes_on").values("closes_on")[:1]),
            told_visits=ArraySubquery(
                Visit.objects.filter(**mine).values(
                    json=JSONObject(
                        code="code", status="status", came="attended_on", closes="closes_on"
                    )
                )
            ),
            told_tries=ArraySubquery(
                tries.order_by("at", "pk").values(
                    json=JSONObject(at="at", channel="channel", outcome="outcome")
                )
            ),
            wrote_at=Subquery(wrote.values("written_at")[:1]),
        )
        .filter(
            Q(status__in=ON_TREATMENT, last_missed__isnull=False)
            | Q(status="LOST_TO_FOLLOW_UP") & (
                Q(came_on__gte=F("status_since"))
                | Exists(tries.filter(outcome__in=REACHED, at__date__gte=OuterRef("status_since")))
                | Q(wrote_at__date__gte=F("status_since"))
            )
        )
        .order_by("last_missed", "pk")[:LIMIT]
    )  # fmt: skip


_silent = Kept(_silent_men, site=int)


def _reach(man: Enrolment, today: date) -> Reach:
    rows, site = vars(man), man.patient.site
    seen = [
        Seen(row["code"], row["status"], _day(row["came"]), _day(row["closes"]))
        for row in rows["told_visits"]
    ]
    tried = [
        Tried(site.localdate(at), row["channel"], row["outcome"])
        for row in rows["told_tries"]
        if (at := moment(row["at"])) is not None
    ]
    wrote = site.localdate(rows["wrote_at"]) if rows["wrote_at"] else None
    return reach_from(man, definition_of(man.version), seen, tried, wrote, today)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _step(man: Enrolment, found: Reach) -> Work:
    ladder = found.ladder
    words, acts = STEPS[ladder.step]
    met = sum(row.met for row in ladder.conditions)
    due = ladder.due_on
    wait = f"; not before {weekday(due)}" if ladder.step is Step.WAIT and due else ""
    urgent = ladder.step not in (Step.WAIT, Step.NOTHING)
    last = f"last contact {short(found.last_contact_on)}" if found.last_contact_on else "no contact"
    return Work(
        rank=(6 if urgent else 8, (due or date.max).isoformat()),
        kind="warning" if urgent else "",
        icon="phone" if urgent else "clock",
        what=f"{man.patient}, missed {' and '.join(found.missed[-2:])}: {words}",
        ctx=f"{tries_words(len(found.tries))}, {last}; {met} of {len(ladder.conditions)} conditions"
        f" for “lost”{wait}",
        acts=acts,
        person=man.patient_id,
        phone=man.patient.phone,
        pk=man.pk,
        about=found.about,
    )


def tries_words(number: int) -> str:
    return {0: "Not tried yet", 1: "One attempt"}.get(number, f"{number} attempts")


def _back(man: Enrolment, on: date) -> Work:
    return Work(
        rank=(5, on.isoformat()),
        kind="info",
        icon="person",
        what=f"{man.patient} was there again on {weekday(on)}",
        ctx="He counts as lost; on his record he is taken back with the status he had",
        acts=("back", "call"),
        person=man.patient_id,
        phone=man.patient.phone,
        pk=man.pk,
        about=f"protocols.enrolment:{man.pk}",
    )
