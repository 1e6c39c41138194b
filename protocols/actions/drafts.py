"""Working on a programme: copied, imported, saved, thrown away and taken back.

A draft keeps what is typed even while it is not a programme; who saves over somebody else's work
is told and nothing is overwritten.
"""

import re
from datetime import datetime

from django.db import transaction

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.models import Protocol, Version
from protocols.queries.definitions import draft_of, newest_published, text_of
from protocols.rules.definition import content_hash, document
from protocols.rules.yaml_text import Unreadable, read_yaml, refuse_length

KEY = re.compile(r"^key:\s*[\"']?([a-z][a-z0-9_]{0,39})[\"']?\s*(?:#.*)?$", re.MULTILINE)
TITLE = re.compile(r"^title:\s*(\S.*?)\s*$", re.MULTILINE)
NUMBER = re.compile(r"^version:.*$", re.MULTILINE)


@transaction.atomic
def copy_to_draft(*, version: Version, by: Account, now: datetime) -> Version:
    """Begin a new version from what another one says."""
    source = Version.objects.select_related("protocol").get(pk=version.pk)
    last = newest_published(source)
    number = (last.number or 0) + 1 if last else 1
    text = NUMBER.sub(f"version: {number}", text_of(source), count=1)
    if not source.is_draft:
        lines = text.splitlines(keepends=True)
        text = "".join([f"# Begun from {source.name}.\n", *lines[2:]])
    draft = new_draft(protocol=source.protocol, text=text, based_on=source, by=by, now=now)
    audit.record(actor=by, action="protocol.drafted", subject=draft, begun_from=source.pk)
    return draft


@transaction.atomic
def import_draft(*, text: str, by: Account, now: datetime) -> Version:
    """Take a file in as a draft, right or wrong; its key says of which programme."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    refuse_text(text, "file")
    key, name = named_in(text)
    protocol, _ = Protocol.objects.get_or_create(key=key, defaults={"name": name[:120]})
    draft = new_draft(protocol=protocol, text=text, based_on=None, by=by, now=now)
    audit.record(actor=by, action="protocol.imported", subject=draft, sha256=draft.sha256)
    return draft


def named_in(text: str) -> tuple[str, str]:
    """Key and title as a text says them, also one that is not right elsewhere, or is JSON."""
    key, title = KEY.search(text), TITLE.search(text)
    if key is not None:
        return key[1], title[1].strip("\"'") if title else key[1]
    try:
        content = read_yaml(text).content
    except Unreadable:
        content = None
    said = content.get("key") if isinstance(content, dict) else None
    if isinstance(content, dict) and isinstance(said, str) and KEY.match(f"key: {said}"):
        titled = content.get("title")
        return said, titled.strip() if isinstance(titled, str) and titled.strip() else said
    raise Refusal(
        "This does not look like a programme: it has no line “key: …”. Nothing was imported.",
        field="file",
    )


def new_draft(
    *, protocol: Protocol, text: str, based_on: Version | None, by: Account, now: datetime
) -> Version:
    draft = Version(
        protocol=protocol, based_on=based_on, revision=1, saved_at=now, saved_by=by, source=text
    )
    read_into(draft)
    draft.save()
    return draft


def refuse_text(text: str, field: str) -> None:
    if not text.strip():
        raise Refusal("There is nothing in it.", field=field)
    try:
        refuse_length(text)
    except Unreadable as error:
        raise Refusal(error.message, field=field) from error
    if "\x00" in text:
        raise Refusal("This is not a text.", field=field)


def read_into(draft: Version) -> None:
    """What the text says as a document with its hash; nothing of both while it is wrong."""
    definition = draft_of(draft).definition
    draft.definition = document(definition) if definition else {}
    draft.sha256 = content_hash(definition) if definition else ""


@transaction.atomic
def save_draft(
    *, version: Version, text: str, revision: int, by: Account, now: datetime
) -> Version:
    """Keep what is typed, right or wrong, unless somebody else has saved since it was opened."""
    draft = lock_draft(version)
    text = text.replace("\r\n", "\n")
    refuse_text(text, "source")
    refuse_old(draft, revision, by)
    if text == draft.source:
        return draft
    draft.source, draft.revision = text, draft.revision + 1
    draft.saved_at, draft.saved_by = now, by
    read_into(draft)
    draft.save()
    audit.record(
        actor=by,
        action="protocol.saved",
        subject=draft,
        revision=draft.revision,
        sha256=draft.sha256,
    )
    return draft


def lock_draft(version: Version) -> Version:
    """The draft as it stands, held until the transaction ends."""
    draft = (
        Version.objects.select_for_update(of=("self",))
        .select_related("protocol", "saved_by")
        .get(pk=version.pk)
    )
    if not draft.is_draft:
        raise Refusal(
            f"This is {draft.name} and never changes: copy it to a draft and change that."
        )
    if draft.discarded_at is not None:
        raise Refusal("This draft has been thrown away. Take it back first.")
    return draft


def refuse_old(draft: Version, revision: int, by: Account) -> None:
    if revision == draft.revision:
        return
    who = "You" if draft.saved_by_id == by.pk else str(draft.saved_by)
    where = " in another window" if draft.saved_by_id == by.pk else ""
    raise Refusal(
        f"{who} saved this draft{where} while this page was open. Nothing was overwritten: what "
        "you typed is below, what is saved is on the draft’s page."
    )


@transaction.atomic
def discard_draft(*, version: Version, by: Account, now: datetime) -> Version:
    """Put a draft out of the way; nothing of it is lost, and it can be taken back."""
    draft = lock_draft(version)
    draft.discarded_at, draft.discarded_by = now, by
    draft.save(update_fields=["discarded_at", "discarded_by"])
    audit.record(actor=by, action="protocol.discarded", subject=draft)
    return draft


@transaction.atomic
def take_back_draft(*, version: Version, by: Account, now: datetime) -> Version:
    """A draft that was thrown away is worked on again."""
    draft = Version.objects.select_for_update(of=("self",)).get(pk=version.pk)
    if not draft.is_draft:
        raise Refusal("Only a draft can be taken back.")
    if draft.discarded_at is None:
        return draft
    draft.discarded_at, draft.discarded_by = None, None
    draft.save(update_fields=["discarded_at", "discarded_by"])
    audit.record(actor=by, action="protocol.taken_back", subject=draft)
    return draft
