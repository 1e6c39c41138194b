"""The log says what broke and where, and nothing about anybody."""

import io
import logging

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import IntegrityError, OperationalError, connection, transaction
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from clinic.models import Site
from config.logs import Discreet, named

pytestmark = pytest.mark.django_db
NAME = "Benedikt Ahlgren"


def breaks(request, **given):
    """What a form does whose row the database refuses: the error quotes the row."""
    name = request.POST["name"]
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO clinic_site (name) VALUES (%s)", [name])


breaks.login_required = False
urlpatterns = [
    path("broken/<str:token>/", csrf_exempt(breaks)),
    path("handled/", csrf_exempt(lambda request: 1 / 0)),
]


@pytest.fixture
def lines():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Discreet(settings.LOGGING["formatters"]["line"]["format"]))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_every_handler_writes_discreetly():
    assert {h["formatter"] for h in settings.LOGGING["handlers"].values()} == {"line"}
    assert settings.LOGGING["formatters"]["line"]["()"] == "config.logs.Discreet"
    assert logging.getLogger("django").handlers == []


@pytest.mark.urls(__name__)
def test_a_request_that_breaks_leaves_no_form_no_row_and_no_token_in_the_log(client, lines):
    client.raise_request_exception = False

    page = client.post("/broken/secret-token/?q=ahlgren", {"name": NAME, "born": "1990-02-03"})

    assert page.status_code == 500
    written = lines.getvalue()
    for private in (NAME, "ahlgren", "1990-02-03", "secret-token"):
        assert private not in written
        assert private not in page.text
    assert "ERROR django.request Internal Server Error: /broken/<str:token>/" in written
    assert "in breaks" in written
    assert "django.db.utils.IntegrityError" in written


def test_the_words_of_the_database_would_have_named_him():
    with pytest.raises(IntegrityError, match=NAME), transaction.atomic():
        Site.objects.create(name=NAME, code=None)


def test_what_came_before_an_exception_is_told_as_discreetly(lines):
    try:
        try:
            raise ValueError(NAME)
        except ValueError as first:
            raise SuspiciousOperation(NAME) from first
    except SuspiciousOperation:
        logging.getLogger("halfyear").exception("filing failed")

    written = lines.getvalue()
    assert NAME not in written
    assert written.index("ValueError") < written.index("SuspiciousOperation")


def test_a_task_that_fails_is_named_without_what_it_raised(lines):
    try:
        raise KeyError(NAME)
    except KeyError as error:
        context = {"name": "clinic.tasks.draw", "id": "7", "exc": repr(error)}
        logging.getLogger("celery.app.trace").exception("Task %(name)s: %(exc)s", context)

    written = lines.getvalue()
    assert "Task clinic.tasks.draw: KeyError" in written
    assert f"'{NAME}'" not in written


def test_an_exception_as_the_message_or_its_argument_is_told_by_its_type(lines):
    logging.getLogger("halfyear").error(ValueError(NAME))
    logging.getLogger("halfyear").error("cannot file: %s", ValueError(NAME))

    assert lines.getvalue() == (
        "ERROR halfyear ValueError\nERROR halfyear cannot file: ValueError\n"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "OSError: [Errno 28] No space left on device"),
        (OperationalError("refused"), "django.db.utils.OperationalError: refused"),
        (ValueError(NAME), "ValueError"),
        (IntegrityError(NAME), "django.db.utils.IntegrityError"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_words_are_kept_of_trouble_with_the_machine_alone(error, said):
    assert named(error) == said
