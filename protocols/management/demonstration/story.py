"""One man's months in the clinic, lived through the same actions the pages call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from clinic.actions import bookings
from clinic.models import Booking
from clinic.rules.calendar import instant
from labs.actions import semen
from labs.actions.results import Value, file_draw, review_draws
from labs.models import Draw, SemenAnalysis
from patients.actions import consent, history, registration
from patients.models import ConsentText, Patient
from patients.rules.conditions import EXCLUSIONS
from protocols.actions import (
    adverse_events,
    decisions,
    dosing,
    enrolment,
    event_review,
    ipledge,
    mood,
    screening,
    signing,
    visits,
)
from protocols.actions.booking import book_visit
from protocols.management.demonstration import bodies
from protocols.management.demonstration.cast import BOUNCES, Man
from protocols.management.demonstration.clinics import Clinic
from protocols.management.demonstration.shelf import lot_number
from protocols.models import AdverseEvent, Enrolment, Finding, Visit
from protocols.queries.enrolment import definition_of
from protocols.queries.visit_items import tick_codes
from protocols.rules.vitals import Vitals

MONTH = timedelta(days=30)
Sheet = dict[str, object]


class Explained(dict[str, str]):
    """A reason for whatever a signature finds missing: the referring clinic has it."""

    def get(self, key: str, default: object = None) -> str:
        return "Kept by the referring clinic."

    def __getitem__(self, key: str) -> str:
        return "Kept by the referring clinic."


@dataclass(slots=True)
class Life:
    """A man at his clinic while his story is told; every step names its own day and hour."""

    clinic: Clinic
    man: Man
    today: date
    chance: Random
    referred_on: date
    patient: Patient | None = None
    enrolment: Enrolment | None = None

    @property
    def he(self) -> Patient:
        assert self.patient is not None  # noqa: S101 -- registered first
        return self.patient

    @property
    def course(self) -> Enrolment:
        assert self.enrolment is not None  # noqa: S101 -- referred first
        return self.enrolment

    @property
    def first_dose_on(self) -> date:
        return self.today - timedelta(days=self.man.days)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        return instant(day, time(hour + minute // 60, minute % 60), self.clinic.site.zone)

    def by(self, who: str):
        return self.clinic.people[who]

    @property
    def email(self) -> str:
        handle = f"{self.man.given_name}.{self.man.family_name}".lower()
        return f"{handle}@{'bounce' if self.man.place == BOUNCES else 'patients'}.example"

    @property
    def doctor(self) -> str:
        return "first_doctor" if self.man.place % 2 == 0 else "second_doctor"

    def read_again(self) -> None:
        """What he is by now: his story was told in another process."""
        his = Enrolment.objects.select_related("patient__site", "version")
        self.enrolment = his.get(patient=self.he)
        self.patient = self.enrolment.patient

    # --- before the first capsule -----------------------------------------------------------

    def register(self) -> None:
        """On the day he is referred; everybody in turn, so that the numbers are always the same."""
        man, digits = self.man, f"{self.man.place:02d}"
        kin = self.chance.choice(["Linh", "Ana", "Ruth", "Mary"])
        details = registration.Details(
            given_name=man.given_name,
            family_name=man.family_name,
            preferred_name="Dan" if man.given_name == "Daniel" else "",
            born_on=man.born_on,
            phone=f"555 01{digits}",
            email=self.email,
            address=f"{10 + man.place} Cedar Walk",
            preferred_times=self.chance.choice(["mornings", "after 16:00", "any time"]),
            emergency_name=f"{kin} {man.family_name}",
            emergency_relation=self.chance.choice(["sister", "wife", "mother"]),
            emergency_phone=f"555 02{digits}",
        )
        self.patient = registration.register(
            site=self.clinic.site,
            details=details,
            by=self.by("desk"),
            now=self.at(self.referred_on, 9),
            somebody_else=True,
        )

    def refer(self) -> None:
        on = self.referred_on
        self.enrolment = enrolment.refer(
            patient=self.he, on=on, by=self.by("desk"), now=self.at(on, 9, 20)
        )

    def agree(self, kind: str, on: date) -> None:
        text = ConsentText.objects.filter(kind=kind, effective_on__lte=on).order_by("-version")[0]
        consent.give(
            patient=self.he, text=text, on=on, method="paper", by=self.by("desk"),
            now=self.at(on, 9, 40),
        )  # fmt: skip

    def tell_history(self, on: date) -> None:
        now, by = self.at(on, 10), self.by("nurse")
        history.answer_conditions(
            patient=self.he,
            answers={q.key: history.Answer(present=False) for q in EXCLUSIONS},
            by=by,
            now=now,
        )
        for kind in ("karyotype", "y_microdeletion"):
            history.add_genetic_test(
                patient=self.he, kind=kind, outcome="normal", by=by, now=now,
                reported_on=on - timedelta(days=200),
            )  # fmt: skip
        if self.man.retrieval:
            history.add_retrieval(
                patient=self.he,
                kind=self.chance.choice(["mtese", "tese"]),
                done_on=on - timedelta(days=self.chance.randint(240, 900)),
                sperm_found=False,
                histology=self.man.histology,
                by=by,
                now=now,
            )

    def start_screening(
        self, on: date, *, blood: list[Value] | None = None, sample: Sheet | None = None
    ) -> None:
        """Consents, history, and the first visit with blood, sample and questions."""
        self.agree("screening", on)
        self.agree("messages", on)
        self.tell_history(on)
        self.enrolment = screening.start_screening(
            enrolment=self.course, on=on, by=self.by(self.doctor)
        )
        visit = self.open("V0", on)
        self.ask(visit, month=0)
        self.draw(on, blood or bodies.full_baseline(self.man, self.chance))
        self.give_sample(on, sample or self.baseline_sample())
        self.write_down(visit, on, "Screening. Second sample in about two weeks.")
        self.sign(visit, on)

    def baseline_sample(self) -> Sheet:
        found = 0 if self.man.azoospermia else self.chance.randint(2, 5)
        return bodies.sample(self.chance, found=found)

    def judge(self, on: date) -> None:
        screening.decide_eligibility(
            enrolment=self.course, eligible=True, on=on, by=self.by(self.doctor)
        )

    def consent_to_treatment(self, on: date) -> None:
        self.agree("treatment", on)
        self.agree("storage", on)
        self.course.refresh_from_db()
        if self.course.status == "ELIGIBLE":
            screening.link_consent(enrolment=self.course, on=on, by=self.by("desk"))

    def first_capsule(self, on: date) -> None:
        """The gate, the bottle and Day 1."""
        by, clinician = self.by(self.doctor), self.by(self.doctor)
        codes = [item.code for item in definition_of(self.course.version).counselling]
        screening.record_counselling(enrolment=self.course, codes=codes, on=on, by=by)
        screening.record_baseline(
            enrolment=self.course,
            ipledge_id=f"IP{100200 + self.man.place}",
            weight_kg=Decimal(str(self.man.weight_kg)),
            clinician=clinician.member,
            by=by,
        )
        visit = self.open("V1", on)
        self.ask(visit, month=0)
        self.course.refresh_from_db()
        script = dosing.prescribe(
            enrolment=self.course, visit=visit, by=clinician, now=self.at(on, 10, 10)
        )
        self.hand_over(script, on)
        self.enrolment = enrolment.record_first_dose(enrolment=self.course, on=on, by=by, today=on)
        self.write_down(visit, on, "One capsule morning and evening, with a meal.")
        self.sign(visit, on)

    # --- a visit -------------------------------------------------------------------------------

    def open(self, code: str, on: date, hour: int = 9) -> Visit:
        visit = Visit.objects.get(enrolment=self.course, code=code)
        return visits.open_visit(visit=visit, on=on, by=self.by("nurse"), now=self.at(on, hour))

    def identify(self, visit: Visit, on: date, hour: int) -> None:
        visits.check_identity(
            visit=visit, identifiers=["name", "birth date"], by=self.by("nurse"),
            now=self.at(on, hour, 2),
        )  # fmt: skip

    def ask(self, visit: Visit, *, month: int, hour: int = 9) -> None:
        """Identity, since last time, side effects, mood, vitals."""
        on, nurse = visit.attended_on, self.by("nurse")
        assert on is not None  # noqa: S101 -- the visit is open
        now = self.at(on, hour, 20)
        self.identify(visit, on, hour)
        visits.note_since_last_time(
            visit=visit,
            text=self.chance.choice(["Nothing new.", "A cold two weeks ago.", "No new medicines."]),
            by=nurse,
            now=self.at(on, hour, 5),
        )
        grades = bodies.grades(self.man, self.chance, month)
        running = adverse_events.record_symptoms(visit=visit, grades=grades, by=nurse, now=now)
        if on < self.today:
            self.weigh(running, on)
        answers = bodies.mood(self.man, self.chance, month=month)
        mood.answer(enrolment=self.course, visit=visit, answers=answers, by=nurse, now=now)
        visits.record_vitals(visit=visit, measured=self.vitals(month), by=nurse, now=now)

    def weigh(self, running: Sequence[AdverseEvent], on: date) -> None:
        """The clinician says of each new side effect how likely the capsules are its cause."""
        for event in running:
            over = event.proposed_end_on
            if event.reviewed_at is None or event.news_at is not None or over is not None:
                known = event_review.initial_of(event)
                event_review.review(
                    event=event, grade=int(str(known["grade"])), relation="probable",
                    drug_action="none", ended_on=over, outcome="resolved" if over else "",
                    by=self.by(self.doctor), now=self.at(on, 12, 10),
                )  # fmt: skip

    def vitals(self, month: int) -> Vitals:
        return Vitals(
            weight_kg=Decimal(str(round(self.man.weight_kg - 0.1 * month, 1))),
            systolic_mmhg=self.chance.randint(112, 134),
            diastolic_mmhg=self.chance.randint(68, 84),
            pulse_per_min=self.chance.randint(58, 78),
        )

    def draw(
        self, on: date, values: Sequence[Value], *, fasting: bool | None = True,
        review: bool = True, hour: int = 8, comment: str = "",
    ) -> Draw:  # fmt: skip
        found = file_draw(
            patient=self.he,
            laboratory=self.clinic.blood,
            collected_at=self.at(on, hour),
            values=values,
            fasting=fasting,
            fasting_hours=Decimal(12) if fasting else None,
            alcohol_hours=Decimal(48) if fasting else None,
            by=self.by("nurse"),
            now=self.at(on, hour, 50),
            baseline_before=self.course.first_dose_on,
            confirmed=True,
        )
        if review:
            review_draws(
                draws=[found], comment=comment, by=self.by(self.doctor), now=self.at(on, 12)
            )
        return found

    def give_sample(
        self, on: date, sheet: Sheet, *, review: bool = True, minutes: int = 35,
        hour: int = 8,
    ) -> SemenAnalysis:  # fmt: skip
        collected, started = self.at(on, hour, 10), self.at(on, hour, 10 + minutes)
        entered = semen.enter(
            patient=self.he,
            laboratory=self.clinic.andrology,
            collected_at=collected,
            sheet={**sheet, **self.timed(on, minutes, hour)},
            by=self.by("bench"),
            now=started + timedelta(minutes=50),
            confirmed=True,
        )
        final = semen.verify(
            analysis=entered, by=self.by("verifier"), now=started + timedelta(minutes=70)
        )
        if review:
            semen.review(
                analysis=final, comment=self.kind_word(final), by=self.by(self.doctor),
                now=self.at(on, 12, 20),
            )  # fmt: skip
        return final

    def timed(self, on: date, minutes: int = 35, hour: int = 8) -> Sheet:
        """When the sample came and when somebody looked at it."""
        return {
            "received_at": self.at(on, hour, 15),
            "analysis_started_at": self.at(on, hour, 10 + minutes),
        }

    def kind_word(self, sample: SemenAnalysis) -> str:
        if sample.motile_seen:
            return "Encouraging. We look again soon, and freeze what we find."
        if sample.sperm_seen:
            return "A little, and early. Keep the dose as it is; we look again next month."
        return "None this time. That is common at this point; we look again next month."

    def confirm(self, on: date) -> None:
        """His counselling of the month is entered in iPLEDGE before the bottle."""
        ipledge.attest(
            enrolment=self.course, on=on, by=self.by(self.doctor), now=self.at(on, 12, 35)
        )

    def hand_over(self, script, on: date) -> None:
        self.confirm(on)
        dosing.dispense(
            prescription=script, bottle=self.bottle(on), by=self.by("dispenser"),
            now=self.at(on, 12, 40),
        )  # fmt: skip

    def bottle(self, on: date) -> dosing.Bottle:
        """From the lot of that quarter, with the number iPLEDGE gave."""
        lot = self.clinic.lots[lot_number(on, self.man.place)]
        return dosing.Bottle(on=on, lot=lot, rma=f"{self.man.place + 10:02d}{on:%y%m%d}")

    def write_down(self, visit: Visit, on: date, text: str, hour: int = 12) -> None:
        visits.write_plan(
            visit=visit,
            text=text,
            ticked=tick_codes(definition_of(self.course.version), visit),
            by=self.by(self.doctor),
            now=self.at(on, hour, 30),
        )

    def sign(
        self, visit: Visit, on: date, hour: int = 14, reasons: Mapping[str, str] | None = None
    ) -> None:
        signing.put_signature(
            visit=visit, by=self.by(self.doctor), meaning="author", now=self.at(on, hour, 55),
            reasons=reasons,
        )  # fmt: skip

    def settle(self, on: date) -> None:
        """The clinician accepts whatever the rules propose."""
        for finding in Finding.objects.filter(enrolment=self.course, state="open"):
            decisions.decide(
                finding=finding, decision="accept", by=self.by(self.doctor),
                now=self.at(on, 12, 25),
            )  # fmt: skip

    def book(
        self, visit: Visit, on: date, at: tuple[int, int], place: str, reason: str = ""
    ) -> Booking:
        """A booking of this visit as it was made a week before."""
        resource = self.clinic.places[place]
        task = {"nurse": "check_in", "chair": "draw", "seat": "sample"}.get(place, "clinician")
        appointment = book_visit(
            visit=visit,
            resource=resource,
            starts_at=self.at(on, *at),
            minutes=resource.slot_minutes,
            task=task,
            by=self.by("desk"),
            now=self.at(min(on, self.today) - timedelta(days=8), 11),
            reason=reason,
        )
        return appointment.booking

    def mark(self, booking: Booking, status: str, now: datetime) -> Booking:
        return bookings.mark(booking=booking, status=status, by=self.by("desk"), now=now)
