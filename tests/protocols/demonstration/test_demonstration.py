"""The demonstration clinic, made once for this whole file: what somebody finds who opens it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.urls import reverse

from clinic.access import Role
from clinic.models import Account, Member, Message, Site
from labs.actions.catalogue import load_catalogue
from labs.models import InboundMessage, Result, SemenAnalysis
from patients.actions.consent import load_consent_texts
from patients.models import Patient
from protocols.management.commands import demo
from protocols.management.demonstration.clinics import PASSWORD
from protocols.models import Deviation, Enrolment, Finding, Visit
from protocols.queries.cohort import cohort_of
from protocols.queries.inbox import inbox
from protocols.queries.today import day_of
from protocols.queries.worklist import worklist
from protocols.rules.vocabulary import Status

#: A Sunday on which Europe's clocks go forward: it must look like a working day all the same.
INSTANT = datetime(2026, 3, 29, 14, 20, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(INSTANT, tick=False)]


@pytest.fixture(scope="module", autouse=True)
def clinics(
    django_db_setup: None, django_db_blocker, tmp_path_factory
) -> Iterator[dict[str, Site]]:
    """Everything, told in one process and gone again with this file."""
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        patch.setattr(demo.settings, "STATE_DIR", tmp_path_factory.mktemp("state"))
        load_catalogue()
        load_consent_texts()
        demo.make(now=INSTANT)
        yield {site.code: site for site in Site.objects.all()}
        transaction.set_rollback(True)


@pytest.fixture
def harbour(clinics) -> Site:
    return clinics["harbour"]


def member(site: Site, role: Role) -> Account:
    found = Member.objects.filter(site=site, role=role).select_related("account", "site")[0]
    found.account.member = found
    return found.account


@pytest.fixture
def okafor(harbour) -> Account:
    return member(harbour, Role.CLINICIAN)


@pytest.fixture
def mara(harbour) -> Account:
    return member(harbour, Role.COORDINATOR)


def lines(user: Account, site: Site) -> dict[str, dict[str, tuple[int, int]]]:
    tables = cohort_of(user, site).tables
    return {
        table.title: {line.what: (line.ours.events, line.ours.of) for line in table.lines}
        for table in tables
    }


# --- who is there -------------------------------------------------------------------------------


def test_there_are_two_sites_with_the_clock_of_a_morning(clinics):
    hours = {code: INSTANT.astimezone(site.zone).hour for code, site in clinics.items()}

    assert hours == {"harbour": 11, "hill": 10}


def test_every_role_has_a_member_at_the_first_site(harbour):
    roles = set(Member.objects.filter(site=harbour).values_list("role", flat=True))

    assert roles == {role.value for role in Role}


def test_one_clinician_works_at_both(clinics):
    both = [account for account in Account.objects.all() if account.memberships.count() == 2]

    assert "Dr Amina Okafor" in [account.name for account in both]


def test_every_account_is_a_demonstrations_and_nobody_has_a_real_address():
    accounts = Account.objects.all()

    assert all(account.is_demonstration for account in accounts)
    assert all(account.email.endswith(".example") for account in accounts)
    assert {
        email.rpartition(".")[2] for email in Patient.objects.values_list("email", flat=True)
    } == {"example"}


def test_everybody_who_is_printed_can_sign_in_with_the_printed_password():
    printed = [line.split()[-1] for line in demo.sign_ins().splitlines()[1:]]

    accounts = Account.objects.filter(email__in=printed)
    assert sorted(account.email for account in accounts) == sorted(printed)
    assert all(account.check_password(PASSWORD) for account in accounts)


def test_record_numbers_follow_the_day_of_the_referral(harbour):
    men = Patient.objects.filter(site=harbour).order_by("record_number")

    assert [man.record_number for man in men] == [f"HF-{n:04d}" for n in range(1, 36)]
    assert [man.registered_at for man in men] == sorted(man.registered_at for man in men)


def test_men_are_in_every_state():
    assert set(Enrolment.objects.values_list("status", flat=True)) == {s.value for s in Status}


def test_men_on_treatment_are_in_each_of_the_six_months(harbour):
    today = harbour.localdate(INSTANT)
    days = [
        (today - man.first_dose_on).days + 1
        for man in Enrolment.objects.filter(status=Status.ACTIVE)
    ]

    assert {min(6, -(-day // 30)) for day in days} == {1, 2, 3, 4, 5, 6}


# --- the published table ------------------------------------------------------------------------


def test_the_thirty_began_as_the_published_thirty_did(okafor, harbour):
    assert lines(okafor, harbour)["Before the first capsule"] == {
        "Azoospermia": (26, 30),
        "Cryptozoospermia": (4, 30),
        "Of the azoospermic, an earlier retrieval": (24, 26),
    }


def test_eleven_respond_nine_of_them_by_month_three(okafor, harbour):
    found = lines(okafor, harbour)["Everybody who took a capsule (intention to treat)"]

    assert found == {
        "Confirmed response": (11, 30),
        "… by month 3": (9, 30),
        "… by month 6": (11, 30),
        "Of the azoospermic": (7, 26),
        "Of the cryptozoospermic": (4, 4),
        "Motile sperm seen at least once": (12, 30),
        "Of the responders, by month 3": (9, 11),
        "Of the responders, maturation arrest": (6, 11),
    }


def test_side_effects_add_up_to_the_published_ones(okafor, harbour):
    found = lines(okafor, harbour)["Side effects"]

    assert found == {
        "Dry skin or chapped lips": (30, 30),
        "Irritability": (14, 30),
        "Cholesterol panel altered": (5, 30),
        "Rash": (4, 30),
        "Dry eyes": (1, 30),
        "Triglycerides raised": (6, 30),
        "Cholesterol raised": (5, 30),
        "ALT raised": (2, 30),
        "AST raised": (2, 30),
        "CK raised": (1, 30),
        "Stopped before the end": (0, 30),
    }


def test_every_line_that_the_study_reports_is_the_same_here(okafor, harbour):
    compared = [
        (line.what, (line.ours.events, line.ours.of), (line.study.events, line.study.of))
        for table in cohort_of(okafor, harbour).tables
        for line in table.lines
        if line.study
    ]

    assert [(what, ours) for what, ours, _ in compared] == [
        (what, study) for what, _, study in compared
    ]


# --- a working day ------------------------------------------------------------------------------


def test_the_day_has_people_who_are_here_and_people_who_are_expected(mara, harbour):
    day = day_of(mara, harbour, harbour.localdate(INSTANT), INSTANT)

    assert (day.arrived, day.expected) == (6, 11)


def test_the_other_clinic_has_a_day_too(clinics):
    hill = clinics["hill"]
    day = day_of(member(hill, Role.COORDINATOR), hill, hill.localdate(INSTANT), INSTANT)

    assert (day.arrived, day.expected) == (3, 3)


def test_today_has_something_overdue_closing_and_to_review(mara, harbour):
    work = worklist(mara, harbour, harbour.localdate(INSTANT))

    assert work.counts == {
        "closing": 4, "overdue": 1, "results": 8, "failed": 0, "deviations": 4,
    }  # fmt: skip


def test_one_message_waits_for_an_address_that_refuses_it(harbour):
    waiting = Message.objects.filter(state="waiting", recipient__endswith="@bounce.example")

    assert [message.template for message in waiting] == ["please_sign_in"]


def test_the_inbox_has_one_of_each_kind(okafor):
    found = inbox(okafor, INSTANT)

    assert [band.name.key for band in found.bands] == [
        "self_harm", "stop_hold", "critical", "freeze", "duties", "results", "visits", "letters",
        "events",
    ]  # fmt: skip
    assert len(found.normal) == 3


def test_the_critical_one_is_a_triglyceride_of_612(okafor):
    critical = [
        item for band in inbox(okafor, INSTANT).bands if band.name.key == "critical"
        for item in band.items
    ]  # fmt: skip

    assert [(item.name, "612" in item.line) for item in critical] == [("Dan Rourke", True)]


def test_one_laboratory_message_waits_for_its_owner(harbour):
    states = Counter(InboundMessage.objects.values_list("state", flat=True))

    assert states == {"filed": 1, "unmatched": 1, "staged": 1}


def test_one_table_waits_for_a_look(harbour):
    message = InboundMessage.objects.get(site=harbour, state="staged")
    states = sorted(message.rows.values_list("state", flat=True))

    assert states == ["new", "new", "new", "unknown_code", "unknown_unit"]


def test_departures_are_drafted_and_none_is_closed(harbour):
    codes = set(
        Deviation.objects.filter(closed_at=None, enrolment__patient__site=harbour).values_list(
            "code", flat=True
        )
    )

    assert codes == {"VISIT_MISSED", "LAB_NOT_FASTING", "SEMEN_INVALID"}


def test_one_visit_is_complete_and_waits_for_its_signature(okafor):
    waiting = [
        item for band in inbox(okafor, INSTANT).bands if band.name.key == "visits"
        for item in band.items
    ]  # fmt: skip

    assert [(item.name, item.line) for item in waiting] == [("Sami Barakat", "M1, complete")]


def test_every_signed_visit_lacks_nothing_but_what_a_hold_forbade():
    gaps = [
        (visit.enrolment.patient.family_name, gap["key"])
        for visit in Visit.objects.filter(status="signed").select_related("enrolment__patient")
        for signature in visit.signatures.all()
        for gap in signature.content["gaps"]
    ]

    assert {name for name, _ in gaps} <= {"Rourke"}


@pytest.mark.parametrize(
    ("role", "page"),
    [
        pytest.param(Role.COORDINATOR, "protocols:today", id="coordinator"),
        pytest.param(Role.NURSE, "protocols:today", id="nurse"),
        pytest.param(Role.CLINICIAN, "protocols:inbox", id="clinician"),
        pytest.param(Role.TECHNOLOGIST, "labs:bench", id="technologist"),
        pytest.param(Role.VERIFIER, "labs:bench", id="verifier"),
        pytest.param(Role.EMBRYOLOGIST, "labs:bench", id="embryologist"),
        pytest.param(Role.PHARMACIST, "protocols:stock", id="pharmacist"),
        pytest.param(Role.AUDITOR, "protocols:outcomes", id="auditor"),
        pytest.param(Role.ADMINISTRATOR, "clinic:settings", id="administrator"),
    ],
)
def test_everybody_finds_his_own_page_in_order(client, sign_in, harbour, role, page):
    sign_in(client, member(harbour, role))

    assert client.get(reverse(page)).status_code == 200


def test_the_record_of_every_man_opens(client, sign_in, okafor, harbour):
    sign_in(client, okafor)

    answers = {
        man: client.get(reverse("protocols:record", args=[man])).status_code
        for man in Patient.objects.filter(site=harbour).values_list("pk", flat=True)
    }

    assert set(answers.values()) == {200}


# --- the same again -----------------------------------------------------------------------------


def seen(family_name: str) -> list[tuple]:
    """The numbers of one man, in the order they were found."""
    man = Patient.objects.get(family_name=family_name)
    results = Result.objects.filter(patient=man).order_by("collected_at", "analyte__key", "pk")
    samples = SemenAnalysis.objects.filter(patient=man).order_by("collected_at", "pk")
    return [
        (man.record_number, man.given_name, man.born_on),
        *results.values_list("collected_at", "analyte__key", "reported", "grade"),
        *samples.values_list("collected_at", "result_class", "pellet_sperm_n", "status"),
        *Finding.objects.filter(enrolment__patient=man)
        .order_by("raised_at", "pk")
        .values_list("headline", "state"),
    ]


def asks(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def tell_again(places: Iterable[int]) -> None:
    """The same clinics from the beginning, with the past of these men."""
    asks("SET CONSTRAINTS ALL IMMEDIATE")
    with demo.quickly():
        demo.empty()
        asks("SET CONSTRAINTS ALL DEFERRED")
        first, second, _ = demo.open_clinics(INSTANT)
        demo.load_definitions(now=INSTANT)
        lives, _ = demo.everybody(first, second, INSTANT)
        demo.register(lives.values())
        demo.fill_shelves((first, second), lives.values(), INSTANT)
        for place in places:
            demo.told(lives[place])()


def registry() -> list[tuple[str, str, str, date]]:
    men = Patient.objects.order_by("site", "record_number")
    return list(men.values_list("record_number", "given_name", "family_name", "born_on"))


def test_the_same_instant_gives_the_same_people_and_numbers():
    families = {"Mensah": 21, "Hart": 12}
    people, before = registry(), {family: seen(family) for family in families}

    tell_again(families.values())

    assert registry() == people
    assert {family: seen(family) for family in families} == before


# --- where it may not be ------------------------------------------------------------------------


def test_it_is_refused_under_production_settings(settings):
    settings.DEMONSTRATION = False

    with pytest.raises(CommandError, match="exist only in the embedded mode"):
        call_command("demo", reset=True)

    assert Site.objects.count() == 2


def test_a_second_time_is_refused_without_reset():
    with pytest.raises(CommandError, match="There is a clinic here already"):
        call_command("demo")


def test_daniel_was_held_once_and_took_half_the_dose_for_a_while(harbour):
    him = Enrolment.objects.get(patient__family_name="Rourke")
    begun = [
        (segment.kind, segment.mg_per_day, (segment.during.lower - him.first_dose_on).days)
        for segment in him.dose_segments.order_by("during")
    ]

    assert begun == [("full", 40, 0), ("hold", 0, 28), ("reduced", 20, 35), ("full", 40, 54)]
