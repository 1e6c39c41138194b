"""Load what can be measured from the definition files; running it again changes nothing."""

from django.db import transaction

from labs.models import Analyte, AnalyteCode, Panel, ReferenceRange
from labs.rules.catalogue import Catalogue, published_catalogue

LOINC = "LN"


@transaction.atomic
def load_catalogue() -> None:
    """Make the tables say what labs/definitions says; keys are kept, so results stay attached."""
    catalogue = published_catalogue()
    save_analytes(catalogue)
    analytes = {analyte.key: analyte for analyte in Analyte.objects.all()}
    save_codes(catalogue, analytes)
    save_default_ranges(catalogue, analytes)
    save_panels(catalogue, analytes)


def save_analytes(catalogue: Catalogue) -> None:
    Analyte.objects.bulk_create(
        [
            Analyte(
                key=defined.key,
                name=defined.name,
                plain_name=defined.plain_name,
                group=defined.group.value,
                unit=defined.unit,
                si_unit=defined.si_unit,
                decimals=defined.decimals,
                position=defined.sort,
            )
            for defined in catalogue.analytes
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["name", "plain_name", "group", "unit", "si_unit", "decimals", "position"],
    )


def save_panels(catalogue: Catalogue, analytes: dict[str, Analyte]) -> None:
    Panel.objects.bulk_create(
        [
            Panel(
                key=defined.key,
                name=defined.name,
                loinc=defined.loinc[0] if defined.loinc else "",
                position=position,
                needs_fasting=defined.fasting,
            )
            for position, defined in enumerate(catalogue.panels)
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["name", "loinc", "position", "needs_fasting"],
    )
    panels = {panel.key: panel for panel in Panel.objects.all()}
    for defined in catalogue.panels:
        panels[defined.key].analytes.set([analytes[key] for key in defined.analytes])


def save_codes(catalogue: Catalogue, analytes: dict[str, Analyte]) -> None:
    """The codes of the files, no others; what laboratories mean by theirs was said by people."""
    meant = {
        (LOINC, loinc.code): analytes[defined.key]
        for defined in catalogue.analytes
        for loinc in defined.loinc
    } | {
        (catalogue.local_system, local.code): analytes[local.analyte]
        for local in catalogue.local_codes
        if local.analyte in analytes
    }
    for known in AnalyteCode.objects.filter(laboratory=None):
        if (known.system, known.code) not in meant:
            known.delete()
    AnalyteCode.objects.bulk_create(
        [AnalyteCode(system=s, code=c, analyte=analyte) for (s, c), analyte in meant.items()],
        update_conflicts=True,
        unique_fields=["system", "code", "laboratory"],
        update_fields=["analyte"],
    )


def save_default_ranges(catalogue: Catalogue, analytes: dict[str, Analyte]) -> None:
    """The ranges for display where a report brings none, in the conventional unit."""
    meant = [
        ReferenceRange(
            analyte=analytes[defined.key],
            unit=defined.unit,
            low=defined.reference.range.low,
            high=defined.reference.range.high,
            text=str(defined.reference.range),
            source=defined.reference.source,
        )
        for defined in catalogue.analytes
        if defined.reference is not None
    ]
    # Nothing points at a default range: a result keeps a copy of the one it was read with.
    ReferenceRange.objects.filter(laboratory=None).delete()
    ReferenceRange.objects.bulk_create(meant)
