"""Bringing programmes in: from reviewed files, published once, never changed afterwards."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from protocols.models import PlannedVisit, Protocol, PublishedDefault, Version
from protocols.rules.definition import (
    DEFAULT,
    Definition,
    DefinitionError,
    content_hash,
    document,
    load,
    shipped,
)

#: The programmes among the shipped definitions; what else lies there are tables they use.
PROGRAMMES = (DEFAULT,)


@transaction.atomic
def load_definitions(*, now: datetime, by: Account | None = None) -> list[Version]:
    """Publish every shipped programme that is not published yet; a second time changes nothing."""
    versions = [publish(definition=shipped(name), now=now, by=by) for name in PROGRAMMES]
    give_every_site_a_default(versions=versions, now=now, by=by)
    return versions


def publish_file(*, path: Path, now: datetime, by: Account | None = None) -> Version:
    """The version a file describes, published; a changed file under a used number is refused."""
    try:
        definition = load(path.read_text(encoding="utf-8"))
    except DefinitionError as error:
        raise Refusal(f"{path.name} is not a programme. {error}") from error
    return publish(definition=definition, now=now, by=by)


@transaction.atomic
def publish(*, definition: Definition, now: datetime, by: Account | None = None) -> Version:
    """Publish one version of a programme, once, with its visits as rows."""
    protocol, _ = Protocol.objects.select_for_update(of=("self",)).get_or_create(
        key=definition.key, defaults={"name": definition.title}
    )
    sha256 = content_hash(definition)
    standing = Version.objects.filter(protocol=protocol, number=definition.version).first()
    if standing and standing.sha256 != sha256:
        raise Refusal(
            f"Version {definition.version} of “{protocol}” is published and never changes. "
            f"Write the change as version {definition.version + 1}."
        )
    if standing:
        return standing
    version = Version.objects.create(
        protocol=protocol,
        number=definition.version,
        state=Version.State.PUBLISHED,
        definition=document(definition),
        sha256=sha256,
        published_at=now,
        published_by=by,
    )
    PlannedVisit.objects.bulk_create(planned_visits(version, definition))
    audit.record(
        actor=by, action="protocol.published", subject=version, number=version.number, sha256=sha256
    )
    return version


def planned_visits(version: Version, definition: Definition) -> list[PlannedVisit]:
    """The visits of a definition as rows that a visit can point to."""
    return [
        PlannedVisit(
            version=version,
            code=visit.code,
            title=visit.title,
            position=position,
            anchor=visit.anchor.value,
            anchor_visit=visit.anchor_visit or "",
            offset_months=visit.offset_months or 0,
            offset_days=visit.offset_days or 0,
            days_before=visit.before_days,
            days_after=visit.after_days,
        )
        for position, visit in enumerate(definition.visits, start=1)
    ]


def give_every_site_a_default(
    *, versions: Sequence[Version], now: datetime, by: Account | None = None
) -> None:
    """A site that has chosen no programme yet takes the newest published here."""
    if not versions:
        return
    newest = max(versions, key=lambda version: (version.number, version.pk))
    for site in Site.objects.filter(default_protocol=None):
        choose_default(site=site, version=newest, now=now, by=by)


@transaction.atomic
def choose_default(
    *, site: Site, version: Version, now: datetime, by: Account | None = None
) -> PublishedDefault:
    """Let new enrolments at a site take this version; those under way keep theirs."""
    if version.state != Version.State.PUBLISHED:
        raise Refusal("Only a published version can be used for new enrolments.")
    default, _ = PublishedDefault.objects.update_or_create(
        site=site, defaults={"version": version, "set_at": now}
    )
    audit.record(
        actor=by, action="protocol.chosen", subject=version, site=site, number=version.number
    )
    return default
