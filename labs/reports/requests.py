"""The request form: who he is, what is asked for and how he prepares; nothing of why."""

from collections.abc import Sequence
from datetime import date, datetime

from django.template.loader import render_to_string

from clinic import pdf
from clinic.models import Account, Site
from clinic.templatetags import moments
from labs.queries.orders import Asked

TEMPLATE = "pdf/request_forms.html"
TITLE = "Request form"


def request_forms(rows: Sequence[Asked], *, site: Site, by: Account, now: datetime) -> pdf.Rendered:
    """A page for each man, in the order of the rows."""
    return pdf.render(page(rows, site=site, by=by, now=now), title=TITLE)


def page(rows: Sequence[Asked], *, site: Site, by: Account, now: datetime) -> str:
    today = site.localdate(now)
    return render_to_string(
        TEMPLATE,
        {
            "paper": site.paper,
            "title": TITLE,
            "site": site,
            "people": people_of(rows),
            "today": today,
            "by": by.name,
            "foot": {
                "clinic": site.neutral_name,
                "person": TITLE,
                "version": f"Printed by {by.name}",
                "made": moments.plain_day(today),
                "check": "",
            },
        },
    )


def people_of(rows: Sequence[Asked]) -> list[dict[str, object]]:
    """Each man once, with his orders, what he does before, and the containers there are."""
    found: dict[int, list[Asked]] = {}
    for row in rows:
        found.setdefault(row.order.patient_id, []).append(row)
    return [
        {
            "patient": group[0].order.patient,
            "rows": group,
            "fasting": any(row.order.fasting for row in group),
            "semen": any(row.order.semen for row in group),
            "blood": any(not row.order.semen for row in group),
            "due": earliest(group),
            "prepare": instructions(group),
        }
        for group in found.values()
    ]


def earliest(group: Sequence[Asked]) -> date:
    return min(row.order.due_on for row in group)


def instructions(group: Sequence[Asked]) -> list[str]:
    """How he prepares for all of it together, each sentence once."""
    said = [row.panel.preparation for row in group if row.panel and row.panel.preparation]
    return list(dict.fromkeys(said))
