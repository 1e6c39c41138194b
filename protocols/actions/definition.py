"""Bringing programmes in: from reviewed files, published once, never changed afterwards."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Max

from clinic import audit
from clinic.models import Account, Site
from clinic.refusal import Refusal
from protocols.actions.drafts import NUMBER, lock_draft, refuse_old
from protocols.actions.passwords import wrong_password
from protocols.models import PlannedVisit, Protocol, PublishedDefault, Version
from protocols.queries.definitions import draft_of
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
PROGRAMMES = (DEFAULT, "isotretinoin_nine_months")


@transaction.atomic
def load_definitions(*, now: datetime, by: Account | None = None) -> list[Version]:
    """Publish every shipped programme that is not published yet; a second time changes nothing."""
    versions = [publish_shipped(definition=shipped(name), now=now, by=by) for name in PROGRAMMES]
    give_every_site_a_default(versions=versions, now=now, by=by)
    return versions


def publish_shipped(*, definition: Definition, now: datetime, by: Account | None = None) -> Version:
    """What comes with the program, once; what a later release says otherwise is the next version.

    Nobody is moved and no site's choice changes: a person reads the new version first.
    """
    rows = list(
        Version.objects.filter(protocol__key=definition.key, number__isnull=False)
        .exclude(state=Version.State.DRAFT)
        .order_by("number")
    )
    for row in rows:
        if row.sha256 == content_hash(definition.model_copy(update={"version": row.number})):
            return row
    numbers = [row.number for row in rows if row.number is not None]
    if definition.version in numbers:
        definition = definition.model_copy(update={"version": max(numbers) + 1})
    return publish(definition=definition, now=now, by=by)


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
    """A site that has chosen no programme yet takes the first one, six months, if it is there."""
    if not versions:
        return
    newest = max(versions, key=lambda row: (row.protocol.key == DEFAULT, row.number, row.pk))
    for site in Site.objects.filter(default_protocol=None):
        choose_default(site=site, version=newest, now=now, by=by)


def publish_draft(
    *, version: Version, revision: int, by: Account, password: str, now: datetime
) -> Version:
    """Publish a draft as its programme's next version, once the password has been given again."""
    sentence = wrong_password(subject=version, by=by, password=password, now=now)
    if sentence:
        raise Refusal(sentence, field="password")
    return put_published(version=version, revision=revision, by=by, now=now)


@transaction.atomic
def put_published(*, version: Version, revision: int, by: Account, now: datetime) -> Version:
    """Fix what the draft says, by somebody who has proved who he is; from now on it never changes.

    Its number is the next of its programme, whatever the text says; another key makes it the
    first version of another programme.
    """
    draft = lock_draft(version)
    refuse_old(draft, revision, by)
    definition = draft_of(draft).definition
    if definition is None:
        raise Refusal("The draft is not a programme yet: put right what is wrong with it first.")
    protocol, _ = Protocol.objects.get_or_create(
        key=definition.key, defaults={"name": definition.title[:120]}
    )
    # Held, so that two drafts published at once get two numbers.
    Protocol.objects.select_for_update(of=("self",)).get(pk=protocol.pk)
    last = Version.objects.filter(protocol=protocol).aggregate(last=Max("number"))["last"] or 0
    if last and same_as_published(protocol, definition):
        raise Refusal("It says the same as the version that is published: there is nothing new.")
    final = definition.model_copy(update={"version": last + 1})
    draft.protocol, draft.number, draft.state = protocol, last + 1, Version.State.PUBLISHED
    draft.source = NUMBER.sub(f"version: {last + 1}", draft.source, count=1)
    draft.definition, draft.sha256 = document(final), content_hash(final)
    draft.published_at, draft.published_by = now, by
    draft.save()
    PlannedVisit.objects.bulk_create(planned_visits(draft, final))
    audit.record(
        actor=by,
        action="protocol.published",
        subject=draft,
        number=draft.number,
        sha256=draft.sha256,
    )
    return draft


def same_as_published(protocol: Protocol, definition: Definition) -> bool:
    newest = (
        Version.objects.filter(protocol=protocol, state=Version.State.PUBLISHED)
        .order_by("-number")
        .first()
    )
    if newest is None or newest.number is None:
        return False
    return newest.sha256 == content_hash(definition.model_copy(update={"version": newest.number}))


@transaction.atomic
def retire(*, version: Version, because: str, by: Account, now: datetime) -> Version:
    """Take a version out of use: nobody is enrolled in it any more, the men on it stay."""
    row = (
        Version.objects.select_for_update(of=("self",))
        .select_related("protocol")
        .get(pk=version.pk)
    )
    if row.state != Version.State.PUBLISHED:
        raise Refusal("Only a published version is retired.")
    if not because.strip():
        raise Refusal("Say why it is retired.", field="because")
    using = PublishedDefault.objects.filter(version=row).select_related("site")
    if using:
        names = ", ".join(default.site.name for default in using)
        raise Refusal(f"New enrolments at {names} take it: choose another version there first.")
    row.state, row.retired_at, row.retired_by = Version.State.RETIRED, now, by
    row.retired_because = because.strip()[:300]
    row.save(update_fields=["state", "retired_at", "retired_by", "retired_because"])
    audit.record(
        actor=by, action="protocol.retired", subject=row, reason=because, number=row.number
    )
    return row


@transaction.atomic
def choose_default(
    *, site: Site, version: Version, now: datetime, by: Account | None = None
) -> PublishedDefault:
    """Let new enrolments at a site take this version; those under way keep theirs."""
    version = Version.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if version.state != Version.State.PUBLISHED:
        raise Refusal("Only a published version can be used for new enrolments.")
    default, _ = PublishedDefault.objects.update_or_create(
        site=site, defaults={"version": version, "set_at": now}
    )
    audit.record(
        actor=by, action="protocol.chosen", subject=version, site=site, number=version.number
    )
    return default
