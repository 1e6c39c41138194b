"""What was kept, read by its format: looked at before it is filed, and filed.

The list of formats is `config/formats.py`, found through `settings.INBOUND_FORMATS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from random import shuffle

from django.conf import settings
from django.db import DataError, transaction
from django.utils.module_loading import import_string

from clinic.refusal import Refusal
from labs.actions import inbound
from labs.actions.inbound import Row
from labs.actions.intake import Progress, file_reports, judge_reports
from labs.models import InboundMessage, Laboratory
from labs.queries.progress import say
from labs.rules.reported import Report, Unreadable
from patients.models import Patient

#: Bytes, the laboratory they are from and how to read them; raises Unreadable with a sentence.
Reader = Callable[[bytes, Laboratory, Mapping[str, object]], list[Report]]
State = InboundMessage.State
#: So many messages of one lane are filed before another lane has its turn.
AT_ONCE = 20
TOO_LONG = "Something in it is longer than a record can hold: nothing of it was filed."
NOTHING_IN_IT = "It names no patient, or no results."


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is read; `sender` finds whom bytes are from that say it themselves.

    It returns the laboratory, or a sentence on why nobody knows it.
    """

    read: Reader
    sender: Callable[[bytes], Laboratory | str] | None = None


@cache
def _formats(path: str) -> Mapping[str, Format]:
    formats: Mapping[str, Format] = import_string(path)
    return formats


def format_named(name: str) -> Format:
    return _formats(settings.INBOUND_FORMATS)[name]


def laboratory_of(message: InboundMessage) -> Laboratory | str:
    """Whom it is from: as chosen at the upload, else as it says; a sentence when nobody knows."""
    if message.laboratory is not None:
        return message.laboratory
    sender = format_named(message.format).sender
    if sender is None:
        return "Nobody has said which laboratory it is from."
    try:
        return sender(bytes(message.raw))
    except Unreadable as why:
        raise Refusal(str(why)) from why


def reports_of(message: InboundMessage, laboratory: Laboratory) -> list[Report]:
    """What the message says, or a refusal with why it cannot be read."""
    read = format_named(message.format).read
    try:
        reports = read(bytes(message.raw), laboratory, message.options)
    except Unreadable as why:
        raise Refusal(str(why)) from why
    if not any(report.groups for report in reports):
        raise Refusal(NOTHING_IN_IT)
    return reports


def judge(message: InboundMessage, *, now: datetime) -> list[Row]:
    """Write down what filing it would do to each row: what a person looks at before."""
    laboratory = laboratory_of(message)
    if isinstance(laboratory, str):
        raise Refusal(laboratory)
    reports = reports_of(message, laboratory)
    rows = judge_reports(message=message, reports=reports, laboratory=laboratory, now=now)
    inbound.keep_rows(message=message, rows=rows)
    return rows


def file_message(
    message: InboundMessage,
    *,
    now: datetime,
    patient: Patient | None = None,
    progress: Progress | None = None,
) -> InboundMessage:
    """File everything one message says; `patient` is whom a person matched it to."""
    try:
        with transaction.atomic():
            laboratory = laboratory_of(message)
            if isinstance(laboratory, str):
                inbound.set_aside(message=message, state=State.UNMATCHED, explanation=laboratory)
                return message
            message.laboratory, message.site = laboratory, laboratory.site
            file_reports(
                message=message,
                reports=reports_of(message, laboratory),
                laboratory=laboratory,
                patient=patient,
                now=now,
                progress=progress,
            )
    except DataError as why:
        raise Refusal(TOO_LONG) from why
    return message


def file_next(*, now: datetime, pk: int | None = None) -> InboundMessage | None:
    """Take one waiting message and file it, all of it or nothing; None when none is free.

    Only what nobody else is filing is taken, and messages about one man in the order they came.
    """
    waiting = InboundMessage.objects.waiting()
    meant = waiting.filter(pk=pk) if pk else waiting
    for lane in meant.values_list("lane", flat=True).distinct():
        with inbound.held(lane) as ours:
            message = inbound.take(lane=lane, pk=pk) if ours else None
            if message is not None:
                return file_or_set_aside(message, now=now)
    return None


def file_lane(*, now: Callable[[], datetime]) -> int:
    """File what waits in one lane that nobody else is filing; 0 when there is none."""
    lanes = list(InboundMessage.objects.waiting().values_list("lane", flat=True).distinct())
    shuffle(lanes)
    for lane in lanes:
        with inbound.held(lane) as ours:
            done = 0
            while ours and done < AT_ONCE and (message := inbound.take(lane=lane)) is not None:
                file_or_set_aside(message, now=now())
                done += 1
            if done:
                return done
    return 0


def file_or_set_aside(message: InboundMessage, *, now: datetime) -> InboundMessage:
    told = partial(say, message.pk) if message.source == "upload" else None
    try:
        return file_message(message, now=now, progress=told)
    except Refusal as refusal:
        inbound.set_aside(message=message, state=State.REFUSED, explanation=str(refusal))
        return message
