"""Who may open what: his own and nothing else; nobody of the staff; nobody once it is closed."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.access import Role
from clinic.models import Account
from labs.actions.results import review_draws
from labs.models import Result
from protocols.portal.urls import urlpatterns
from tests.conftest import make_member
from tests.factories.patients import LetterFactory
from tests.factories.protocols import MoodQuestionnaireFactory, SymptomReportFactory
from tests.pages import soup
from tests.protocols.men import NOW, blood
from tests.protocols.portal.rows import booked, report, sample

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(NOW)]

PLAIN = [p.name for p in urlpatterns if "<" not in str(p.pattern)]
KEYED = [p.name for p in urlpatterns if "<" in str(p.pattern)]
POSTED = {"tick", "feel", "release", "discreet", "crisis"}
READ = [name for name in PLAIN if name not in POSTED]
#: What is taken along as a file and is no page.
FILES = ["results_fhir", "results_table"]
PRIVATE = ("sperm", "semen", "fertil", "isotretinoin")


def everything(enrolment, by):
    """One of each thing a portal address can name, with its key."""
    draw = blood(enrolment.patient, by, triglycerides="118")
    LetterFactory(patient=enrolment.patient, from_patient=False)
    return {
        "blood": draw.pk,
        "value": Result.objects.get(draw=draw).pk,
        "sample": sample(enrolment, found=3).pk,
        "entry": booked(enrolment).pk,
        "mood_kept": MoodQuestionnaireFactory(enrolment=enrolment, answered_at=NOW).pk,
        "symptoms_kept": SymptomReportFactory(
            enrolment=enrolment,
            channel="portal",
            told_at=NOW,
            recorded_at=NOW,
            recorded_by=enrolment.patient.portal.account
            if hasattr(enrolment.patient, "portal")
            else by,
        ).pk,
        "document": report(enrolment).pk,
    }


def url(name, key=None):
    return reverse(f"portal:{name}", args=[] if key is None else [key])


def visit_all(client, keys):
    """The status of every page that is read, by name."""
    said = {name: client.get(url(name)).status_code for name in READ}
    return said | {name: client.get(url(name, key)).status_code for name, key in keys.items()}


def test_every_keyed_address_is_tried_below(treated, coordinator):
    assert set(everything(treated, coordinator)) == set(KEYED)


def test_he_opens_all_of_his_own(him: Client, treated, coordinator):
    assert set(visit_all(him, everything(treated, coordinator)).values()) == {200}


@pytest.mark.parametrize("name", KEYED)
def test_what_belongs_to_another_man_is_not_found(him: Client, another, coordinator, name):
    keys = everything(another, coordinator)

    assert him.get(url(name, keys[name])).status_code == 404


def test_nothing_of_another_man_stands_on_any_page(him: Client, another, coordinator):
    everything(another, coordinator)

    for name in READ:
        page = him.get(url(name)).text
        assert "Vance" not in page
        assert "118" not in page
        assert "Visit report" not in page


def test_two_men_in_turn_each_see_their_own(him: Client, another, sign_in):
    """What is kept of a statement is its words, never its values."""
    his_neighbour = sign_in(Client(), another.patient.portal.account)
    booked(another)

    pages = [client.get(url("home")).text for client in (him, his_neighbour, him, his_neighbour)]

    assert ["Good morning, Dan<" in page for page in pages] == [True, False, True, False]
    assert ["Add to calendar" in page for page in pages] == [False, True, False, True]


@pytest.mark.parametrize("role", list(Role))
def test_nobody_of_the_staff_opens_it(client: Client, site, treated, sign_in, role):
    sign_in(client, make_member(site, role, f"One more {role.value}"))

    said = {name: client.get(url(name)).status_code for name in READ}
    said |= {name: client.post(url(name)).status_code for name in POSTED}
    said |= {name: client.get(url(name, 1)).status_code for name in KEYED}
    assert set(said.values()) == {403}


def test_a_stranger_is_sent_to_the_door(client: Client):
    assert client.get(url("home")).url.startswith("/accounts/login/")


def close_by_revocation(portal):
    portal.revoked_at, portal.revoked_reason = NOW, "His wish."
    portal.save()


def close_by_death(portal):
    portal.patient.deceased_on = NOW.date()
    portal.patient.save()


def close_by_an_enrolment_that_says_so(portal):
    portal.patient.enrolments.update(status="DECEASED")


@pytest.mark.parametrize(
    "close", [close_by_revocation, close_by_death, close_by_an_enrolment_that_says_so]
)
def test_a_closed_portal_shows_nothing(him: Client, portal, treated, coordinator, close):
    keys = everything(treated, coordinator)
    close(portal)

    assert set(visit_all(him, keys).values()) == {403}
    assert {him.post(url(name)).status_code for name in POSTED} == {403}
    assert "Rourke" not in him.get(url("home")).text


def test_the_closed_page_lets_him_sign_out(him: Client, portal):
    close_by_revocation(portal)

    page = soup(him.get(url("home")))

    assert page.h1.text == "These pages are closed"
    assert page.select_one("main form")["action"] == reverse("account_logout")


def test_a_deactivated_account_is_sent_to_the_door(him: Client, his: Account):
    his.is_active = False
    his.save()

    assert him.get(url("home")).status_code == 302


def test_the_front_door_leads_home(him: Client):
    assert him.get("/").url == url("home")


def test_titles_and_icons_say_nothing_private(him: Client, treated, coordinator):
    keys = everything(treated, coordinator)
    pages = [him.get(url(name)) for name in READ if name not in ("crisis", *FILES)]
    pages += [him.get(url(name, keys[name])) for name in ("blood", "value", "sample", "mood_kept")]

    for page in map(soup, pages):
        named = " ".join([page.title.text, *(i["aria-label"] for i in page.select("[aria-label]"))])
        assert [word for word in PRIVATE if word in named.lower()] == []
    assert not [p for p in urlpatterns for word in PRIVATE if word in str(p.pattern)]


def test_nothing_is_kept_by_the_browser(him: Client, treated, coordinator):
    keys = everything(treated, coordinator)
    answers = [him.get(url(name)) for name in READ]
    answers += [him.get(url(name, key)) for name, key in keys.items()]

    assert {answer["Cache-Control"] for answer in answers} == {"private, no-store"}


@pytest.mark.parametrize("rows", [1, 3])
def test_a_page_costs_ten_queries_at_most_however_much_there_is(
    him: Client, treated, coordinator, rows, django_assert_max_num_queries
):
    for n in range(rows):
        blood(treated.patient, coordinator, now=NOW.replace(hour=10 + n), triglycerides="118")
        sample(treated, found=3, days_ago=10 * n + 1)
        report(treated)
        LetterFactory(patient=treated.patient, from_patient=n == 0)
    keys = {
        "blood": treated.patient.draws.first().pk,
        "value": Result.objects.first().pk,
        "sample": treated.patient.semen_analyses.first().pk,
        "entry": booked(treated).pk,
    }
    visit_all(him, keys)

    for address in [url(name) for name in READ] + [url(name, key) for name, key in keys.items()]:
        with django_assert_max_num_queries(10):
            assert him.get(address).status_code == 200


@pytest.mark.parametrize(
    "name", ["home", "results", "documents", "messages", "who_looked", "blood", "value", "sample"]
)
def test_a_longer_list_costs_no_more(him: Client, treated, coordinator, clinician, name):
    costs = []
    for rows in (1, 3):
        for n in range(rows):
            now = NOW.replace(hour=8 + rows, minute=n)
            draw = blood(treated.patient, coordinator, now=now, triglycerides="118")
            review_draws(draws=[draw], by=clinician, now=NOW)
            row = sample(treated, found=3, days_ago=3 * n + rows)
            report(treated)
            LetterFactory(patient=treated.patient, from_patient=True)
        value = Result.objects.get(draw=draw).pk
        key = {"blood": draw.pk, "value": value, "sample": row.pk}.get(name)
        him.get(url(name, key))
        with CaptureQueriesContext(connection) as asked:
            him.get(url(name, key))
        costs.append(len(asked))
    assert costs[0] == costs[1]
