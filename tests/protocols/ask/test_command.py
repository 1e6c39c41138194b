"""`manage.py rules` as a terminal sees it: what is printed, and the exit status."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from protocols.rules.ask import RULES
from protocols.rules.definition import SHIPPED
from tests.sources import ROOT

SHARE = {"x": 11, "n": 30}


def run(*words, given=None, text=None):
    """A process of its own, without any setting of this house in its surroundings."""
    return subprocess.run(
        [sys.executable, "manage.py", "rules", *words],
        input=(text if text is not None else json.dumps(given)).encode("utf-8", "surrogatepass"),
        capture_output=True,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=False,
        timeout=60,
    )


def call(monkeypatch, *words, text):
    """The command in this process."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    call_command("rules", *words, stdout=out)
    return out.getvalue()


def test_a_question_is_answered_without_a_database_and_nothing_else_is_printed():
    done = run("proportion", given=SHARE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["display"] == "11 of 30, 37 % (95 % CI 20–56 %, exact)"


@pytest.mark.parametrize(
    ("words", "text", "field"),
    [
        (["proportion"], '{"x": 31, "n": 30}', "x"), (["proportion"], "no json", ""),
        (["nothing"], "{}", "name"), (["semen"], '{"spem": 1}', "spem"),
        (["dates", "--protocol", "/nowhere.yaml"], "{}", "protocol"),
        (["transition"], '{"event": "\\ud800"}', "event"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_status_two_with_errors_on_standard_output(words, text, field):
    done = run(*words, text=text)
    assert done.returncode == 2
    errors = json.loads(done.stdout)["errors"]
    assert [row["field"] for row in errors] == [field]
    assert set(errors[0]) == {"field", "message"}


def test_bytes_that_are_no_text_are_refused():
    done = run("message", text="\udcff")
    assert done.returncode == 2
    assert "errors" in json.loads(done.stdout)


def test_without_a_name_the_names_are_listed_one_a_line(monkeypatch):
    lines = call(monkeypatch, text="").strip().splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("name", list(RULES))
def test_a_schema_is_printed_without_a_question(monkeypatch, name):
    found = json.loads(call(monkeypatch, name, "--schema", text=""))
    assert {"input", "output"} <= set(found)


def test_another_definition_is_gone_by(monkeypatch, tmp_path):
    text = (SHIPPED / "isotretinoin_six_months.yaml").read_text()
    changed = text.replace("blood_donation_months: 1", "blood_donation_months: 3")
    own = tmp_path / "own.yaml"
    own.write_text(changed.replace("version: 1\n", "version: 7\n", 1))
    found = json.loads(
        call(monkeypatch, "dates", "--protocol", str(own), text='{"last_dose_on": "2026-01-31"}')
    )
    assert found["blood_donation_blocked_until"] == "2026-04-30"
    assert found["ruleset"] == "isotretinoin_six_months.v7"


def test_a_shipped_variant_is_gone_by(monkeypatch):
    nine = str(SHIPPED / "isotretinoin_nine_months.yaml")
    text = '{"first_dose_on": "2026-01-01"}'
    found = json.loads(call(monkeypatch, "schedule", "--protocol", nine, text=text))
    assert [row["code"] for row in found["visits"]][-1] == "M9"


def test_a_definition_that_contradicts_itself_is_told_problem_by_problem(tmp_path):
    text = (SHIPPED / "isotretinoin_six_months.yaml").read_text()
    own = tmp_path / "own.yaml"
    own.write_text(text.replace("reduced_daily_capsules: 1", "reduced_daily_capsules: many"))
    done = run("dates", "--protocol", str(own), given={"last_dose_on": "2026-01-31"})
    assert done.returncode == 2
    assert "reduced_daily_capsules" in json.loads(done.stdout)["errors"][0]["field"]


def test_bad_input_ends_the_command_in_this_process_too(monkeypatch):
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, "dates", text="{}")
    assert ended.value.code == 2
