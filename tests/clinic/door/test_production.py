"""The settings of a clinic: nothing secret by default, nothing relaxed, no demonstration."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from clinic.models import Account

ROOT = Path(__file__).resolve().parents[3]
SECRETS = ("SECRET_KEY", "AUDIT_KEY", "DATABASE_URL", "REDIS_URL")
ENVIRONMENT = {
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "AUDIT_KEY": "another",
    "DATABASE_URL": "postgresql://u:p@db/halfyear",
    "REDIS_URL": "redis://:p@redis:6379",
    "ALLOWED_HOSTS": "clinic.example",
    "BASE_URL": "https://clinic.example",
}


HSTS = "max-age=31536000; includeSubDomains; preload"


def production(monkeypatch, **environment):
    for name in {*os.environ} - {"PATH", "HOME"}:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "config/settings/base.py"))


@pytest.fixture
def clinic(monkeypatch):
    return production(monkeypatch, **ENVIRONMENT)


@pytest.mark.parametrize("missing", SECRETS)
def test_no_secret_has_a_default(monkeypatch, missing):
    rest = {name: value for name, value in ENVIRONMENT.items() if name != missing}

    with pytest.raises(ImproperlyConfigured, match=missing):
        production(monkeypatch, **rest)


def test_the_deployment_checks_find_nothing():
    said = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "DEBUG"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.base"}
        | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (said.returncode, said.stdout) == (
        0,
        "System check identified no issues (1 silenced).\n",
    )


def test_one_check_alone_is_silenced_and_a_constraint_stands_for_it(clinic):
    assert clinic["SILENCED_SYSTEM_CHECKS"] == ["auth.W004"]
    assert "account_email_is_used_once" in [c.name for c in Account._meta.constraints]


def test_nothing_is_relaxed(clinic):
    assert clinic["DEBUG"] is False
    assert clinic["DEMONSTRATION"] is False
    assert clinic["SECURE_SSL_REDIRECT"] is True
    assert clinic["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert clinic["SESSION_COOKIE_SAMESITE"] == "Lax"
    for cookie in ("SESSION", "CSRF"):
        assert clinic[f"{cookie}_COOKIE_SECURE"] is True
        assert clinic[f"{cookie}_COOKIE_HTTPONLY"] is True


def test_no_variable_switches_the_demonstration_on(monkeypatch):
    given = dict.fromkeys(("DEMONSTRATION", "HALFYEAR_DEMONSTRATION", "DEBUG"), "1")

    found = production(monkeypatch, **ENVIRONMENT, **given)

    assert (found["DEMONSTRATION"], found["DEBUG"]) == (False, False)


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline(clinic):
    directives = clinic["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]

    sources = {source for name in directives for source in directives[name]}
    assert sources == {"'none'", "'self'", "data:"}
    assert [name for name, allowed in directives.items() if "data:" in allowed] == ["img-src"]
    assert directives["default-src"] == directives["frame-ancestors"] == ["'none'"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        pytest.param("/accounts/login/", 200, id="sign-in"),
        pytest.param("/settings/", 302, id="not signed in"),
        pytest.param("/no/such/page/", 404, id="not found"),
        pytest.param("/alive/", 200, id="alive"),
        pytest.param("/welcome/x/", 410, id="link"),
    ],
)
def test_every_answer_carries_the_policy_and_the_promise_of_https(
    client, settings, clinic, address, status
):
    for name in ("HSTS_SECONDS", "HSTS_INCLUDE_SUBDOMAINS", "HSTS_PRELOAD", "SSL_REDIRECT"):
        setattr(settings, f"SECURE_{name}", clinic[f"SECURE_{name}"])

    answer = client.get(address, secure=True)

    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_plain_http_is_sent_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    answer = client.get("/accounts/login/")

    assert (answer.status_code, answer.url) == (301, "https://testserver/accounts/login/")


@pytest.mark.django_db
def test_the_session_cookie_is_for_https_and_not_for_scripts(client, settings, administrator):
    settings.SESSION_COOKIE_SECURE = True

    client.post(
        reverse("account_login"),
        {"login": administrator.email, "password": "correct horse battery"},
        secure=True,
    )

    cookie = client.cookies["sessionid"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie["max-age"] == ""  # gone with the browser


@pytest.mark.django_db
def test_a_demonstration_account_cannot_be_made(settings):
    settings.DEMONSTRATION = False

    with pytest.raises(ImproperlyConfigured, match="embedded mode"):
        Account.objects.create_account(
            email="x@example.org", name="X", kind="staff", is_demonstration=True
        )


@pytest.mark.django_db
def test_a_demonstration_account_that_was_copied_cannot_sign_in(client, settings, administrator):
    settings.DEMONSTRATION = False

    answer = client.post(
        reverse("account_login"),
        {"login": administrator.email, "password": "correct horse battery"},
    )

    assert answer.url == reverse("account_inactive")
    assert "_auth_user_id" not in client.session
    administrator.refresh_from_db()
    assert administrator.is_active


@pytest.mark.django_db
def test_a_demonstration_session_that_was_copied_is_ended(client, settings, administrator, sign_in):
    sign_in(client, administrator)
    settings.DEMONSTRATION = False

    answer = client.get(reverse("clinic:settings"))

    assert answer.url == f"{reverse('account_login')}?next=/settings/"
    assert "_auth_user_id" not in client.session
