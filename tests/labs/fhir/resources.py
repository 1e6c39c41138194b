"""The two examples the programme's laboratories send, as FHIR, and what variations are made of."""

import json
from typing import Any

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
OWN = "https://lab.example/codes/semen"
YES_NO = "http://terminology.hl7.org/CodeSystem/v2-0136"
AT = "2026-02-12T08:15:00-08:00"
ALAN = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"system": "urn:oid:1.2.3", "value": "P000123"}],
    "name": [{"use": "official", "family": "Testman", "given": ["Alan", "B"]}],
    "birthDate": "1988-04-17",
}


def number(value: Any, unit: str, comparator: str = "") -> dict:
    found = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return {"valueQuantity": found | ({"comparator": comparator} if comparator else {})}


def yes_no(letter: str) -> dict:
    return {"valueCodeableConcept": {"coding": [{"system": YES_NO, "code": letter}]}}


def observation(key: str, loinc: str, system: str = LOINC, **more: Any) -> dict:
    found = {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": {"coding": [{"system": system, "code": loinc}], "text": f"test {key}"},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": AT,
        "specimen": {"reference": "Specimen/s"},
    }
    return {name: value for name, value in (found | more).items() if value is not None}


def specimen(number: str = "L26-55012", **more: Any) -> dict:
    return {
        "resourceType": "Specimen",
        "id": "s",
        "accessionIdentifier": {"value": number},
    } | more


def bundle(*resources: dict, kind: str = "transaction") -> dict:
    entries = [
        {
            "fullUrl": f"urn:uuid:{n}",
            "resource": each,
            **(
                {"request": {"method": "POST", "url": each["resourceType"]}}
                if kind in ("transaction", "batch")
                else {}
            ),
        }
        for n, each in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def high(value: int) -> list[dict]:
    return [{"text": f"<{value}", "high": {"value": value, "unit": "mg/dL"}}]


def lipids(**more: Any) -> list[dict]:
    """Four values of the first example."""
    return [
        observation("tc", "2093-3", **number(240, "mg/dL"), referenceRange=high(200), **more),
        observation("tg", "2571-8", **number(310, "mg/dL"), referenceRange=high(150), **more),
        observation("hdl", "2085-9", **number(38, "mg/dL"), **more),
        observation("ldl", "13457-7", **number(140, "mg/dL"), referenceRange=high(100), **more),
    ]


def report(results: list[dict], **more: Any) -> dict:
    return {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "24331-1"}]},
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": AT,
        "issued": "2026-02-13T09:25:00-08:00",
        "result": [{"reference": f"Observation/{each['id']}"} for each in results],
    } | more


def lipid_bundle(kind: str = "transaction", **more: Any) -> dict:
    values = lipids(**more)
    return bundle(ALAN, specimen(), report(values), *values, kind=kind)


def semen_bundle(kind: str = "transaction") -> dict:
    """The second example: fourteen in the whole pellet, five of them motile."""
    at = {"effectiveDateTime": "2026-04-12T08:40:00-07:00"}
    members = [
        observation("a", "10587-4", **number(3, "d"), **at),
        observation("b", "3160-9", **number(2.8, "mL"), **at),
        observation("c", "10580-9", **number(25, "min"), **at),
        observation("d", "SEM-FRESH", OWN, **yes_no("N"), **at),
        observation("e", "43154-4", **yes_no("Y"), **at),
        observation("f", "SEM-PELLET-N", OWN, **number(14, "{#}"), **at),
        observation("g", "SEM-PELLET-MOT", OWN, **number(5, "{#}"), **at),
        observation("h", "9780-8", **number(0.056, "10*6/mL", "<"), **at),
    ]
    panel = observation(
        "panel",
        "54231-6",
        **at,
        hasMember=[{"reference": f"Observation/{each['id']}"} for each in members],
    )
    spun = specimen("A26-0412", receivedTime="2026-04-12T08:55:00-07:00")
    return bundle(ALAN, spun, panel, *members, kind=kind)


def raw(resource: dict) -> bytes:
    return json.dumps(resource).encode()
