"""Daniel Rourke's months: held once, on half the dose for a while, and sperm on their way."""

from dataclasses import replace
from datetime import date, timedelta

from labs.actions import semen
from labs.rules.readings import Value
from protocols.actions import adverse_events, dosing, treatment, visits
from protocols.management.demonstration import bodies
from protocols.management.demonstration.story import Life
from protocols.models import DoseSegment, Enrolment, Visit
from protocols.queries.dosing import dose_record

REFERRED_BEFORE = 52
#: Days from his first capsule → what the laboratory found that day.
BLOOD = {
    -45: {"total_cholesterol": "182", "hdl": "47", "triglycerides": "118", "alt": "24",
          "ast": "22", "fsh": "18.1", "testosterone": "351"},
    -10: {"total_cholesterol": "186", "hdl": "46", "triglycerides": "124", "alt": "26",
          "ast": "23", "ck": "142", "fsh": "17.8", "testosterone": "342"},
    28: {"total_cholesterol": "208", "hdl": "42", "triglycerides": "286", "alt": "134",
         "ast": "88", "ck": "386"},
    35: {"total_cholesterol": "196", "hdl": "43", "triglycerides": "214", "alt": "39",
         "ast": "31", "ck": "188"},
    53: {"total_cholesterol": "201", "hdl": "43", "triglycerides": "248", "alt": "36", "ast": "29"},
    88: {"total_cholesterol": "246", "hdl": "36", "triglycerides": "612", "alt": "58",
         "ast": "38", "ck": "231", "fsh": "15.9", "testosterone": "361"},
}  # fmt: skip
#: Volume of his samples, millilitres.
VOLUME = {-45: "2.4", -10: "2.6", 28: "2.2", 35: "2.6", 53: "2.7", 74: "2.4", 88: "2.8"}
HELD = {"prescription": "On hold: nothing is prescribed.", "dispense": "On hold: none handed out."}
#: For the days on half the dose until month 2.
BRIDGE_DAYS = 22


def day(life: Life, offset: int) -> date:
    return life.first_dose_on + timedelta(days=offset)


def blood(offset: int, values: list[Value]) -> list[Value]:
    """A panel with the numbers of that day in it."""
    known = BLOOD[offset]
    return [replace(value, reported=known.get(value.analyte, value.reported)) for value in values]


def sheet(life: Life, offset: int, *, found: int = 0, motile: int = 0) -> dict[str, object]:
    drawn = bodies.sample(life.chance, found=found, motile=motile)
    return {**drawn, "volume_ml": VOLUME[offset]}


def until_today(life: Life) -> None:
    life.refer()
    life.start_screening(
        day(life, -45),
        blood=blood(-45, bodies.full_baseline(life.man, life.chance)),
        sample=sheet(life, -45),
    )
    second = day(life, -10)
    life.draw(second, blood(-10, bodies.full_baseline(life.man, life.chance)))
    life.give_sample(second, sheet(life, -10))
    life.judge(day(life, -8))
    life.consent_to_treatment(day(life, -6))
    life.first_capsule(day(life, 0))
    held_in_month_one(life)
    restarted(life)
    month_two(life)
    between(life)


def held_in_month_one(life: Life) -> None:
    """ALT above three times the limit; and the sample stood too long before it was looked at."""
    on = day(life, 28)
    visit = life.open("M1", on)
    life.ask(visit, month=1)
    back(life, visit, on, 5)
    life.draw(on, blood(28, bodies.monthly(life.man, life.chance, 1)))
    life.give_sample(on, sheet(life, 28), minutes=74)
    life.settle(on)
    life.write_down(visit, on, "Hold. No alcohol, no hard exercise; liver tests in a week.")
    life.sign(visit, on, reasons=HELD)


