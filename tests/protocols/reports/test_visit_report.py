"""The visit report: a tagged PDF of exactly what was signed, kept with its hash."""

import hashlib
import io
from datetime import timedelta

import pikepdf
import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string

from clinic.models import Document
from protocols.actions import dosing, signing
from protocols.reports import visit_report
from protocols.reports.visit_report import Imprint
from tests.protocols.men import NOW, blood
from tests.protocols.visits.conftest import signed


@pytest.fixture
def report(written, clinician, coordinator):
    blood(written.enrolment.patient, coordinator, triglycerides="240")
    signed(written, clinician)
    visit_report.make_waiting(now=NOW)
    return Document.objects.get(kind="visit_report")


def opened_pdf(document):
    return pikepdf.open(io.BytesIO(bytes(document.content)))


def objects(pdf, key, name):
    return [
        obj for obj in pdf.objects if isinstance(obj, pikepdf.Dictionary) and obj.get(key) == name
    ]


def test_it_is_kept_with_the_hash_of_its_bytes(report):
    assert report.sha256 == hashlib.sha256(bytes(report.content)).hexdigest()


def test_it_is_made_once_however_often_the_worker_asks(report):
    assert visit_report.make_waiting(now=NOW) == 0
    assert Document.objects.filter(kind="visit_report").count() == 1


def test_it_is_tagged_titled_and_says_its_language(report):
    pdf = opened_pdf(report)
    assert pdf.Root.MarkInfo.Marked == True  # noqa: E712 -- a PDF object, equal but not identical
    assert str(pdf.Root.Lang) == "en"
    assert pdf.Root.ViewerPreferences.DisplayDocTitle == True  # noqa: E712
    with pdf.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"


def test_every_font_is_embedded(report):
    with opened_pdf(report) as pdf:
        faces = objects(pdf, "/Type", "/FontDescriptor")
        assert faces
        assert [f for f in faces if not {"/FontFile2", "/FontFile3"} & set(f.keys())] == []


def test_every_drawing_says_what_it_shows(report):
    with opened_pdf(report) as pdf:
        drawings = objects(pdf, "/S", "/Figure")
        assert drawings
        assert [d for d in drawings if not str(d.get("/Alt", ""))] == []


def test_the_pages_are_counted_as_the_file_counts_them(report):
    assert report.pages == len(opened_pdf(report).pages)


def test_a_later_version_keeps_the_earlier_one_marked(report, written, clinician):
    signing.void_signature(visit=written, because="Miscounted.", by=clinician, now=NOW)
    signed(written, clinician, now=NOW + timedelta(minutes=5))
    visit_report.make_waiting(now=NOW + timedelta(minutes=6))
    versions = Document.objects.filter(kind="visit_report").order_by("pk")
    assert [d.superseded_because for d in versions] == ["Miscounted.", ""]


def test_patient_entered_words_fetch_nothing_and_attach_nothing(written, clinician):
    content = signed(written, clinician).content
    content["person"]["name"] = '<a rel="attachment" href="file:///etc/passwd">x</a>'
    file = visit_report.rendered(content, Imprint(version=1, code="A", made_at=NOW))
    pdf = pikepdf.open(io.BytesIO(file.content))
    assert "/EmbeddedFiles" not in pdf.Root.get("/Names", {})


@pytest.mark.parametrize("kept", [0, 3])
def test_what_of_the_capsules_he_brought_was_kept_here_stands_there(
    written, coordinator, clinician, kept
):
    dosing.count_return(visit=written, returned=4, handed_in=kept, by=coordinator, now=NOW)
    content = signed(written, clinician).content
    (count,) = content["counts"]
    page = render_to_string("protocols/visits/_signed_content.html", {"content": content})
    html = render_to_string("pdf/visit_report_details.html", {"content": content})

    assert (count["returned"], count["kept"]) == ("4", kept)
    assert ("3 of them kept here" in page) is bool(kept)
    (table,) = [
        row for row in BeautifulSoup(html, "html.parser").select("table") if "Counted" in row.text
    ]
    names = [cell.text for cell in table.select("thead th, thead td")]
    cells = [cell.text for cell in table.select("tbody th, tbody td")]
    assert cells[names.index("Kept here")] == str(kept)
