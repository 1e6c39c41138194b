"""The programme at work on itself: part of it signed off, the next version being drafted."""

from datetime import datetime

from django.db import transaction

from protocols.actions.drafts import copy_to_draft, save_draft
from protocols.actions.sign_offs import put_sign_offs
from protocols.management.demonstration.clinics import Clinic
from protocols.models import PublishedDefault
from protocols.queries.enrolment import definition_of
from protocols.rules.sign_offs import choices

SIGNED = {"dose", "gates", "counselling"}
#: What the medical lead would like to change.
WISH = ("max_age: 60", "max_age: 65")


@transaction.atomic
def tell(clinic: Clinic, now: datetime) -> None:
    """Its medical lead has read three parts, and wishes for older men."""
    lead = clinic.people["first_doctor"]
    default = PublishedDefault.objects.select_related("version__protocol").get(site=clinic.site)
    version = default.version
    read = [row.fingerprint for row in choices(definition_of(version)) if row.part in SIGNED]
    put_sign_offs(version=version, site=clinic.site, fingerprints=read, by=lead, now=now)
    draft = copy_to_draft(version=version, by=lead, now=now)
    save_draft(
        version=draft,
        text=draft.source.replace(*WISH),
        revision=draft.revision,
        by=lead,
        now=now,
    )