def restarted(life: Life) -> None:
    on = day(life, 35)
    visit = unplanned(life, on, "Liver tests after a week without capsules.")
    life.draw(on, blood(35, bodies.monthly(life.man, life.chance, 1)))
    life.give_sample(on, sheet(life, 35))
    life.settle(on)
    doctor, now = life.by(life.doctor), life.at(on, 12, 30)
    if on_hold(life):  # the proposal to restart is accepted where there is one
        treatment.resume(
            enrolment=life.course, reason="ALT 39 U/L, within the limit.", by=doctor, now=now
        )
    first_month = Visit.objects.get(enrolment=life.course, code="M1")
    script = dosing.prescribe(
        enrolment=life.course, visit=first_month, days=BRIDGE_DAYS, by=doctor, now=now
    )
    life.hand_over(script, on)
    finish(life, visit, on, "20 mg a day; again at month 2.")


def on_hold(life: Life) -> bool:
    return Enrolment.objects.filter(pk=life.course.pk, status="ON_HOLD").exists()


def month_two(life: Life) -> None:
    """The first sperm, none of them moving; back to the full dose from tomorrow."""
    on = day(life, 53)
    visit = life.open("M2", on)
    life.ask(visit, month=1)
    back(life, visit, on, 9)
    life.draw(on, blood(53, bodies.monthly(life.man, life.chance, 2)))
    life.give_sample(on, sheet(life, 53, found=3))
    life.settle(on)
    doctor = life.by(life.doctor)
    plan = dose_record(life.course).plan
    if plan is not None and plan.kind == DoseSegment.Kind.REDUCED:
        treatment.restore_full_dose(
            enrolment=life.course,
            reason="ALT 36 U/L three weeks after the restart.",
            by=doctor,
            now=life.at(on, 12, 32),
        )
    script = dosing.prescribe(
        enrolment=life.course, visit=visit, by=doctor, now=life.at(on, 12, 35)
    )
    life.hand_over(script, on)
    life.write_down(visit, on, "40 mg a day from tomorrow. A sample in three weeks.")
    life.sign(visit, on)


def between(life: Life) -> None:
    """Ten sperm, nine at first: a second reader found one more."""
    on = day(life, 74)
    visit = unplanned(life, on, "A sample to confirm the first sperm.")
    counted = sheet(life, 74, found=9)
    first = life.give_sample(on, counted)
    corrected = semen.correct(
        analysis=first,
        sheet={**counted, **life.timed(on), "pellet_sperm_n": "10"},
        reason="A second reader counted ten.",
        by=life.by("bench"),
        now=life.at(on, 13),
        confirmed=True,
    )
    final = semen.verify(analysis=corrected, by=life.by("verifier"), now=life.at(on, 13, 10))
    semen.review(
        analysis=final, comment=life.kind_word(final), by=life.by(life.doctor),
        now=life.at(on, 13, 30),
    )  # fmt: skip
    life.settle(on)
    finish(life, visit, on, "Go on; again at month 3.", hour=13)


def unplanned(life: Life, on: date, reason: str) -> Visit:
    nurse = life.by("nurse")
    visit = visits.open_unscheduled(
        enrolment=life.course, on=on, by=nurse, now=life.at(on, 9), reason=reason
    )
    life.identify(visit, on, 9)
    visits.note_since_last_time(visit=visit, text=reason, by=nurse, now=life.at(on, 9, 5))
    return visit


def back(life: Life, visit: Visit, on: date, capsules: int) -> None:
    dosing.count_return(visit=visit, returned=capsules, by=life.by("nurse"), now=life.at(on, 9, 30))


def finish(life: Life, visit: Visit, on: date, plan: str, hour: int = 12) -> None:
    life.write_down(visit, on, plan, hour=hour)
    life.sign(visit, on)


def symptoms_today(life: Life, visit: Visit) -> None:
    """What he says today: as before, and short-tempered now."""
    grades = {**dict.fromkeys(bodies.CHECKLIST, 0), "cheilitis": 1, "irritability": 1}
    adverse_events.record_symptoms(
        visit=visit, grades=grades, by=life.by("nurse"), now=life.at(life.today, 8, 20)
    )
