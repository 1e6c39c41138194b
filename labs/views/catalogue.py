"""What is measured here, in which unit, and where its range comes from."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.access import Capability, requires
from labs.models import Laboratory, ReferenceRange
from labs.rules.catalogue import GROUP_NAMES, published_catalogue
from labs.rules.ctcae import published_grade_table
from labs.rules.units import printed_unit


@require_safe
@requires(Capability.RESULT_READ)
def catalogue(request) -> HttpResponse:
    published = published_catalogue()
    own: dict[str, list[ReferenceRange]] = {}
    rows = ReferenceRange.objects.filter(laboratory__in=Laboratory.objects.visible_to(request.user))
    for row in rows.select_related("analyte", "laboratory").order_by("laboratory__name"):
        own.setdefault(row.analyte.key, []).append(row)
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
            "nav": "laboratory",
            "back_url": reverse("labs:bench"),
        },
    )
