"""Open a clinic, or give one that has nobody left an administrator: the way into an empty house."""

import sys
import zoneinfo
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email, validate_slug
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from clinic.actions import sites
from clinic.actions.links import LINK_DAYS
from clinic.models import Site
from clinic.refusal import Refusal

#: What a new clinic is asked for: option, question, what most answer.
OF_A_CLINIC = [
    ("name", "Name of the clinic", ""),
    ("record_prefix", "Letters before its record numbers", "HF"),
    ("time_zone", "Time zone, as in Europe/Madrid", ""),
    ("zone_word", "How people say that zone, as in Pacific", ""),
    ("neutral_name", "Name for messages, which others may read; not what is treated", ""),
    ("phone", "Telephone", ""),
    ("phone_hours", "When somebody answers it", "weekdays 8 to 5"),
    ("address", "Street and town", ""),
    ("paper", "Paper, letter or a4", "letter"),
]


def zone(text: str) -> None:
    if text not in zoneinfo.available_timezones():
        raise ValidationError("There is no such zone. Examples: America/New_York, Europe/Madrid.")


def paper(text: str) -> None:
    if text not in Site.Paper.values:
        raise ValidationError("letter or a4.")


def new_name(text: str) -> None:
    if Site.objects.filter(name=text).exists():
        raise ValidationError("Another clinic has this name. Its short name, then?")


CHECKS: dict[str, Callable[[str], None]] = {
    "code": validate_slug,
    "name": new_name,
    "email": validate_email,
    "time_zone": zone,
    "paper": paper,
}


class Command(BaseCommand):
    help = (
        "Gives a clinic its administrator and prints his single-use link; a clinic that is not "
        "there yet is opened. Asks for whatever no option says. There is no password to type."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--code", help="short name of the clinic, as in harbour")
        parser.add_argument("--email", help="the administrator's address")
        parser.add_argument("--person", help="the administrator's name")
        for option, question, _ in OF_A_CLINIC:
            parser.add_argument(f"--{option.replace('_', '-')}", help=question)

    def handle(self, *args: Any, **options: Any) -> None:
        code = self._answer(options, "code", "Short name of the clinic, as in harbour")
        site = Site.objects.filter(code=code).first()
        if site is None:
            self.stdout.write(f"There is no clinic {code} yet; it is opened now.")
            details = {
                name: self._answer(options, name, q, usual) for name, q, usual in OF_A_CLINIC
            }
        email = self._answer(options, "email", "E-mail address of its administrator")
        person = self._answer(options, "person", "Name of the administrator")
        now = timezone.now()
        try:
            with transaction.atomic():
                if site is None:
                    site, _, token = sites.open_site(
                        administrator_email=email, administrator_name=person, now=now,
                        code=code, **details,
                    )  # fmt: skip
                else:
                    _, token = sites.appoint(site=site, email=email, name=person, now=now)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self._tell(site, email, token)

    def _tell(self, site: Site, email: str, token: str) -> None:
        self.stdout.write(f"{email} is administrator of {site.name}.")
        if not token:
            self.stdout.write("He signs in with the password he has.")
            return
        self.stdout.write(f"His link, for one use within {LINK_DAYS} days; give it to nobody else:")
        self.stdout.write(f"{settings.BASE_URL}{reverse('clinic:open_link', args=[token])}")

    def _answer(self, options: dict[str, Any], name: str, question: str, usual: str = "") -> str:
        given = options.get(name)
        while True:
            text = str(given if given is not None else self._ask(name, question, usual)).strip()
            why = self._wrong(name, text)
            if not why:
                return text
            if given is not None:
                raise CommandError(f"--{name.replace('_', '-')}: {why}")
            self.stderr.write(why)

    def _ask(self, name: str, question: str, usual: str) -> str:
        if not sys.stdin.isatty():
            if usual:
                return usual
            raise CommandError(f"--{name.replace('_', '-')} is needed: {question}.")
        return input(f"{question}{f' [{usual}]' if usual else ''}: ") or usual

    def _wrong(self, name: str, text: str) -> str:
        if not text:
            return "An answer is needed."
        try:
            CHECKS.get(name, lambda _: None)(text)
        except ValidationError as wrong:
            return " ".join(wrong.messages)
        return ""
