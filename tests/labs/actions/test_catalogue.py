import pytest

from labs.actions.catalogue import load_catalogue
from labs.models import Analyte, AnalyteCode, Panel, ReferenceRange
from labs.rules.catalogue import published_catalogue

pytestmark = pytest.mark.django_db


def everything() -> list[list[object]]:
    return [
        list(Analyte.objects.order_by("key").values_list("pk", "key", "unit")),
        list(AnalyteCode.objects.order_by("system", "code").values_list("pk", "system", "code")),
        list(Panel.objects.order_by("key").values_list("pk", "key", "analytes")),
        list(ReferenceRange.objects.order_by("analyte").values_list("analyte__key", "text")),
    ]


def test_loading_the_catalogue_twice_changes_nothing():
    load_catalogue()
    before = everything()

    load_catalogue()

    assert everything() == before


def test_every_defined_analyte_and_panel_is_there():
    load_catalogue()

    catalogue = published_catalogue()
    assert {a.key for a in Analyte.objects.all()} == {a.key for a in catalogue.analytes}
    assert {p.key for p in Panel.objects.all()} == {p.key for p in catalogue.panels}


def test_what_is_no_longer_defined_loses_its_code():
    load_catalogue()
    triglycerides = Analyte.objects.get(key="triglycerides")
    AnalyteCode.objects.create(analyte=triglycerides, system="LN", code="0000-0")

    load_catalogue()

    assert [c.code for c in triglycerides.codes.filter(system="LN")] == ["2571-8"]
