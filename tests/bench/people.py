"""A clinic with a past: the demonstration, and thousands of others written straight into tables.

Nothing here goes through the actions, because a bench cannot wait for ten thousand stories;
the rows are such as the actions leave behind. The first `ACTIVE` of them are on treatment,
the others have been through it; everybody has two draws of five values and his visits.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from random import Random

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from clinic.models import Account, Member, Site
from patients.models import Patient, RecordCounter
from protocols.models import Version

#: So many are on treatment at any size: what a clinic can look after does not grow with its past.
ACTIVE = 400
FIRST_PK = 1_000_000
FIRST_NUMBER = 10_000
COMMON = "Smith"
GIVEN = ["James", "Luis", "Omar", "Peter", "Ivan", "Marco", "Hugo", "Felix", "Jonah", "Emil",
         "Tariq", "Andre", "Paul", "Simon", "Viktor", "Nils", "Ben", "Carlos", "Dmitri",
         "Yann"]  # fmt: skip
HEADS = ["Bar", "Cor", "Dal", "Fen", "Gar", "Hol", "Jen", "Kar", "Lan", "Mor",
         "Nor", "Pel", "Ros", "San", "Tor", "Ver", "Wil", "Zan", "Ald", "Ost"]  # fmt: skip
MIDDLES = ["a", "e", "ing", "ber", "den", "gar", "low", "man", "nik", "over",
           "ri", "sto", "tan", "u", "vel", "wa", "yn", "ze", "kor", "li"]  # fmt: skip
ENDS = ["sen", "ski", "ton", "ley", "berg", "etti", "ov", "ham", "court", "field",
        "dahl", "mann", "quist", "ez", "as", "idis", "ault", "wick", "stra", "ford"]  # fmt: skip
ANALYTES = {
    "total_cholesterol": (190, "mg/dL"), "hdl": (48, "mg/dL"), "triglycerides": (118, "mg/dL"),
    "alt": (24, "U/L"), "ast": (22, "U/L"),
}  # fmt: skip


def opened() -> Site:
    """The demonstration clinic, with its graphs drawn and its reports made."""
    call_command("prepare", "--no-assets", verbosity=0)
    return Site.objects.get(code="harbour")


def names(n: int) -> tuple[str, str]:
    """One in a hundred is called Smith; other family names are borne by one in eight thousand."""
    chance = Random(n)
    given = chance.choice(GIVEN)
    if n % 100 == 7:
        return given, COMMON
    return given, chance.choice(HEADS) + chance.choice(MIDDLES) + chance.choice(ENDS)


def person(n: int, site: Site, by: Account) -> Patient:
    given, family = names(n)
    patient = Patient(
        pk=FIRST_PK + n,
        site=site,
        record_number=f"{site.record_prefix}-{FIRST_NUMBER + n}",
        given_name=given,
        family_name=family,
        born_on=date(1965, 1, 1) + timedelta(days=Random(n).randrange(13_000)),
        phone=f"415 {2_000_000 + n * 7 % 7_000_000}",
        email=f"{given}.{n}@patients.example".lower(),
        registered_by=by,
        registered_at=timezone.now() - timedelta(days=400),
    )
    patient.fold()
    return patient


def colleagues(site: Site, like: str, count: int) -> list[str]:
    """So many who do the same work, with the same password; their addresses."""
    model = Account.objects.get(email=like)
    role = Member.objects.get(account=model, site=site).role
    first = Account.objects.count()
    made = Account.objects.bulk_create(
        Account(
            email=f"desk{first + n}@bench.example", name=f"Desk {n}", kind=model.kind,
            password=model.password, is_demonstration=True,
        )
        for n in range(count)
    )  # fmt: skip
    Member.objects.bulk_create(Member(account=a, site=site, role=role) for a in made)
    return [account.email for account in made]


class Crowd:
    """Everybody who is not of the demonstration."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.by = Account.objects.get(email="mara@harbour.example")
        self.size = Patient.objects.filter(pk__gte=FIRST_PK).count()

    def grow(self, size: int) -> float:
        """Add people until there are `size`; the seconds it took."""
        begun = time.perf_counter()
        if size > self.size:
            with untriggered():
                self._register(self.size, size)
                self._enrol(self.size, size)
                self._measure(self.size, size)
            self.size = size
            analyze()
        return time.perf_counter() - begun

    def patient(self, n: int) -> Patient:
        return Patient.objects.get(pk=FIRST_PK + n)

    def _register(self, first: int, last: int) -> None:
        fields = list(Patient._meta.concrete_fields)
        columns = ", ".join(field.column for field in fields)
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY patients_patient ({columns}) FROM STDIN") as copy,
        ):
            for n in range(first, last):
                row = person(n, self.site, self.by)
                copy.write_row([getattr(row, field.attname) for field in fields])
        RecordCounter.objects.filter(site=self.site).update(last=FIRST_NUMBER + last)

    def _enrol(self, first: int, last: int) -> None:
        """One enrolment each with its planned visits, the past ones signed."""
        version = Version.objects.filter(state="published").order_by("pk")[0]
        given = {
            "version": version.pk, "by": self.by.pk, "today": self.site.localdate(timezone.now()),
            "active": FIRST_PK + ACTIVE, "first": FIRST_PK + first, "last": FIRST_PK + last,
        }  # fmt: skip
        run(ENROL, given)
        run(VISITS, given)
        run(DOSES, given)

    def _measure(self, first: int, last: int) -> None:
        given = {"by": self.by.pk, "first": FIRST_PK + first, "last": FIRST_PK + last}
        run(DRAWS, {**given, "site": self.site.pk})
        for key, (value, unit) in ANALYTES.items():
            run(RESULTS, {**given, "key": key, "value": value, "unit": unit})


