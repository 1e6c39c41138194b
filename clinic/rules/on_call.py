"""Whom a page goes to next, and how long he has to answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

#: After this many rounds without an answer the calls go on, once an hour.
QUICK_ROUNDS = 3
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NextCall:
    """Who is called now; `everybody` when the rota is empty or has been gone through."""

    members: tuple[int, ...]
    round: int
    everybody: bool
    wait: timedelta


def next_call(
    *, rota: Sequence[int], others: Collection[int], called: Collection[int], round_: int,
    answer_within: timedelta,
) -> NextCall:  # fmt: skip
    """The next step of a page that nobody has answered.

    `rota` are the members on call, first to be paged first; `others` the clinicians of the site;
    `called` who was called in this round, the `round_`th (from 1). One after another those on
    call, then all others at once, then the next round. A page is never given up: after three
    rounds the calls go on once an hour.
    """
    for member in rota:
        if member not in called:
            return NextCall((member,), round_, everybody=False, wait=pause(round_, answer_within))
    rest = tuple(sorted(set(others) - set(called) - set(rota)))
    if rest:
        return NextCall(rest, round_, everybody=True, wait=pause(round_, answer_within))
    again, wait = round_ + 1, pause(round_ + 1, answer_within)
    if rota:
        return NextCall((rota[0],), again, everybody=False, wait=wait)
    return NextCall(tuple(sorted(others)), again, everybody=True, wait=wait)


def pause(round_: int, answer_within: timedelta) -> timedelta:
    return answer_within if round_ <= QUICK_ROUNDS else max(answer_within, HOUR)
