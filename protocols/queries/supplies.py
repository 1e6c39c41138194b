"""Who has his last capsules soon, in one query for a whole site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from clinic.models import Account, Booking
from protocols.models import Appointment, CapsuleCount, Dispense, DoseSegment, Enrolment
from protocols.queries.dosing import DoseRecord, run_out_on
from protocols.queries.enrolment import definition_of
from protocols.queries.kept import Kept, somebody_at
from protocols.queries.story import COUNT, DISPENSE, SEGMENT, gathered, revived, segments_of

RUN_OUT_DAYS = 7
#: Who got a bottle more lately than this cannot be about to run out of thirty days.
BOTTLE_DAYS = 15
LIMIT = 25
COMING = (Booking.Status.BOOKED, Booking.Status.ARRIVED, Booking.Status.IN_PROGRESS)


def running_out(user: Account, today: date) -> Iterator[tuple[Enrolment, date]]:
    """Men on treatment whose capsules end within a week, and the day; longest unserved first.

    Who comes before that day gets his next bottle then, and needs nobody now.
    """
    if user.member is None:
        return
    men = _men(site=user.member.site_id, today=today, bottle_by=today - timedelta(days=BOTTLE_DAYS))
    for man in men:
        ends = run_out_on(_doses(man), today)
        if ends is None or ends > today + timedelta(days=RUN_OUT_DAYS):
            continue
        comes = vars(man)["comes_at"]
        if comes is None or timezone.localtime(comes).date() > ends:
            yield man, ends


def _on_treatment(site: int, today: date, bottle_by: date) -> QuerySet[Enrolment]:
    """Whose last bottle is of that day or earlier, with all that the arithmetic needs."""
    mine = {"enrolment": OuterRef("pk")}
    return (
        Enrolment.objects.visible_to(somebody_at(site))
        .on_treatment()
        .select_related("patient", "version")
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
            told_dispenses=gathered(Dispense.objects.filter(**mine).order_by("on", "pk"), DISPENSE),
        )
        .filter(last_bottle__lte=bottle_by)
        .order_by("last_bottle", "pk")[:LIMIT]
    )


_men = Kept(_on_treatment, site=int, today=date, bottle_by=date)


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
