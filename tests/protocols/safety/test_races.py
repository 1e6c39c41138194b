"""Two people at once: one decides, the other reads who did; nothing is raised twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, connections

from clinic.refusal import Refusal
from labs.actions.corrections import correct_draw
from labs.actions.results import Value
from labs.models import Draw, Order
from protocols.actions import safety
from protocols.actions.safety import decide
from protocols.actions.segments import open_segment
from protocols.models import DoseSegment, Finding
from tests.protocols.men import DAY, NOW, TODAY, blood

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run all on connections of their own, started together; a refusal is an answer."""
    barrier = Barrier(len(acts))

    def run(act):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            return act()
        except Refusal as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def finding(treated, coordinator):
    blood(treated.patient, coordinator, triglycerides="620")
    return Finding.objects.get()


def test_one_of_two_deciders_decides_and_the_other_is_told(finding, clinician, coordinator):
    answers = at_once(
        lambda: decide(finding=finding, decision="accept", by=clinician, now=NOW),
        lambda: decide(
            finding=finding, decision="edit", action="HOLD", reason="Safer.", by=coordinator,
            now=NOW,
        ),
    )  # fmt: skip

    refusals = [answer for answer in answers if isinstance(answer, Refusal)]
    assert len(refusals) == 1
    assert "has decided this already (4 Aug, 10:45)" in str(refusals[0])
    assert DoseSegment.objects.filter(finding=finding).count() == 1
    assert Order.objects.count() == 1


def test_the_same_results_judged_at_once_raise_one_finding(treated, coordinator):
    draw = blood(treated.patient, coordinator, triglycerides="118")
    draw.results.update(value=620)

    at_once(*[lambda: safety.evaluate_draw(Draw.objects.get(pk=draw.pk)) for _ in range(6)])

    assert Finding.objects.count() == 1


def test_two_orders_at_once_leave_one_dose_a_day(treated, clinician):
    def order(capsules: int) -> Callable[[], object]:
        return lambda: open_segment(
            enrolment=treated, on=TODAY + DAY, capsules_per_day=capsules,
            kind="reduced" if capsules else "hold", reason="Because.", by=clinician, now=NOW,
        )  # fmt: skip

    answers = at_once(order(1), order(0), order(1))

    assert [type(answer) for answer in answers] == [DoseSegment] * 3
    rows = DoseSegment.objects.order_by("during")
    assert [row.during.lower for row in rows] == [treated.first_dose_on, TODAY + DAY]


def test_deciding_while_the_laboratory_corrects_never_locks_up(finding, clinician, coordinator):
    """Either the decision came first and is looked at again, or it finds itself overtaken."""
    draw = Draw.objects.get()
    decided, corrected = at_once(
        lambda: decide(finding=finding, decision="accept", by=clinician, now=NOW),
        lambda: correct_draw(
            draw=draw, values=[Value("triglycerides", "120", "mg/dL", "<150")], reason="Mixed up.",
            by=coordinator, now=NOW + timedelta(minutes=1), confirmed=True,
        ),
    )  # fmt: skip

    assert isinstance(corrected, Draw)
    states = list(Finding.objects.order_by("pk").values_list("state", flat=True))
    if isinstance(decided, Refusal):
        assert "a newer proposal" in str(decided)
        assert states == ["superseded"]
    else:
        assert states == ["accepted", "open"]
