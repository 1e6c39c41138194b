"""Long files: judged by the worker, filed once and wholly, however the program is stopped."""

import os
import subprocess
import sys
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.access import Role
from clinic.tables.writing import csv_file
from labs.actions import columns, inbound
from labs.actions.catalogue import load_catalogue
from labs.actions.columns import judge_next, set_columns
from labs.actions.reading import file_message, file_next, judge
from labs.models import InboundMessage, Laboratory, Result, SemenAnalysis
from labs.rules.judging import WRITTEN
from labs.rules.table_columns import guessed
from patients.models import Patient
from tests.conftest import make_member, make_site
from tests.labs.tables.conftest import GOOD, HEADINGS, MAN, MORE, table

State = InboundMessage.State
CHILD = """
import django; django.setup()
from django.utils import timezone
from labs.actions.reading import file_message
from labs.models import InboundMessage
file_message(
    InboundMessage.objects.get(), now=timezone.now(), progress=lambda n: print(n, flush=True)
)
"""


def kept(raw: bytes, laboratory: Laboratory, by) -> InboundMessage:
    """A file with its columns said, waiting for a look."""
    now = timezone.now()
    message = inbound.keep_file(
        raw=raw, file_name="long.csv", format="csv", laboratory=laboratory,
        options={"received_at": now.isoformat()}, by=by, now=now,
    )  # fmt: skip
    return set_columns(
        message=message, columns=guessed(HEADINGS.split(",")), fingerprint="f", rows=1, by=by,
        now=now,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("man")
def test_a_long_table_is_judged_by_the_worker_and_its_page_waits_for_that(
    send, member, monkeypatch
):
    monkeypatch.setattr(columns, "JUDGED_AT_ONCE", 1)
    message = send(table(GOOD, MORE))
    page = reverse("labs:inbound_message", args=[message.pk])
    waits = reverse("labs:looking", args=[message.pk])

    assert (message.rows.count(), member.get(page).url) == (0, waits)
    assert "aria-busy" in member.get(waits).text

    assert judge_next(now=timezone.now()) == message
    assert judge_next(now=timezone.now()) is None
    assert (message.rows.count(), member.get(waits).url) == (2, page)
    assert member.get(waits, headers={"HX-Request": "true"}).headers["HX-Redirect"] == page


@pytest.mark.django_db
@pytest.mark.usefixtures("man")
def test_a_long_table_that_cannot_be_read_to_its_end_is_set_aside_with_why(send, monkeypatch):
    monkeypatch.setattr(columns, "JUDGED_AT_ONCE", 1)
    message = send(table(*[GOOD] * 5200) + b'"left open\n')

    judge_next(now=timezone.now())

    message.refresh_from_db()
    assert (message.state, message.rows.count()) == (State.REFUSED, 0)
    assert message.explanation.startswith("Row 5202: a quotation mark")


@pytest.mark.django_db
@pytest.mark.usefixtures("man")
def test_what_stops_the_worker_three_times_is_set_aside(send, monkeypatch):
    monkeypatch.setattr(columns, "JUDGED_AT_ONCE", 1)
    message = send(table(GOOD, MORE))
    InboundMessage.objects.update(attempts=inbound.MOST_ATTEMPTS)

    assert judge_next(now=timezone.now()) is None

    message.refresh_from_db()
    assert message.state == State.REFUSED


@pytest.mark.django_db(transaction=True)
@pytest.mark.worker
def test_a_file_killed_in_the_middle_of_its_filing_is_filed_once_and_wholly():
    site = make_site()
    load_catalogue()
    laboratory = Laboratory.objects.create(site=site, name="Bay Laboratory")
    coordinator = make_member(site, Role.COORDINATOR)
    rows = []
    for n in range(12):
        Patient.objects.create(
            site=site, record_number=f"HF-{n}", family_name="Rourke", given_name="D",
            born_on=date(1990, 3, 12), registered_by=coordinator,
        )  # fmt: skip
        man = f"HF-{n},Rourke,1990-03-12,2026-08-03 08:15,L-{n}"
        rows += [f"{man},2571-8,310,mg/dL", f"{man},2085-9,38,mg/dL"]
    message = kept(table(*rows), laboratory, coordinator)
    judge(message, now=timezone.now())
    inbound.release(message=message, by=coordinator)

    killed_after(12)

    assert (Result.objects.count(), InboundMessage.objects.get().state) == (0, State.RECEIVED)
    assert file_next(now=timezone.now()).state == State.FILED
    assert file_next(now=timezone.now()) is None
    filed = Result.objects.filter(formula="").values_list("patient__record_number", "analyte__key")
    assert sorted(filed) == sorted(
        (f"HF-{n}", key) for n in range(12) for key in ("triglycerides", "hdl")
    )


def killed_after(rows: int) -> None:
    """Another process files, and is gone without a word when it says so many rows are done."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env={
            **os.environ,
            "DATABASE_URL": url.geturl(),
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    done = 0
    while done < rows:
        line = process.stdout.readline()
        assert line, "it ended before it could be killed"
        done = int(line)
    process.kill()
    process.wait(20)


CELL = st.one_of(
    st.sampled_from(
        [*MAN.split(","), "2026-08-03 08:15", "L26-1", "2571-8", "hdl", "310", "<5", "mg/dL",
         "mmol/L", "EXAMPLE", "2026-13-01", "1,5", "9" * 400, "\x00", "C", "final"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)  # fmt: skip
LINE = st.one_of(
    st.just(GOOD.split(",")),
    st.lists(CELL, min_size=8, max_size=9),
    st.tuples(st.integers(0, 7), CELL).map(
        lambda change: [*GOOD.split(",")[: change[0]], change[1], *GOOD.split(",")[change[0] + 1 :]]
    ),
)


@pytest.mark.django_db
@pytest.mark.usefixtures("man")
@given(lines=st.lists(LINE, min_size=1, max_size=5))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_stands_in_a_file_what_was_promised_is_filed_and_nothing_else(
    laboratory, coordinator, lines
):
    with transaction.atomic():
        message = kept(csv_file([HEADINGS.split(","), *lines]), laboratory, coordinator)
        promised = {row.position: row.state for row in judge(message, now=timezone.now())}
        file_message(message, now=timezone.now())

        assert {row.position: row.state for row in message.rows.all()} == promised
        written = sum(state in WRITTEN for state in promised.values())
        assert Result.objects.filter(formula="").count() == written
        assert not SemenAnalysis.objects.exists()
        transaction.set_rollback(True)
