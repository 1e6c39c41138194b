"""What people do at the door, step by step."""

import re

import pyotp
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.actions import outbox

PASSWORD = "correct horse battery"
LOGIN = "/accounts/login/"


def enter(client, email, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password}, **more)


def set_up_second_step(client):
    """As at the first sign-in; returns the secret the app holds from now on."""
    page = client.get(reverse("mfa_activate_totp"))
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page.text).group(1)
    client.post(reverse("mfa_activate_totp"), {"code": pyotp.TOTP(secret).now()})
    return secret


def confirm_password(client, password=PASSWORD):
    return client.post(reverse("account_reauthenticate"), {"password": password})


def post():
    """Let the worker deliver; the letters that left, newest last."""
    outbox.deliver(clock=timezone.now)
    return mail.outbox


def link_in(letter):
    return re.search(r"http://[^/]+(/\S+)", letter.body).group(1)
