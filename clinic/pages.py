"""Answering with a page or with the part of it that a swap needs; reading a list by pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from clinic.models import Account, Member, Site


class AccountRequest(HttpRequest):
    """A request as a guarded view receives it: somebody is signed in (see config.shell)."""

    user: Account
    # Ours, not the one of django.contrib.sites; a patient is at none.
    site: Site | None  # type: ignore[assignment]
    memberships: list[Member]
    htmx: HtmxDetails


class MemberRequest(AccountRequest):
    """A request that only a member of staff can make; he is always at one of his sites."""

    site: Site


def render_part(
    request: HttpRequest, template: str, part: str, context: dict[str, Any], **kwargs: Any
) -> HttpResponse:
    """Answer a swap with the named part of the page, and anyone else with the whole of it."""
    htmx: HtmxDetails | None = getattr(request, "htmx", None)
    swap = bool(htmx and not (htmx.boosted or htmx.history_restore_request))
    response = render(request, f"{template}#{part}" if swap else template, context, **kwargs)
    patch_vary_headers(response, ["HX-Request"])
    return response


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a long list: its rows, and where the next page begins (None at the end)."""

    rows: Sequence[Any]
    next_key: str | None


def paginate(rows: QuerySet[Any], *, by: str, after: str, size: int = 50) -> Page:
    """Page through `rows` ordered by (`by`, pk) without OFFSET or count(*).

    `after` is the key the last page ended with, "" for the first page; a leading "-" in `by`
    turns the order around. The key is "value|pk", made by this function alone; one that is
    not of that form starts at the beginning.
    """
    descending, field = by.startswith("-"), by.removeprefix("-")
    value, bar, pk = after.rpartition("|")
    if bar and pk.isdecimal() and _readable(rows.model, field, value):
        beyond = "lt" if descending else "gt"
        rows = rows.filter(
            Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"pk__{beyond}": int(pk)}),
            # Says nothing new, but lets an index begin there instead of reading from the start.
            **{f"{field}__{beyond}e": value},
        )
    found = list(rows.order_by(by, "-pk" if descending else "pk")[: size + 1])
    last: Model | None = found[size - 1] if len(found) > size else None
    key = None
    if last is not None:
        raw = getattr(last, field)
        key = f"{raw.isoformat() if hasattr(raw, 'isoformat') else raw}|{last.pk}"
    return Page(found[:size], key)


def _readable(model: type[Model], name: str, value: str) -> bool:
    """A key somebody has tampered with is no key."""
    column = {field.name: field for field in model._meta.concrete_fields}.get(name)
    if "\x00" in value:
        return False
    try:
        return column is None or column.to_python(value) is not None
    except ValidationError:
        return False


def person_url(label: str) -> str:
    """Where the record of the person with this label ("patients.patient:12") is read.

    The address belongs to an upper floor; settings join it, so that no lower page names it.
    """
    return settings.PERSON_URL.format(pk=label.rpartition(":")[2])
