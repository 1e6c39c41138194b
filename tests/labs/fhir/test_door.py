"""The FHIR door: who may hand in, what is kept, what becomes of it, and what is answered."""

import time

import pytest

from labs.actions.reading import file_next
from labs.actions.tokens import make_token, revoke_token
from labs.fhir.receiving import LARGE
from labs.models import Draw, InboundMessage, LaboratoryToken, Result, SemenAnalysis
from labs.views import fhir_door
from tests.labs.conftest import NOW
from tests.labs.fhir.resources import (
    ALAN,
    bundle,
    lipid_bundle,
    lipids,
    number,
    observation,
    raw,
    semen_bundle,
    specimen,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine("2026-08-04 17:45 +00:00", tick=False),
]


def sentences(response) -> list[str]:
    return [issue["diagnostics"] for issue in response.json()["issue"]]


def test_the_first_example_is_filed_on_his_record(hand_in, alan):
    response = hand_in(lipid_bundle())

    assert response.status_code == 201
    assert response["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert sentences(response) == [
        "LN 2093-3: filed.", "LN 2571-8: filed.", "LN 2085-9: filed.", "LN 13457-7: filed.",
    ]  # fmt: skip
    draw = Draw.objects.get(patient=alan)
    assert (draw.source, draw.specimen, draw.status) == ("fhir", "L26-55012", "final")
    reported = draw.results.filter(formula="").values_list("analyte__key", "reported", "range_text")
    assert set(reported) == {
        ("total_cholesterol", "240", "<200"),
        ("triglycerides", "310", "<150"),
        ("hdl", "38", ">=40"),
        ("ldl", "140", "<100"),
    }


def test_the_second_example_is_a_semen_analysis_with_motile_sperm(hand_in, alan):
    response = hand_in(semen_bundle())

    assert response.status_code == 201
    sheet = SemenAnalysis.objects.get(patient=alan)
    assert (sheet.source, sheet.specimen, sheet.status) == ("fhir", "A26-0412", "final")
    assert (sheet.pellet_sperm_n, sheet.pellet_motile_n, sheet.motile_seen) == (14, 5, True)


def test_what_is_handed_in_is_kept_to_the_byte(hand_in, alan):
    sent = raw(lipid_bundle()) + b"\n "
    hand_in(sent)
    message = InboundMessage.objects.get()
    assert (bytes(message.raw), message.format, message.state) == (sent, "fhir", "filed")


@pytest.mark.parametrize(
    "sent", [b"{", b'{"resourceType":"Observation","status":"bad"}', b'{"resourceType":"Basic"}']
)
def test_what_is_refused_is_kept_as_well(hand_in, sent):
    assert hand_in(sent).status_code == 400
    message = InboundMessage.objects.get()
    assert (bytes(message.raw), message.state) == (sent, "refused")


def test_the_same_bytes_again_are_counted_and_filed_once(hand_in, alan):
    hand_in(lipid_bundle())
    response = hand_in(lipid_bundle())

    assert response.status_code == 200
    assert sentences(response) == ["The same message was received before; it was not filed twice."]
    assert InboundMessage.objects.get().times_received == 2
    assert Draw.objects.count() == 1


def test_what_was_refused_at_the_wrong_address_is_taken_at_the_right_one(hand_in, alan):
    assert hand_in(lipid_bundle(), "Observation").status_code == 400
    assert hand_in(lipid_bundle(), "Bundle").status_code == 201
    message = InboundMessage.objects.get()
    assert (message.state, message.times_received) == ("filed", 2)


def test_a_code_that_is_wrong_by_itself_is_told_why(hand_in, alan):
    odd = observation("x", "11068-0", **number(5, "10*6/mL"))
    response = hand_in(bundle(ALAN, specimen(), odd))
    (said,) = sentences(response)
    assert said.startswith("LN 11068-0: The LOINC check digit is wrong. It is kept;")


def test_the_same_content_in_other_bytes_is_there_already(hand_in, alan):
    hand_in(lipid_bundle())
    response = hand_in(lipid_bundle("batch"))

    assert response.status_code == 200
    assert set(sentences(response)) == {
        "LN 2093-3: there already.", "LN 2571-8: there already.", "LN 2085-9: there already.",
        "LN 13457-7: there already.",
    }  # fmt: skip
    assert Draw.objects.count() == 1


def test_single_values_of_one_moment_become_one_collection(hand_in, alan):
    for key, code, value in (("a", "2571-8", 310), ("b", "2085-9", 38)):
        seen = observation(key, code, subject={"reference": "#p"}, contained=[ALAN], specimen=None,
                           **number(value, "mg/dL"))  # fmt: skip
        assert hand_in(seen, "Observation").status_code == 201
    draw = Draw.objects.get()
    assert set(draw.results.filter(formula="").values_list("analyte__key", "reported")) == {
        ("triglycerides", "310"),
        ("hdl", "38"),
    }


