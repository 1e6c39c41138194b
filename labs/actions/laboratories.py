"""Who measures for a site."""

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from labs.models import Laboratory


@transaction.atomic
def add_laboratory(
    *, site: Site, name: str, by: Account, facility: str = "", andrology: bool = False
) -> Laboratory:
    """A laboratory of the site; `facility` is how it calls itself in its messages (MSH-4)."""
    try:
        with transaction.atomic():
            laboratory = Laboratory.objects.create(
                site=site, name=name.strip(), facility=facility.strip(), andrology=andrology
            )
    except IntegrityError as taken:
        raise Refusal(
            "This site has a laboratory of that name or facility already.", field="name"
        ) from taken
    audit.record(
        actor=by, action="laboratory.added", subject=laboratory, site=site, facility=facility
    )
    return laboratory
