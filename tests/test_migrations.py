"""The tables are what the models say, and the way back exists."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

OURS = ("protocols", "labs", "patients", "clinic")


@pytest.mark.django_db
def test_models_and_migrations_say_the_same():
    said = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=said)
    assert said.getvalue().strip() == "No changes detected"


@pytest.mark.django_db
def test_every_migration_of_ours_has_a_way_back():
    graph = MigrationExecutor(connection).loader.graph
    one_way = [
        str(node)
        for node in graph.nodes
        if node[0] in OURS and not all(op.reversible for op in graph.nodes[node].operations)
    ]
    assert one_way == []


@pytest.mark.django_db
def test_every_clinical_table_keeps_its_history():
    """Installed triggers, not declared ones: PostgreSQL is asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
        )
        tables = {row[0] for row in cursor.fetchall()}
    expected = {
        "patients_patient", "patients_consent", "labs_result", "labs_semenanalysis", "labs_draw",
        "protocols_enrolment", "protocols_visit", "protocols_dosesegment", "protocols_finding",
        "protocols_dispense", "protocols_signature", "clinic_booking",
    }  # fmt: skip
    assert expected - tables == set()
