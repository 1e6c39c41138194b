"""manage.py load_consent_texts: take in the consent texts that are not there yet."""

from django.core.management.base import BaseCommand, CommandError

from clinic.refusal import Refusal
from patients.actions.consent import load_consent_texts


class Command(BaseCommand):
    help = "Takes in the consent texts that are not there yet; running it twice changes nothing."

    def handle(self, *args: object, **options: object) -> None:
        try:
            texts = load_consent_texts()
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        for text in texts:
            state = "signed off" if text.signed_off else "draft, not signed off"
            self.stdout.write(f"{text} ({state})")
