"""Two members at once: one moves the man, the other reads who did, and nothing is half done."""

import pytest

from clinic.refusal import Refusal
from protocols.actions.migration import migrate, undo
from protocols.actions.pins import pin
from protocols.models import Enrolment, Pin, VersionChange, Visit
from tests.protocols.men import NOW
from tests.protocols.safety.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_two_members_moves_him_and_the_other_is_told(
    under_way, second, clinician, coordinator
):
    answers = at_once(
        *[
            lambda by=by: migrate(
                enrolment=Enrolment.objects.get(pk=under_way.pk),
                to=second, reason="Both at once.", by=by, now=NOW,
            )
            for by in (clinician, coordinator)
        ]
    )  # fmt: skip

    refusals = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refusals) == 1
    assert "has moved him to" in str(refusals[0])
    assert VersionChange.objects.count() == 1


def test_a_move_is_undone_once_however_many_try(under_way, second, clinician):
    change = migrate(enrolment=under_way, to=second, reason="Moved.", by=clinician, now=NOW)

    answers = at_once(
        *[lambda: undo(change=change, reason="Back.", by=clinician, now=NOW) for _ in range(3)]
    )

    assert sum(isinstance(answer, VersionChange) for answer in answers) == 1
    assert VersionChange.objects.count() == 2


def test_a_pin_and_a_move_at_once_leave_one_of_the_two_orders(under_way, second, clinician):
    """Either the pin came first and month 2 stayed, or it moved and is pinned where it is now."""
    month = Visit.objects.get(enrolment=under_way, code="M6")

    answers = at_once(
        lambda: migrate(enrolment=under_way, to=second, reason="Moved.", by=clinician, now=NOW),
        lambda: pin(visit=month, reason="Agreed.", by=clinician, now=NOW),
    )

    assert not any(isinstance(answer, Refusal) for answer in answers)
    assert Pin.objects.standing().filter(visit=month).exists()
    assert VersionChange.objects.count() == 1
