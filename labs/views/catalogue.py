"""What is measured here, in which unit, and where its range comes from."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.access import Capability, may, requires
from labs.models import Laboratory, ReferenceRange
from labs.queries.ranges import Shown, states
from labs.rules.catalogue import GROUP_NAMES, published_catalogue
from labs.rules.critical import critical_words
from labs.rules.ctcae import published_grade_table
from labs.rules.units import printed_unit


@require_safe
@requires(Capability.PROTOCOL_READ)
def catalogue(request) -> HttpResponse:
    published = published_catalogue()
    laboratories = list(
        Laboratory.objects.visible_to(request.user)
        .annotate(number=Count("ranges__analyte", distinct=True))
        .order_by("andrology", "name")
    )
    own = own_ranges(laboratories, timezone.localdate())
    graded = {key for term in published_grade_table().terms for key in term.analytes}
    groups = [
        {
            "name": name,
            "rows": [
                {
                    "analyte": analyte,
                    "unit": printed_unit(analyte.unit),
                    "others": [printed_unit(unit) for unit in analyte.units[1:]],
                    "loinc": ", ".join(loinc.code for loinc in analyte.loinc),
                    "range": analyte.reference.range.printed() if analyte.reference else "",
                    "source": analyte.reference.source if analyte.reference else "",
                    "own": own.get(analyte.key, []),
                    "paged": critical_words(analyte, analyte.unit),
                    "graded": analyte.key in graded,
                }
                for analyte in published.analytes
                if analyte.group is group
            ],
        }
        for group, name in GROUP_NAMES.items()
    ]
    return render(
        request,
        "labs/catalogue.html",
        {
            "groups": groups,
            "panels": published.panels,
            "laboratories": laboratories,
            "nav": "laboratory",
            "back_url": reverse("labs:bench") if may(request.user, Capability.RESULT_READ) else "",
        },
    )


def own_ranges(laboratories: Iterable[Laboratory], today: date) -> dict[str, list[Shown]]:
    """By analyte the ranges that hold today at the laboratories of this site; one query."""
    rows = ReferenceRange.objects.filter(laboratory__in=laboratories)
    ordered = rows.select_related("analyte", "laboratory").order_by("laboratory__name", "pk")
    by_both: dict[tuple[str, int | None], list[ReferenceRange]] = {}
    for row in ordered:
        by_both.setdefault((row.analyte.key, row.laboratory_id), []).append(row)
    found: dict[str, list[Shown]] = {}
    for (key, _), group in by_both.items():
        found.setdefault(key, []).extend(s for s in states(group, today) if s.state == "holds")
    return found
