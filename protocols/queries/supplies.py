"""Who has his last capsules soon, in one query for a whole site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import F, Max, OuterRef, QuerySet, Subquery

from clinic.models import Account, Booking
from labs.models import Result
from patients.models import Condition
from protocols.models import Appointment, CapsuleCount, Dispense, DoseSegment, Enrolment, Visit
from protocols.queries.dispensing import EARLY, required_analytes
from protocols.queries.dosing import DoseRecord, run_out_on
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept, somebody_at
from protocols.queries.story import COUNT, DISPENSE, SEGMENT, gathered, revived, segments_of
from protocols.rules.schedule import Conditions

DAY = timedelta(days=1)
RUN_OUT_DAYS = 7
#: Who got a bottle more lately than this cannot be about to run out of thirty days.
BOTTLE_DAYS = 15
LIMIT = 25
#: Blood of the visit before may decide what the next visit asks for.
BLOOD_DAYS = 100
CAME = ("code", "status", "opens_on", "attended_on")
BLOOD = ("analyte__key", "collected_at", "grade", "draw__reviewed_at")
DONE = (Visit.Status.IN_PROGRESS, Visit.Status.SIGNED, Visit.Status.AMENDED)
COMING = (Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS)


def running_out(user: Account, today: date) -> Iterator[tuple[Enrolment, date]]:
    """Men on treatment whose capsules end within a week or have ended, and the day.

    Longest unserved first.
    """
    if user.member is None:
        return
    men = _men(
        site=user.member.site_id,
        today=today,
        bottle_by=today - timedelta(days=BOTTLE_DAYS),
        since=today - timedelta(days=BLOOD_DAYS),
    )
    for man in men:
        ends = run_out_on(_doses(man), today)
        if ends is None or ends > today + timedelta(days=RUN_OUT_DAYS):
            continue
        yield man, ends if ends > today else _without_since(_doses(man), today)


def _without_since(record: DoseRecord, today: date) -> date:
    """The first day without a capsule of those who have none today."""
    heard = [row.on for row in record.dispenses] + [row.counted_on for row in record.counts]
    day, last = today, max(heard, default=today)
    while day > last and run_out_on(record, day - DAY) == day - DAY:
        day -= DAY
    return day


def _on_treatment(site: int, today: date, bottle_by: date, since: date) -> QuerySet[Enrolment]:
    """Whose last bottle is of that day or earlier, with all that the arithmetic needs."""
    mine = {"enrolment": OuterRef("pk")}
    return (
        Enrolment.objects.visible_to(somebody_at(site))
        .on_treatment()
        .select_related("patient__site", "version")
        .defer("version__definition")
        .annotate(
            last_bottle=Max("dispenses__on"),
            comes_at=_comes_at(today),
            told_segments=gathered(
                DoseSegment.objects.filter(**mine).order_by("during"),
                SEGMENT,
                begins=F("during__startswith"),
                ends=F("during__endswith"),
            ),
            told_counts=gathered(
                CapsuleCount.objects.filter(**mine).order_by("counted_on", "pk"), COUNT
            ),
            told_visits=gathered(Visit.objects.filter(**mine), CAME),
            told_blood=gathered(
                Result.objects.current().filter(
                    patient=OuterRef("patient"), formula="", collected_at__date__gte=since
                ),
                BLOOD,
            ),
            told_flags=gathered(
                Condition.objects.filter(patient=OuterRef("patient"), present=True, struck_at=None),
                ("key",),
            ),
            told_dispenses=gathered(Dispense.objects.filter(**mine).order_by("on", "pk"), DISPENSE),
        )
        .filter(last_bottle__lte=bottle_by)
        .order_by("last_bottle", "pk")[:LIMIT]
    )


_men = Kept(_on_treatment, site=int, today=date, bottle_by=date, since=date)


def _comes_at(today: date) -> Subquery:
    """When he is next in the clinic, today included."""
    coming = Appointment.objects.filter(
        visit__enrolment=OuterRef("pk"),
        booking__status__in=COMING,
        booking__during__startswith__date__gte=today,
    ).order_by("booking__during", "pk")
    return Subquery(coming.values("booking__during__startswith")[:1])


def _doses(man: Enrolment) -> DoseRecord:
    rows = vars(man)
    return DoseRecord(
        man,
        definition_of(man.version).dose,
        segments=segments_of(rows["told_segments"]),
        counts=revived(CapsuleCount, rows["told_counts"], COUNT),
        dispenses=revived(Dispense, rows["told_dispenses"], DISPENSE),
    )


def awaited_blood(man: Enrolment) -> str:
    """What of his last visit's blood the next bottle still waits for, in words; or nothing."""
    rows = vars(man)
    definition = definition_of(man.version)
    code = f"M{len(rows['told_dispenses'])}"
    visit = next(
        (row for row in rows["told_visits"] if row["code"] == code and row["status"] in DONE), None
    )
    if visit is None:
        return ""
    opens_on = date.fromisoformat(visit["opens_on"] or visit["attended_on"])
    opens = datetime.combine(opens_on - EARLY, time(), tzinfo=man.patient.site.zone)
    blood = [(datetime.fromisoformat(row["collected_at"]), row) for row in rows["told_blood"]]
    flags = {row["key"] for row in rows["told_flags"]}
    wanted = required_analytes(
        definition,
        code,
        Conditions(
            grade_two_at_previous_visit=any(
                at < opens and (row["grade"] or 0) >= 2 for at, row in blood
            ),
            high_risk=bool(flags & set(definition.high_risk.flags)),
        ),
    )
    fresh = [row for at, row in blood if at >= opens and row["analyte__key"] in wanted]
    if wanted - {row["analyte__key"] for row in fresh}:
        return f"blood of {code} is not in yet"
    unread = any(row["draw__reviewed_at"] is None for row in fresh)
    return f"blood of {code} waits to be read" if unread else ""
