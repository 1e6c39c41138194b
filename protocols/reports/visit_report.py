"""The report of a signed visit: a pure function of what was signed, made by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.template.loader import render_to_string

from clinic import pdf
from clinic.actions import documents
from clinic.models import Document
from clinic.templatetags import moments
from protocols.actions.signing import REPORT
from protocols.graphs.plot import Band, Line, Plot, Point, Subject, plot
from protocols.graphs.rows import PRACTICE_LIMIT, WHO_BAND
from protocols.models import Signature

TEMPLATE = "pdf/visit_report.html"
CSS = {"reduce": "d-warnl", "hold": "d-critl", "stop": "d-critl"}


@dataclass(frozen=True, slots=True)
class Imprint:
    """What is printed under the report besides what was signed."""

    version: int
    code: str
    made_at: datetime


def make_waiting(*, now: datetime) -> int:
    """Make the report of every signature that stands and has none; returns how many."""
    made = 0
    while make_next(now=now):
        made += 1
    return made


@transaction.atomic
def make_next(*, now: datetime) -> bool:
    """One report in one transaction; a second worker takes another signature."""
    signature = (
        Signature.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("visit__enrolment__patient__site")
        .defer("visit__enrolment__version__definition")
        .filter(document=None, voided_at=None)
        .order_by("signed_at", "pk")
        .first()
    )
    if signature is None:
        return False
    signature.document = make(signature, now=now)
    signature.save(update_fields=["document"])
    return True


def make(signature: Signature, *, now: datetime) -> Document:
    """Render and keep it as the next version of this visit's report."""
    visit = signature.visit
    patient = visit.enrolment.patient
    earlier = Document.objects.filter(subject=visit.label, kind=REPORT).count()
    imprint = Imprint(version=earlier + 1, code=documents.check_code(), made_at=now)
    file = rendered(signature.content, imprint)
    on = date.fromisoformat(signature.content["visit"]["iso"])
    return documents.keep(
        site=patient.site,
        person=patient.label,
        subject=visit.label,
        kind=REPORT,
        title=f"Visit report, {signature.content['visit']['code']}, {moments.plain_day(on)}",
        content=file.content,
        code=imprint.code,
        pages=file.pages,
        by=None,
        now=now,
    )


def rendered(content: Mapping[str, Any], imprint: Imprint) -> pdf.Rendered:
    """The PDF of frozen content."""
    return pdf.render(page(content, imprint), title=title(content))


def title(content: Mapping[str, Any]) -> str:
    person = content["person"]
    return (
        f"Visit report {content['visit']['code']}, {person['initials']}, {person['record_number']}"
    )


def page(content: Mapping[str, Any], imprint: Imprint) -> str:
    """The HTML that is set: frozen content, its drawings, and the foot of every page."""
    clinic, person = content["clinic"], content["person"]
    local = imprint.made_at.astimezone(ZoneInfo(clinic["time_zone"]))
    made = f"{moments.plain_day(local.date())}, {local:%H:%M} {clinic['zone']}"
    return render_to_string(
        TEMPLATE,
        {
            "content": content,
            "paper": content["paper"],
            "title": title(content),
            "version": imprint.version,
            "triglycerides": triglycerides(content["graphs"]["triglycerides"]),
            "sperm": sperm(content["graphs"]["sperm"]),
            "foot": {
                "clinic": clinic["name"],
                "person": f"{person['initials']}, {person['record_number']}",
                "version": f"Version {imprint.version}",
                "made": made,
                "check": imprint.code,
            },
        },
    )


def triglycerides(series: Mapping[str, Any] | None) -> Plot | None:
    if series is None:
        return None
    low, high = series["normal"]
    band = Band(low, high, "normal") if low is not None or high is not None else None
    lines = tuple(Line(at, words, CSS[words]) for at, words in series["lines"])
    return plot(Subject("tg", series["title"], band, lines), points(series))


def sperm(series: Mapping[str, Any] | None) -> Plot | None:
    if series is None:
        return None
    subject = Subject("sperm", series["title"], WHO_BAND, (PRACTICE_LIMIT,), decades=True)
    return plot(subject, points(series))


def points(series: Mapping[str, Any]) -> list[Point]:
    return [
        Point(date.fromisoformat(row["on"]), row["value"], row["text"], row["kind"])
        for row in series["points"]
    ]
