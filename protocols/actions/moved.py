"""What was made of a result on the wrong man's record is withdrawn when it is moved away.

Striking it out has settled findings, drafted side effects and signatures already; here goes what
a decision had asked for since, and every copy that he could read.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.actions import documents
from clinic.models import Account
from labs.actions.ordering import cancel_order
from labs.models import Draw, Order, SemenAnalysis
from protocols.actions import duties
from protocols.actions.signing import REPORT
from protocols.models import Duty, Finding, Signature

#: Whoever decided on it looks again; that stays asked for.
STAYS = {"LOOK_AGAIN"}
WHY = "The result was another man’s and has been moved."


@transaction.atomic
def result_moved(*, was: Draw | SemenAnalysis, by: Account, now: datetime) -> None:
    """Duties, orders and reports that rest on it, on the record where it does not belong."""
    labels = [audit.label(row) for row in versions(was)]
    findings = Finding.objects.filter(evidence__in=labels)
    about = [*labels, *(audit.label(finding) for finding in findings)]
    waiting = Duty.objects.select_for_update(of=("self",)).open().filter(about__in=about)
    for duty in waiting.exclude(code__in=STAYS).select_related("enrolment__patient"):
        duties.tick(duty, by=None, at=now, outcome=Duty.Outcome.NOT_NEEDED, note=WHY)
        about.append(audit.label(duty))
    for asked in Order.objects.open().filter(patient=was.patient_id, about__in=about):
        cancel_order(order=asked, reason=WHY, by=by)
    take_reports_back(was, by=by, now=now)


def versions(was: Draw | SemenAnalysis) -> Iterator[Draw | SemenAnalysis]:
    """It, and the sheets whose place it took."""
    row: Draw | SemenAnalysis | None = was
    while row is not None:
        yield row
        row = (
            SemenAnalysis.objects.filter(superseded_by=row).first()
            if isinstance(row, SemenAnalysis)
            else None
        )


def take_reports_back(was: Draw | SemenAnalysis, *, by: Account, now: datetime) -> None:
    """No report that shows another man's values stays in his portal."""
    kind = "draws" if isinstance(was, Draw) else "semen"
    for row in versions(was):
        shown = Signature.objects.filter(
            visit__enrolment__patient=was.patient_id,
            **{f"content__shown__{kind}__contains": [row.pk]},
        )
        for signature in shown.select_related("visit").defer("content"):
            documents.take_back(
                subject=signature.visit.label, kind=REPORT, because=WHY, by=by, now=now
            )
