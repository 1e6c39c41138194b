"""The trail cannot be rewritten, and whoever does it all the same is found out."""

import io
import os

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from clinic import audit
from clinic.models import AuditEvent, AuditSeal
from config.management.commands.grant_rights import append_only_tables

pytestmark = pytest.mark.django_db
TRIGGERS = {"clinic_auditevent": "audit_append_only", "clinic_auditseal": "seal_append_only"}


@pytest.fixture
def rows(coordinator):
    """Five rows of one afternoon, chained in two goes."""
    events = [
        audit.record(actor=coordinator, action="record.viewed", subject=f"patients.patient:{n}")
        for n in range(1, 6)
    ]
    audit.seal(limit=3)
    audit.seal()
    return events


def as_superuser(sql, *values):
    """What somebody does who owns the tables and has read this test: triggers off, then on."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        for table in TRIGGERS:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_an_untouched_trail_is_whole(rows):
    assert audit.first_break() is None
    assert [seal.pk for seal in AuditSeal.objects.order_by("pk")] == [1, 2, 3, 4, 5]


def test_the_seal_waits_for_nobody_and_is_not_made_twice(rows):
    assert audit.seal() == 0


@pytest.mark.parametrize("table", list(TRIGGERS))
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_rewrite_the_trail(rows, table, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(sql.format(table))


@pytest.mark.parametrize("table", list(TRIGGERS))
def test_the_database_refuses_to_empty_the_trail(rows, table):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL halfyear.throwaway = 'off'")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")
        cursor.execute("SET LOCAL halfyear.throwaway = 'on'")


EDITS = [
    ("action = 'letter.read'", "action"),
    ("actor_id = NULL", "actor"),
    ("reason = 'asked to'", "reason"),
    ("at = at - interval '1 day'", "instant"),
    ("person = 'patients.patient:9'", "person"),
    ("""detail = '{"page": "doses"}'""", "detail"),
]


@pytest.mark.parametrize("change", [pytest.param(sql, id=name) for sql, name in EDITS])
def test_an_edited_row_is_named(rows, change):
    as_superuser(f"UPDATE clinic_auditevent SET {change} WHERE id = %s", rows[2].pk)

    assert audit.first_break() == audit.Break(
        rows[2].pk, "the program did not write this row, or not like this"
    )


def test_a_row_edited_before_it_was_chained_is_named(rows, coordinator):
    late = audit.record(actor=coordinator, action="record.viewed", subject="patients.patient:6")
    as_superuser("UPDATE clinic_auditevent SET action = 'x.y' WHERE id = %s", late.pk)

    assert audit.first_break().event_id == late.pk
    audit.seal()
    assert audit.first_break().event_id == late.pk


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_deleted_row_is_named(rows, place):
    as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", rows[place].pk)

    assert audit.first_break() == audit.Break(rows[place].pk, "the row was deleted")


def test_a_row_deleted_with_its_link_leaves_a_gap_that_is_named(rows):
    as_superuser("DELETE FROM clinic_auditseal WHERE event_id = %s", rows[2].pk)
    as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", rows[2].pk)

    assert audit.first_break() == audit.Break(
        rows[3].pk, "it should follow on link 3, and there is none any more"
    )


def test_a_link_deleted_without_its_row_is_not_healed_by_chaining_the_row_again(rows):
    as_superuser("DELETE FROM clinic_auditseal WHERE event_id = %s", rows[2].pk)
    audit.seal()

    assert audit.first_break().event_id == rows[3].pk


def test_a_chain_made_anew_without_the_key_is_named(rows, settings):
    """Row and link gone, the rest numbered and hashed again as well as a stranger can."""
    genuine, settings.AUDIT_KEY = settings.AUDIT_KEY, "guessed"
    as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", rows[2].pk)
    as_superuser("DELETE FROM clinic_auditseal")
    audit.seal()
    settings.AUDIT_KEY = genuine

    assert audit.first_break() == audit.Break(rows[0].pk, "its place in the chain was changed")


def test_a_cut_off_beginning_is_named(rows):
    for row in rows[:2]:
        as_superuser("DELETE FROM clinic_auditseal WHERE event_id = %s", row.pk)
        as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", row.pk)

    assert audit.first_break() == audit.Break(
        rows[2].pk, "the chain should begin with links 1 to 2, and there is none any more"
    )


def test_rows_that_changed_places_are_named(rows):
    first, second = rows[1].pk, rows[2].pk
    as_superuser(
        "UPDATE clinic_auditevent SET id = CASE id WHEN %s THEN -1 WHEN %s THEN %s ELSE id END",
        first, second, first,
    )  # fmt: skip
    as_superuser("UPDATE clinic_auditevent SET id = %s WHERE id = -1", second)

    assert audit.first_break() == audit.Break(first, "the row was changed after it was chained")


def test_links_that_changed_places_are_named(rows):
    as_superuser("UPDATE clinic_auditseal SET id = -id WHERE id IN (2, 3)")
    as_superuser("UPDATE clinic_auditseal SET id = 5 + id WHERE id < 0")

    assert audit.first_break() == audit.Break(rows[2].pk, "its place in the chain was changed")


def test_a_forged_row_is_named_before_and_after_it_is_chained(rows):
    forged = AuditEvent(action="record.viewed", subject="patients.patient:1", digest="0" * 64)
    forged.save()

    assert audit.first_break().event_id == forged.pk
    audit.seal()
    assert audit.first_break().event_id == forged.pk


def test_a_genuine_row_written_once_more_is_named(rows):
    copy = AuditEvent.objects.get(pk=rows[1].pk)
    copy.pk = None
    copy.save()
    audit.seal()

    assert audit.first_break() == audit.Break(copy.pk, f"the row is a copy of row {rows[1].pk}")


def test_a_cut_off_end_is_named_by_an_anchor_kept_elsewhere(rows):
    """Nothing inside the database can tell; decision 0004 says so."""
    kept = audit.anchor()
    as_superuser("DELETE FROM clinic_auditseal WHERE event_id = %s", rows[4].pk)
    as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", rows[4].pk)

    assert audit.first_break() is None
    with pytest.raises(CommandError, match="cut off"):
        call_command("verify_audit", anchor=kept)


@pytest.mark.parametrize("kept", ["x", "1:", f"5:{'0' * 64}", "-1:aa", ":"])
def test_an_anchor_that_was_never_ours_is_not_held(rows, kept):
    assert not audit.holds(kept)


def test_the_newest_links_alone_are_checked_when_a_page_asks(rows):
    as_superuser("UPDATE clinic_auditevent SET action = 'x.y' WHERE id = %s", rows[1].pk)

    assert audit.first_break(newest=3) is None
    assert audit.first_break(newest=4).event_id == rows[1].pk
    assert audit.first_break(newest=50).event_id == rows[1].pk


def test_the_command_chains_what_waits_and_says_that_all_is_well(coordinator):
    audit.record(actor=coordinator, action="record.viewed", subject="patients.patient:1")
    said = io.StringIO()

    call_command("verify_audit", stdout=said)

    assert said.getvalue().strip() == (
        f"1 row, all as they were written. Anchor to keep elsewhere: {audit.anchor()}"
    )
    call_command("verify_audit", anchor=audit.anchor(), stdout=said)


def test_the_command_names_the_first_broken_row(rows):
    as_superuser("UPDATE clinic_auditevent SET reason = 'x' WHERE id = %s", rows[3].pk)
    as_superuser("DELETE FROM clinic_auditevent WHERE id = %s", rows[1].pk)

    with pytest.raises(CommandError, match=rf"^Row {rows[1].pk}: the row was deleted\.$"):
        call_command("verify_audit")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["clinic_auditevent", "clinic_auditseal"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_applications_role_has_no_right_to_rewrite_the_trail(table, sql):
    call_command("grant_rights", stdout=io.StringIO())
    with application() as theirs, pytest.raises(psycopg.errors.InsufficientPrivilege):
        theirs.execute(sql.format(table))


@pytest.mark.django_db(transaction=True)
def test_the_applications_role_rewrites_no_history_either():
    call_command("grant_rights", stdout=io.StringIO())
    with application() as theirs:
        allowed = [
            (table, right)
            for table in append_only_tables()
            for right in ("UPDATE", "DELETE", "TRUNCATE")
            if theirs.execute("SELECT has_table_privilege(%s, %s)", [table, right]).fetchone()[0]
        ]
    assert allowed == []


def application():
    """A connection as the role that web, worker and listener use."""
    if "APPLICATION_DATABASE_URL" not in os.environ:
        pytest.skip("needs the throwaway servers of config.embedded")
    return psycopg.connect(
        os.environ["APPLICATION_DATABASE_URL"], dbname=connection.settings_dict["NAME"]
    )