def test_a_single_value_says_where_its_report_can_be_read(hand_in, alan, settings):
    seen = observation("a", "2571-8", subject={"reference": "#p"}, contained=[ALAN], specimen=None,
                       **number(310, "mg/dL"))  # fmt: skip
    response = hand_in(seen, "Observation")
    draw = Draw.objects.get()
    assert response["Location"] == f"{settings.BASE_URL}/fhir/DiagnosticReport/d{draw.pk}"


def test_a_correction_supersedes_and_says_so(hand_in, alan):
    hand_in(lipid_bundle())
    values = [observation("tg", "2571-8", status="corrected", **number(290, "mg/dL"))]
    response = hand_in(bundle(ALAN, specimen(), *values))

    assert (response.status_code, sentences(response)) == (
        201, ["LN 2571-8: filed as a correction."],
    )  # fmt: skip
    standing = Result.objects.get(analyte__key="triglycerides", superseded_by=None)
    assert (standing.reported, standing.status) == ("290", "corrected")


def test_a_value_entered_in_error_is_taken_back(hand_in, alan):
    hand_in(lipid_bundle())
    values = [observation("tg", "2571-8", status="entered-in-error", **number(310, "mg/dL"))]
    response = hand_in(bundle(ALAN, specimen(), *values))

    assert (response.status_code, sentences(response)) == (200, ["LN 2571-8: taken back."])
    assert not Result.objects.current().filter(analyte__key="triglycerides", formula="").exists()


def test_a_stranger_waits_for_a_person_and_nothing_is_said_about_him(hand_in, alan):
    stranger = ALAN | {"birthDate": "1988-04-18"}
    response = hand_in(bundle(stranger, specimen(), *lipids()))

    assert response.status_code == 202
    assert set(sentences(response)) == {
        f"LN {code}: The patient could not be matched; a person at the clinic will look at it."
        for code in ("2093-3", "2571-8", "2085-9", "13457-7")
    }
    assert not Draw.objects.exists()


def test_an_unknown_code_waits_and_the_others_are_filed(hand_in, alan):
    odd = observation("x", "TRIG-9", "urn:oid:9", **number(5, "mg/dL"))
    response = hand_in(bundle(ALAN, specimen(), *lipids(), odd))

    assert response.status_code == 202
    assert sentences(response)[-1] == (
        "urn:oid:9 TRIG-9: Nobody has said what this code means. "
        "It is kept; a person at the clinic has to look at it."
    )
    assert Draw.objects.get().results.filter(formula="").count() == 4


def test_one_faulty_value_of_a_transaction_refuses_it_with_its_place(hand_in, alan):
    faulty = observation("x", "2345-7", status="finished", **number(99, "mg/dL"))
    response = hand_in(bundle(ALAN, specimen(), *lipids(), faulty))

    assert response.status_code == 400
    (issue,) = response.json()["issue"]
    assert issue["expression"] == ["Bundle.entry[6].resource.status"]
    assert not Draw.objects.exists()


def test_one_faulty_value_of_a_batch_is_one_refused_row(hand_in, alan):
    faulty = observation("x", "2345-7", statuss="final", **number(99, "mg/dL"))
    response = hand_in(bundle(ALAN, specimen(), *lipids(), faulty, kind="batch"))

    assert response.status_code == 202
    assert sentences(response)[-1].startswith("LN 2345-7: FHIR R4 knows no “statuss” here.")
    assert Draw.objects.get().results.filter(formula="").count() == 4


def test_what_is_registered_only_is_kept_and_told(hand_in, alan):
    response = hand_in(bundle(ALAN, observation("a", "2571-8", status="registered")))
    assert (response.status_code, sentences(response)) == (
        202, ["It is registered and has no value yet: nothing was filed."],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "resource", "status"),
    [
        ("Observation", lipid_bundle(), 400),
        ("Bundle", lipid_bundle(), 201),
        ("DiagnosticReport", lipid_bundle(), 400),
    ],
)
def test_an_address_takes_its_own_kind(hand_in, alan, path, resource, status):
    assert hand_in(resource, path).status_code == status


# --- who may hand in ------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer hy_wrong", "Basic abc", "Bearer x" * 99])
def test_without_a_key_nothing_is_kept(client, laboratory, given):
    headers = {"Authorization": given} if given else {}
    response = client.post("/fhir/", raw(lipid_bundle()), "application/fhir+json", headers=headers)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="results"'
    assert not InboundMessage.objects.exists()


def test_a_revoked_key_hands_in_nothing(hand_in, alan, administrator):
    revoke_token(
        token=LaboratoryToken.objects.get(), reason="Machine sold.", by=administrator, now=NOW
    )
    assert hand_in(lipid_bundle()).status_code == 401
    assert not InboundMessage.objects.exists()


