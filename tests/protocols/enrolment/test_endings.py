"""Every way an enrolment goes on from treatment, and every way it ends."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from clinic.refusal import Refusal
from patients.models import ContactAttempt
from protocols.actions.death import record_death
from protocols.actions.endings import (
    close,
    complete,
    consent_withdrawn,
    mark_lost,
    mark_returned,
    record_last_dose,
    withdraw_consent,
    withdraw_treatment,
)
from protocols.actions.enrolment import change_status
from protocols.actions.screening import consent_given
from protocols.actions.treatment import hold
from protocols.models import Enrolment, StatusChange, Visit
from tests.factories.protocols import (
    CapsuleCountFactory,
    DispenseFactory,
    EnrolmentFactory,
    PrescriptionFactory,
)
from tests.protocols.enrolment.cast import (
    DAY,
    DAY_ONE,
    a_man,
    agrees,
    at,
    consented,
    eligible,
    examined,
    semen,
    started,
)

pytestmark = pytest.mark.django_db
END = DAY_ONE + 180 * DAY


def statuses(enrolment, *codes):
    found = dict(Visit.objects.filter(enrolment=enrolment).values_list("code", "status"))
    return [found[code] for code in codes]


def step(enrolment, event, by, on=DAY_ONE + 10 * DAY, **more):
    return change_status(enrolment=enrolment, event=event, on=on, by=by, **more)


def test_a_hold_and_a_restart(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "HOLD_ORDER", clinician, reason="TG 850")
    assert enrolment.status == "ON_HOLD"

    again = step(
        enrolment,
        "RESTART_ORDER",
        clinician,
        on=DAY_ONE + 20 * DAY,
        facts={"restart_limits": True},
    )
    assert again.status == "ACTIVE"


def test_a_restart_waits_for_its_limits(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "HOLD_ORDER", clinician)

    with pytest.raises(Refusal, match="restart limits are not met"):
        step(enrolment, "RESTART_ORDER", clinician)


def test_a_man_on_hold_is_not_held_again(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "HOLD_ORDER", clinician)

    with pytest.raises(Refusal, match="On hold does not allow this: hold order"):
        step(enrolment, "HOLD_ORDER", clinician)


def test_a_stop_keeps_the_follow_up_and_drops_the_rest_of_the_treatment(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "STOP", clinician, reason="TG 1200")

    assert (enrolment.status, enrolment.last_dose_on) == ("DISCONTINUED", DAY_ONE + 10 * DAY)
    assert statuses(enrolment, "M1", "M6", "FU1", "FU2") == [
        "skipped", "skipped", "planned", "planned",
    ]  # fmt: skip


def test_stopped_while_on_hold_the_last_capsule_was_before_the_hold(clinic_open, clinician):
    enrolment = started(clinic_open, clinician)
    now = at(clinic_open, DAY_ONE + 10 * DAY)
    hold(enrolment=enrolment, reason="TG 850", by=clinician, now=now)

    stopped = step(enrolment, "STOP", clinician, on=DAY_ONE + 30 * DAY)

    assert stopped.last_dose_on == DAY_ONE + 9 * DAY


def test_he_may_stop_of_his_own_wish(clinic_open, clinician):
    enrolment = withdraw_treatment(
        enrolment=started(clinic_open, clinician),
        on=DAY_ONE + 40 * DAY,
        by=clinician,
        reason="Moves abroad.",
    )

    assert (enrolment.status, enrolment.last_dose_on) == (
        "WITHDRAWN_TREATMENT",
        DAY_ONE + 40 * DAY,
    )
    assert statuses(enrolment, "M3", "FU1") == ["skipped", "planned"]


def test_stopping_of_his_own_wish_is_written_down_with_his_reason(clinic_open, clinician):
    with pytest.raises(Refusal, match="Say why he stops"):
        withdraw_treatment(
            enrolment=started(clinic_open, clinician), on=DAY_ONE, by=clinician, reason=" "
        )


def test_before_the_first_dose_there_is_no_treatment_to_stop(clinic_open, clinician):
    with pytest.raises(Refusal, match="Consented does not allow this"):
        withdraw_treatment(
            enrolment=consented(clinic_open, clinician), on=DAY_ONE, by=clinician, reason="No."
        )


def test_withdrawn_consent_ends_everything(clinic_open, clinician):
    enrolment = withdraw_consent(
        enrolment=started(clinic_open, clinician), on=DAY_ONE, by=clinician, reason="By letter."
    )

    assert enrolment.status == "WITHDRAWN_CONSENT"
    assert set(Visit.objects.values_list("status", flat=True)) == {"skipped"}


def test_from_the_end_nothing_leads_on(clinic_open, clinician):
    enrolment = withdraw_consent(
        enrolment=started(clinic_open, clinician), on=DAY_ONE, by=clinician, reason="By letter."
    )

    with pytest.raises(Refusal, match="Withdrawn consent does not allow this: death"):
        record_death(
            enrolment=enrolment,
            on=DAY_ONE,
            by=clinician,
            reason="Told by his wife.",
            now=at(clinic_open, DAY_ONE),
        )


def ready_to_complete(site, by):
    """The last capsule taken, counted, and the last sample valid; the end visit signed."""
    enrolment = started(site, by)
    record_last_dose(enrolment=enrolment, on=END - DAY, by=by, today=END)
    prescription = PrescriptionFactory(enrolment=enrolment, written_on=END - 30 * DAY)
    DispenseFactory(prescription=prescription)
    end_visit = Visit.objects.get(enrolment=enrolment, code="M6")
    CapsuleCountFactory(visit=end_visit, since_on=END - 30 * DAY, counted_on=END)
    semen(enrolment.patient, END - 2 * DAY)
    Visit.objects.filter(pk=end_visit.pk).update(status="signed", attended_on=END, opened_by=by)
    return enrolment


def test_treatment_is_complete_when_the_gate_lets_it(clinic_open, clinician):
    enrolment = complete(enrolment=ready_to_complete(clinic_open, clinician), on=END, by=clinician)

    assert enrolment.status == "COMPLETED_TREATMENT"
    assert statuses(enrolment, "M5", "M6", "FU1") == ["skipped", "signed", "planned"]


def test_treatment_is_not_complete_before_everything_is_counted(clinic_open, clinician):
    with pytest.raises(Refusal) as refused:
        complete(enrolment=started(clinic_open, clinician), on=END, by=clinician)

    assert str(refused.value) == (
        "The end-of-treatment visit is not done and 37 days have not passed since the last dose."
        " The capsules are not all accounted for. No bottle has been handed over."
    )


@pytest.mark.parametrize(
    ("days", "allowed"),
    [pytest.param(37, False, id="on day 37"), pytest.param(38, True, id="on day 38")],
)
def test_without_the_end_visit_37_days_must_have_passed(clinic_open, clinician, days, allowed):
    enrolment = ready_to_complete(clinic_open, clinician)
    Visit.objects.filter(enrolment=enrolment, code="M6").update(
        status="planned", attended_on=None, opened_by=None
    )
    on = END - DAY + timedelta(days=days)

    if allowed:
        assert complete(enrolment=enrolment, on=on, by=clinician).status == "COMPLETED_TREATMENT"
    else:
        with pytest.raises(Refusal, match="37 days have not passed"):
            complete(enrolment=enrolment, on=on, by=clinician)


@pytest.mark.parametrize(
    ("after", "allowed"),
    [
        pytest.param(104, False, id="on the last day of the window"),
        pytest.param(105, True, id="the day after it"),
    ],
)
def test_an_enrolment_closes_when_the_second_follow_up_is_over(
    clinic_open, clinician, after, allowed
):
    enrolment = step(started(clinic_open, clinician), "STOP", clinician)
    on = enrolment.last_dose_on + timedelta(days=after)

    if allowed:
        assert close(enrolment=enrolment, on=on, by=clinician).status == "CLOSED"
        assert "planned" not in Visit.objects.values_list("status", flat=True)
    else:
        with pytest.raises(Refusal, match="neither done nor is its window closed"):
            close(enrolment=enrolment, on=on, by=clinician)


def test_a_signed_second_follow_up_closes_it_at_once(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "STOP", clinician)
    on = enrolment.last_dose_on + 90 * DAY
    Visit.objects.filter(enrolment=enrolment, code="FU2").update(
        status="signed", attended_on=on, opened_by=clinician
    )

    assert close(enrolment=enrolment, on=on, by=clinician).status == "CLOSED"


def silent(site, by, last_channel="letter", missed=("M1", "M2")):
    """Two visits missed, three attempts by two ways over two weeks, the last a letter."""
    enrolment = started(site, by)
    Visit.objects.filter(enrolment=enrolment, code="V1").update(
        status="signed", attended_on=DAY_ONE, opened_by=by
    )
    Visit.objects.filter(enrolment=enrolment, code__in=missed).update(status="missed")
    for days, channel in ((60, "phone"), (67, "email"), (76, last_channel)):
        ContactAttempt.objects.create(
            patient=enrolment.patient,
            at=at(site, DAY_ONE + timedelta(days=days)),
            channel=channel,
            outcome="no_answer",
            recorded_by=by,
        )
    return enrolment


def test_he_is_lost_after_every_attempt_and_may_come_back(clinic_open, clinician):
    on = DAY_ONE + 80 * DAY
    enrolment = mark_lost(enrolment=silent(clinic_open, clinician), on=on, by=clinician)
    assert enrolment.status == "LOST_TO_FOLLOW_UP"

    back = mark_returned(enrolment=enrolment, on=on + DAY, by=clinician)
    assert back.status == "ACTIVE"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        pytest.param({"last_channel": "phone"}, "last attempt was not a letter", id="no letter"),
        pytest.param({"missed": ["M1"]}, "has not missed 2 visits", id="one visit missed"),
    ],
)
def test_he_is_not_lost_before_that(clinic_open, clinician, more, sentence):
    enrolment = silent(clinic_open, clinician, **more)

    with pytest.raises(Refusal, match=sentence):
        mark_lost(enrolment=enrolment, on=DAY_ONE + 80 * DAY, by=clinician)


def test_a_talk_with_him_ends_the_silence(clinic_open, clinician):
    enrolment = silent(clinic_open, clinician)
    ContactAttempt.objects.create(
        patient=enrolment.patient,
        at=at(clinic_open, DAY_ONE + 78 * DAY),
        channel="phone",
        outcome="spoke",
        recorded_by=clinician,
    )

    with pytest.raises(Refusal, match="There are 0 of 3 attempts"):
        mark_lost(enrolment=enrolment, on=DAY_ONE + 80 * DAY, by=clinician)


def test_death_ends_an_enrolment_whatever_its_status(clinic_open, clinician):
    enrolment = record_death(
        enrolment=examined(clinic_open, clinician),
        on=DAY_ONE,
        by=clinician,
        reason="Told by his wife.",
        now=at(clinic_open, DAY_ONE),
    )

    assert enrolment.status == "DECEASED"


def test_a_treatment_consent_makes_an_eligible_man_consented_by_itself(clinic_open, clinician):
    enrolment = eligible(clinic_open, clinician)

    consent_given(agrees(enrolment.patient, "treatment", DAY_ONE, clinician))

    enrolment.refresh_from_db()
    assert (enrolment.status, enrolment.status_since) == ("CONSENTED", DAY_ONE)


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        pytest.param("treatment", True, id="the treatment consent"),
        pytest.param("screening", False, id="the screening consent, long used"),
    ],
)
def test_a_withdrawn_consent_ends_what_stood_on_it(clinic_open, clinician, kind, ends):
    enrolment = started(clinic_open, clinician)
    consent = enrolment.patient.consents.get(text__kind=kind)
    consent.withdrawn_on, consent.withdrawn_by = DAY_ONE + DAY, clinician
    consent.save()

    consent_withdrawn(consent)

    enrolment.refresh_from_db()
    assert enrolment.status == ("WITHDRAWN_CONSENT" if ends else "ACTIVE")


def test_every_step_is_kept_with_its_reason(clinic_open, clinician):
    enrolment = step(started(clinic_open, clinician), "HOLD_ORDER", clinician, reason="TG 850")

    last = StatusChange.objects.filter(enrolment=enrolment).latest("pk")
    assert (last.was, last.became, last.event) == ("ACTIVE", "ON_HOLD", "HOLD_ORDER")
    assert (last.reason, last.by, last.on) == ("TG 850", clinician, DAY_ONE + 10 * DAY)


def test_an_event_nobody_knows_is_a_programmers_error(clinic_open, clinician):
    with pytest.raises(ValueError, match="VANISH"):
        step(started(clinic_open, clinician), "VANISH", clinician)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param({"first_dose_on": None}, "treatment_has_first_dose", id="no first dose"),
        pytest.param(
            {"last_dose_on": DAY_ONE - DAY}, "last_dose_follows_first", id="last before first"
        ),
        pytest.param(
            {"counselled_on": DAY_ONE}, "counselling_is_signed_for", id="counselled by nobody"
        ),
    ],
)
def test_the_database_keeps_an_enrolment_true(site, coordinator, change, name):
    enrolment = EnrolmentFactory(patient=a_man(site, coordinator))

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(**change)
