"""His results to take along: what is open to him and nothing else, as FHIR and as a table."""

import csv
import json
from collections import Counter

import pytest
from django.urls import reverse

from clinic import fhir
from clinic.models import AuditEvent
from labs.actions.corrections import correct_draw, strike_draw
from labs.rules.readings import Value
from patients.actions.portal import choose_release
from tests.protocols.men import NOW, blood
from tests.protocols.portal.rows import sample

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]


def bundle(him) -> dict:
    return json.loads(him.get(reverse("portal:results_fhir")).content)


def kinds(found: dict) -> Counter:
    return Counter(entry["resource"]["resourceType"] for entry in found["entry"])


def of_kind(found: dict, kind: str) -> list[dict]:
    resources = (entry["resource"] for entry in found["entry"])
    return [each for each in resources if each["resourceType"] == kind]


def table(him) -> list[dict[str, str]]:
    text = him.get(reverse("portal:results_table")).content.decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_everything_open_is_in_the_bundle_and_is_as_the_standard_has_it(him, treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118", alt="24")
    sample(treated, found=14, motile=5)

    found = bundle(him)

    assert {kind: kinds(found)[kind] for kind in ("Patient", "DiagnosticReport", "Specimen")} == {
        "Patient": 1, "DiagnosticReport": 2, "Specimen": 2,
    }  # fmt: skip
    assert [issue for entry in found["entry"] for issue in fhir.faults(entry["resource"])] == []
    values = {
        each["code"]["text"]: each["valueQuantity"]["value"]
        for each in of_kind(found, "Observation")
        if "valueQuantity" in each
    }
    assert (values["Triglycerides"], values["ALT"]) == (118, 24)


def test_what_is_not_released_to_him_is_in_neither_file(him, treated, coordinator, portal):
    blood(treated.patient, coordinator, triglycerides="118")
    choose_release(portal=portal, release="reviewed", days=0, by=portal.account)

    assert kinds(bundle(him)) == {"Patient": 1}
    assert table(him) == []


def test_a_corrected_value_says_so_in_both(him, treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    again = [Value("triglycerides", "128", "mg/dL")]
    correct_draw(draw=draw, values=again, reason="A slip.", by=coordinator, now=NOW)

    (seen,) = of_kind(bundle(him), "Observation")
    (line,) = table(him)

    assert (seen["status"], seen["valueQuantity"]["value"]) == ("corrected", 128)
    assert (line["Value"], line["State"]) == ("128", "corrected")


@pytest.mark.parametrize("had_read", [True, False])
def test_what_was_taken_back_is_told_to_whom_has_read_it(him, treated, coordinator, had_read):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    if had_read:
        him.get(reverse("portal:blood", args=[draw.pk]))
    strike_draw(draw=draw, reason="Another man's.", by=coordinator, now=NOW)

    reports = of_kind(bundle(him), "DiagnosticReport")
    lines = table(him)

    assert [each["status"] for each in reports] == ["entered-in-error"] * had_read
    assert [line["State"] for line in lines] == ["taken back by the clinic"] * had_read
    assert "118" not in json.dumps(bundle(him))


def test_every_line_says_what_it_means_and_whom_to_ask(him, treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118")
    (line,) = table(him)
    assert (line["Test"], line["Value"], line["Unit"], line["Against the usual"]) == (
        "Blood fats (triglycerides)", "118", "mg/dL", "in the usual range",
    )  # fmt: skip
    assert line["What it means"]
    assert line["Questions to"].endswith("555 0142")


def test_nobody_elses_results_are_in_it(him, treated, another, coordinator):
    blood(another.patient, coordinator, triglycerides="444")
    assert kinds(bundle(him)) == {"Patient": 1}


@pytest.mark.parametrize(
    ("name", "kind", "ending"),
    [
        ("results_fhir", "application/fhir+json; charset=utf-8", "json"),
        ("results_table", "text/csv; charset=utf-8", "csv"),
    ],
)
def test_the_file_says_nothing_in_its_name_and_stays_in_no_cache(him, name, kind, ending):
    response = him.get(reverse(f"portal:{name}"))
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == f'attachment; filename="my-results.{ending}"'
    assert response["Cache-Control"] == "private, no-store"
    event = AuditEvent.objects.get(action="results.downloaded")
    assert event.detail == {"format": ending}


def test_the_page_offers_both(him, treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="118")
    page = him.get(reverse("portal:results")).text
    for name in ("results_fhir", "results_table"):
        assert reverse(f"portal:{name}") in page