ENROL = """
INSERT INTO protocols_enrolment
    (id, patient_id, version_id, status, status_since, baseline, ipledge_id, baseline_weight_kg,
     counselling, first_dose_on, last_dose_on, opened_at, opened_by_id)
SELECT id, id, %(version)s,
       CASE WHEN id < %(active)s THEN 'ACTIVE' ELSE 'CLOSED' END,
       day, 'azoospermia', 'IP' || id, 80, '{}', day,
       CASE WHEN id < %(active)s THEN NULL ELSE day + 179 END, now(), %(by)s
FROM (
    SELECT id, %(today)s::date - CASE
        WHEN id < %(active)s THEN 40 + (id %% 20)::int ELSE 800 + (id %% 900)::int END AS day
    FROM patients_patient WHERE id >= %(first)s AND id < %(last)s
) AS people
"""
VISITS = """
INSERT INTO protocols_visit
    (enrolment_id, planned_id, code, title, opens_on, target_on, closes_on, status, attended_on,
     timing, opened_by_id, identifiers, since_last_time, plan, counselling)
SELECT id, planned, code, title, due - early, due, due + late,
       CASE WHEN past THEN 'signed' ELSE 'planned' END,
       CASE WHEN past THEN due END, CASE WHEN past THEN 'ON_TIME' ELSE '' END,
       CASE WHEN past THEN %(by)s END, '{}', '', '', '[]'
FROM (
    SELECT e.id, p.id AS planned, p.code, p.title, p.days_before AS early, p.days_after AS late,
           e.first_dose_on + p.offset_days AS due,
           e.id >= %(active)s OR e.first_dose_on + p.offset_days < %(today)s::date + 12 AS past
    FROM protocols_enrolment e JOIN protocols_plannedvisit p ON p.version_id = e.version_id
    WHERE e.id >= %(first)s AND e.id < %(last)s AND p.anchor = 'first_dose'
) AS plan
"""
DOSES = """
INSERT INTO protocols_dosesegment
    (enrolment_id, during, kind, capsules_per_day, strength_mg, reason, ordered_at, ordered_by_id)
SELECT id, daterange(first_dose_on, last_dose_on, '[)'), 'full', 2, 20, 'First dose', now(), %(by)s
FROM protocols_enrolment WHERE id >= %(first)s AND id < %(last)s
"""
DRAWS = """
INSERT INTO labs_draw
    (patient_id, laboratory_id, specimen, collected_at, fasting, note, status, source, filed_at,
     filed_by_id, reviewed_at, reviewed_by_id, comment, struck_reason)
SELECT e.patient_id, l.id, 'S' || e.id || '-' || n,
       (e.first_dose_on + 30 * n)::timestamptz + interval '8 hours', true, '', 'final', 'hl7',
       (e.first_dose_on + 30 * n)::timestamptz + interval '12 hours', NULL,
       (e.first_dose_on + 30 * n)::timestamptz + interval '15 hours', %(by)s, '', ''
FROM protocols_enrolment e
JOIN labs_laboratory l ON l.site_id = %(site)s AND NOT l.andrology, generate_series(0, 1) AS n
WHERE e.id >= %(first)s AND e.id < %(last)s
"""
RESULTS = """
INSERT INTO labs_result
    (draw_id, patient_id, collected_at, analyte_id, comparator, value, reported, unit, range_text,
     flag, grade, status, formula, correction_reason, filed_at, filed_by_id)
SELECT d.id, d.patient_id, d.collected_at, a.id, '', %(value)s + d.id %% 20,
       (%(value)s + d.id %% 20)::text, %(unit)s, '', 'normal', 0, 'final', '', '', d.filed_at, NULL
FROM labs_draw d JOIN labs_analyte a ON a.key = %(key)s
WHERE d.patient_id >= %(first)s AND d.patient_id < %(last)s
"""


def run(statement: str, given: dict[str, object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


@contextmanager
def untriggered() -> Iterator[None]:
    """The history of rows that never changed is not what is measured."""
    tables = ["patients_patient", "protocols_enrolment", "protocols_visit",
              "protocols_dosesegment", "labs_draw", "labs_result"]  # fmt: skip
    for table in tables:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER", {})
    try:
        yield
    finally:
        for table in tables:
            run(f"ALTER TABLE {table} ENABLE TRIGGER USER", {})


def analyze() -> None:
    """What autovacuum would have done long ago: statistics, and the index's pending entries."""
    run("VACUUM ANALYZE", {})
