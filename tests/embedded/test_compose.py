"""docker-compose.yml: every process, watched, on volumes, and no secret with a default."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(TEXT)["services"]
VARIABLES = set(re.findall(r"\$\{(\w+):\?", TEXT))
LASTING = {name for name in SERVICES if name != "prepare"}


def test_the_same_program_runs_in_every_role():
    assert set(SERVICES) == {
        *("postgres", "redis", "prepare", "web", "worker", "beat", "hl7"),
    }


@pytest.mark.parametrize("name", sorted(LASTING))
def test_every_lasting_service_is_watched_and_started_again(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(LASTING - {"postgres", "redis"}))
def test_the_program_waits_for_healthy_servers_and_a_prepared_database(name):
    conditions = {on: to["condition"] for on, to in SERVICES[name]["depends_on"].items()}

    assert conditions == {
        "postgres": "service_healthy",
        "redis": "service_healthy",
        "prepare": "service_completed_successfully",
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_secret_has_a_default_or_stands_in_the_file(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|KEY|AUTH|URL", variable):
            assert re.search(r"\$\{\w+:\?", value), variable


def test_only_the_preparing_service_knows_the_owner():
    owner = {name for name in LASTING if "OWNER_PASSWORD" in str(SERVICES[name])}

    assert owner == {"postgres"}  # which makes the role


def test_the_servers_are_reached_from_inside_alone():
    assert "ports" not in SERVICES["postgres"]
    assert "ports" not in SERVICES["redis"]


def test_what_must_last_lies_on_volumes():
    assert SERVICES["postgres"]["volumes"][0] == "postgres:/var/lib/postgresql"
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert "--appendonly yes" in str(SERVICES["redis"]["command"])


def docker_compose(**environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["docker-compose", "config", "--quiet"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


if shutil.which("docker-compose"):

    def test_docker_compose_accepts_the_file():
        done = docker_compose(**dict.fromkeys(VARIABLES, "x"))

        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("unset", sorted(VARIABLES))
    def test_docker_compose_refuses_to_go_on_without(unset):
        done = docker_compose(**dict.fromkeys(VARIABLES - {unset}, "x"))

        assert done.returncode != 0
        assert unset in done.stderr
