"""Load what can be measured from the definition files; running it again changes nothing."""

from django.db import transaction

from labs.models import Analyte, AnalyteCode, Panel, ReferenceRange
from labs.rules.catalogue import Analyte as Definition
from labs.rules.catalogue import Catalogue, published_catalogue

LOINC = "LN"


@transaction.atomic
def load_catalogue() -> None:
    """Make the tables say what labs/definitions says; keys are kept, so results stay attached."""
    catalogue = published_catalogue()
    analytes = {defined.key: save_analyte(defined) for defined in catalogue.analytes}
    save_codes(catalogue, analytes)
    save_default_ranges(catalogue, analytes)
    for position, defined in enumerate(catalogue.panels):
        panel, _ = Panel.objects.update_or_create(
            key=defined.key,
            defaults={
                "name": defined.name,
                "loinc": defined.loinc[0] if defined.loinc else "",
                "position": position,
                "needs_fasting": defined.fasting,
            },
        )
        panel.analytes.set([analytes[key] for key in defined.analytes])


def save_analyte(defined: Definition) -> Analyte:
    analyte, _ = Analyte.objects.update_or_create(
        key=defined.key,
        defaults={
            "name": defined.name,
            "plain_name": defined.plain_name,
            "group": defined.group.value,
            "unit": defined.unit,
            "si_unit": defined.si_unit,
            "decimals": defined.decimals,
            "position": defined.sort,
        },
    )
    return analyte


def save_codes(catalogue: Catalogue, analytes: dict[str, Analyte]) -> None:
    """The codes of the files and no others of these two systems."""
    meant = {
        (LOINC, loinc.code): analytes[defined.key]
        for defined in catalogue.analytes
        for loinc in defined.loinc
    } | {
        (catalogue.local_system, local.code): analytes[local.analyte]
        for local in catalogue.local_codes
        if local.analyte in analytes
    }
    for known in AnalyteCode.objects.filter(system__in=[LOINC, catalogue.local_system]):
        if (known.system, known.code) not in meant:
            known.delete()
    AnalyteCode.objects.bulk_create(
        [AnalyteCode(system=s, code=c, analyte=analyte) for (s, c), analyte in meant.items()],
        update_conflicts=True,
        unique_fields=["system", "code"],
        update_fields=["analyte"],
    )


def save_default_ranges(catalogue: Catalogue, analytes: dict[str, Analyte]) -> None:
    """The ranges for display where a report brings none, in the conventional unit."""
    kept = []
    for defined in catalogue.analytes:
        if defined.reference is None:
            continue
        limits = defined.reference.range
        saved, _ = ReferenceRange.objects.update_or_create(
            analyte=analytes[defined.key],
            laboratory=None,
            unit=defined.unit,
            defaults={
                "low": limits.low,
                "high": limits.high,
                "text": str(limits),
                "source": defined.reference.source,
            },
        )
        kept.append(saved.pk)
    ReferenceRange.objects.filter(laboratory=None).exclude(pk__in=kept).delete()