def test_a_key_of_another_site_files_nothing_on_our_records(
    client, alan, other_site, administrator
):
    theirs = other_site.laboratories.create(name="Hill Laboratory")
    _, key = make_token(laboratory=theirs, name="Server", by=administrator, now=NOW)
    response = client.post(
        "/fhir/", raw(lipid_bundle()), "application/fhir+json",
        headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    assert response.status_code == 202
    assert not Draw.objects.exists()


def test_a_sign_in_of_a_member_hands_in_nothing(client, coordinator, sign_in):
    sign_in(client, coordinator)
    response = client.post("/fhir/", raw(lipid_bundle()), "application/fhir+json")
    assert response.status_code == 401


def test_the_use_of_a_key_is_written_down(hand_in, alan):
    hand_in(lipid_bundle())
    assert LaboratoryToken.objects.get().last_used_at == NOW


@pytest.mark.parametrize(("messages", "last"), [(2, 400), (3, 429)])
def test_a_key_hands_in_so_many_messages_a_minute(hand_in, monkeypatch, messages, last):
    monkeypatch.setattr(fhir_door, "MOST_A_MINUTE", 2)
    for _ in range(messages):
        response = hand_in(b"{")
    assert response.status_code == last
    if last == 429:
        assert response["Retry-After"] == "60"


@pytest.mark.parametrize(("tries", "last"), [(2, 401), (3, 429)])
def test_a_machine_tries_so_many_wrong_keys(client, monkeypatch, tries, last):
    monkeypatch.setattr(fhir_door, "MOST_WRONG", 2)
    for _ in range(tries):
        response = client.post(
            "/fhir/", b"{}", "application/json", REMOTE_ADDR="192.0.2.9",
            headers={"Authorization": "Bearer hy_guessed"},
        )  # fmt: skip
    assert response.status_code == last


# --- what is taken --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/fhir+json", 400),
        ("application/json; charset=utf-8", 400),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
    ],
)
def test_json_is_taken_and_nothing_else(hand_in, kind, status):
    assert hand_in(b"{", content_type=kind).status_code == status


@pytest.mark.parametrize(
    ("size", "status"), [(fhir_door.LARGEST, 202), (fhir_door.LARGEST + 1, 413)]
)
def test_ten_megabytes_are_taken_and_no_byte_more(hand_in, size, status):
    response = hand_in(b'{"' + b" " * (size - 2))
    assert response.status_code == status


def test_a_claim_of_many_megabytes_is_answered_without_reading_them(hand_in):
    response = hand_in(b"{", CONTENT_LENGTH=str(11 * 1024 * 1024))
    assert (response.status_code, sentences(response)) == (
        413, ["A message may have 10 MB at most."],
    )  # fmt: skip


def test_an_empty_message_is_told_that_it_is(hand_in):
    assert sentences(hand_in(b" ")) == ["The message is empty."]


def test_more_values_than_can_wait_are_filed_by_the_worker(hand_in, alan):
    several = [observation(f"o{n}", "2571-8", specimen=None, effectiveDateTime=f"{at}T08:15:00Z",
                           **number(100 + n, "mg/dL"))
               for n in range(201) for at in [f"2026-0{1 + n // 28}-{1 + n % 28:02d}"]]  # fmt: skip
    response = hand_in(bundle(ALAN, *several[:201]))
    assert (response.status_code, sentences(response)) == (
        202, ["It is kept and will be filed within a minute."],
    )  # fmt: skip
    assert InboundMessage.objects.get().state == "received"


@pytest.mark.parametrize(("size", "status"), [(LARGE, 400), (LARGE + 1, 202)])
def test_more_than_a_megabyte_is_read_by_the_worker(hand_in, size, status):
    """What reading ten of them takes would stay with the process that answers pages."""
    assert hand_in(b"{" + b" " * (size - 1)).status_code == status
    state = "refused" if status == 400 else "received"
    assert InboundMessage.objects.get().state == state


def test_what_the_worker_cannot_read_waits_for_a_person(hand_in):
    hand_in(b"{" + b" " * LARGE)
    message = file_next(now=NOW)
    assert (message.state, message.explanation) == (
        "refused",
        (
            "It is not JSON: expecting property name enclosed in double quotes"
            " at line 1, column 1048578."
        ),
    )


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b'{"a":' * 50_000, id="deep"),
        pytest.param(
            b'{"resourceType":"Observation","valueQuantity":{"value":1e99999999}}', id="huge number"
        ),
        pytest.param(
            raw(bundle(*[observation("a", "2571-8") for _ in range(20_000)])), id="twenty thousand"
        ),
    ],
)
def test_whatever_comes_is_answered_within_two_seconds(hand_in, laboratory, sent):
    hand_in(b"{")  # the models of the standard are loaded once
    began = time.perf_counter()
    response = hand_in(sent)
    assert response.status_code in {202, 400}
    assert time.perf_counter() - began < 4  # two on a machine of its own


def test_an_address_that_is_none_says_which_there_are(client):
    response = client.get("/fhir/Medication/3")
    assert response.status_code == 404
    assert sentences(response) == [
        "Medication is not here; there are Patient, Observation, DiagnosticReport, Specimen."
    ]
