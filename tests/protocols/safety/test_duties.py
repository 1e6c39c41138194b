"""What a rule asks for is asked once, ticked off once, and taken back when its cause is gone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.access import Role
from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import duties
from protocols.models import Duty
from tests.conftest import make_member
from tests.protocols.men import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def ask(man, *, code="LIPASE", about="protocols.finding:1", due_at=NOW + 6 * HOUR, by=None):
    return duties.require(enrolment=man, code=code, due_at=due_at, about=about, by=by, now=NOW)


def test_a_code_is_asked_for_in_words(treated):
    assert ask(treated).title == "Measure lipase"
    assert ask(treated, code="CALL_THE_PHARMACY").title == "Call the pharmacy"


def test_asked_twice_it_is_one_duty_and_the_sooner_moment_counts(treated):
    first = ask(treated)

    assert ask(treated, due_at=NOW + 9 * HOUR) == first
    assert ask(treated, due_at=NOW + 2 * HOUR) == first
    assert Duty.objects.get().due_at == NOW + 2 * HOUR


def test_done_and_asked_again_it_is_a_new_duty(treated, coordinator):
    duties.complete(duty=ask(treated), by=coordinator, now=NOW)

    ask(treated)

    assert [row.outcome for row in Duty.objects.order_by("pk")] == ["done", ""]


def test_who_ticks_it_off_is_kept(treated, coordinator):
    done = duties.complete(
        duty=ask(treated), by=coordinator, now=NOW + HOUR, note="Sent with the afternoon draw."
    )

    assert (done.done_by, done.done_at, done.outcome) == (coordinator, NOW + HOUR, "done")
    event = AuditEvent.objects.get(action="duty.ticked")
    assert event.actor_id == coordinator.pk


def test_the_second_hears_who_was_first(treated, coordinator, clinician):
    duty = ask(treated)
    duties.complete(duty=duty, by=coordinator, now=NOW)

    with pytest.raises(Refusal, match="has ticked this off already \\(4 Aug, 10:45\\)"):
        duties.complete(duty=duty, by=clinician, now=NOW)


def test_what_is_not_needed_has_a_reason(treated, coordinator):
    duty = ask(treated)

    with pytest.raises(Refusal, match="Write down why it is not needed") as refused:
        duties.complete(duty=duty, by=coordinator, now=NOW, outcome="not_needed", note="  ")
    assert refused.value.field == "note"
    with pytest.raises(Refusal, match="done or is not needed"):
        duties.complete(duty=duty, by=coordinator, now=NOW, outcome="later")
    assert Duty.objects.open().count() == 1


def test_what_lost_its_cause_is_taken_back_and_the_rest_stays(treated, coordinator):
    duty = ask(treated)
    other = ask(treated, about="protocols.finding:2")

    assert duties.withdraw(about=duty.about, because="The result was corrected.", now=NOW) == 1

    assert list(Duty.objects.open()) == [other]
    with pytest.raises(Refusal, match="no longer needed: The result was corrected"):
        duties.complete(duty=duty, by=coordinator, now=NOW)


def test_the_table_keeps_no_tick_without_a_person_or_a_reason(treated):
    duty = ask(treated)

    for fields in ({"outcome": "done"}, {"outcome": "not_needed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Duty.objects.filter(pk=duty.pk).update(done_at=NOW, **fields)


def test_nobody_elses_site_sees_it(treated, coordinator, other_site):
    ask(treated)

    assert Duty.objects.visible_to(coordinator).count() == 1
    assert Duty.objects.visible_to(make_member(other_site, Role.COORDINATOR)).count() == 0
