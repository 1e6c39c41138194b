"""What happens on the day the demonstration opens: a morning in the clinic, half past."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from clinic import outbox
from clinic.actions import demonstration, links
from clinic.models import Account, Message
from labs.hl7.filing import file_next, store_frame
from labs.rules.readings import Value
from patients.actions import contacts, letters, portal
from protocols.actions import adverse_events, diary, dosing, ipledge, missed, mood, told, visits
from protocols.actions.booking import plan_unscheduled
from protocols.management.demonstration import bodies
from protocols.management.demonstration.cast import CLOSING, FOLLOW_UP_TODAY, HERE, NOT_COME, THERE
from protocols.management.demonstration.clinics import PASSWORD
from protocols.management.demonstration.daniel import (
    blood,
    sheet,
    symptoms_today,
)
from protocols.management.demonstration.months import count, follow_up
from protocols.management.demonstration.story import Life
from protocols.management.demonstration.table import a_table_to_look_at
from protocols.models import Visit

Lives = Mapping[int, Life]
#: place, code, bookings as (resource, hour, minute, status by now).
DAY = [
    (0, "M3", [("nurse", 8, 0, "completed"), ("chair", 8, 15, "completed"),
               ("seat", 8, 45, "in_progress"), ("first_doctor", 10, 30, "arrived")]),
    (9, "M1", [("chair", 8, 45, "completed"), ("first_doctor", 9, 30, "completed")]),
    (10, "FU1", [("first_doctor", 10, 0, "arrived")]),
    (3, "M3", [("chair", 9, 0, "completed"), ("second_doctor", 9, 30, "completed")]),
    (2, "M2", [("chair", 9, 30, "completed"), ("second_doctor", 10, 15, "arrived")]),
    (8, "M1", [("nurse", 10, 15, "arrived"), ("second_doctor", 11, 0, "booked")]),
    (14, "M6", [("nurse", 11, 0, "booked"), ("chair", 11, 15, "booked"),
                ("first_doctor", 11, 30, "booked")]),
    (16, "M4", [("nurse", 11, 45, "booked"), ("first_doctor", 13, 0, "booked")]),
    (15, "M3", [("seat", 12, 15, "booked"), ("second_doctor", 13, 30, "booked")]),
    (28, "M5", [("nurse", 13, 45, "booked"), ("second_doctor", 14, 15, "booked")]),
    (13, "M5", [("nurse", 14, 15, "booked"), ("first_doctor", 14, 45, "booked")]),
]  # fmt: skip
CALLER = THERE + 1  # none of the thirty, whose side effects are those of the study
LATE = {13: "He was abroad; the next possible day."}


def tell(lives: Lives) -> None:
    """Everything of today, in the order of its danger."""
    missed.mark_missed(now=lives[0].at(lives[0].today, 1))
    book_the_day(lives)
    daniel(lives[0])
    marcus(lives[1])
    peter(lives[2])
    ravi(lives[3])
    wei(lives[4])
    owen(lives[5])
    bruno(lives[6])
    amir(lives[7])
    he_telephones(lives[CALLER])
    tom(lives[8])
    sami(lives[9])
    follow_up(lives[FOLLOW_UP_TODAY], "FU1", lives[FOLLOW_UP_TODAY].today, hour=9)
    voicemail(lives[25])
    a_message_without_owner(lives[4])
    a_table_to_look_at([lives[place] for place in (16, 24, 28)])
    for place in (16, 24, 28):
        unread_and_normal(lives[place])
    book_ahead(lives)
    at_the_other_clinic(lives)


def book_the_day(lives: Lives) -> None:
    for place, code, wanted in DAY:
        life = lives[place]
        visit = Visit.objects.get(enrolment=life.course, code=code)
        for resource, hour, minute, status in wanted:
            booking = life.book(
                visit, life.today, (hour, minute), resource, reason=LATE.get(place, "")
            )
            if status != "booked":
                life.mark(booking, status, life.at(life.today, hour, minute))


def book_ahead(lives: Lives) -> None:
    """Most of the others have their next visit in the calendar."""
    taken: Counter[tuple[str, date]] = Counter()
    for place, life in lives.items():
        if place >= HERE or place == 0 or place in {**NOT_COME, **CLOSING} or place % 5 == 3:
            continue
        visit = (
            Visit.objects.filter(enrolment=life.course, status="planned", target_on__gt=life.today)
            .order_by("target_on")
            .first()
        )
        if visit is None or visit.target_on is None or visit.code.startswith("FU"):
            continue
        before = taken[life.doctor, visit.target_on]
        taken[life.doctor, visit.target_on] += 1
        life.book(visit, visit.target_on, (9 + before // 2, 30 * (before % 2)), life.doctor)


#: place, why he comes beside the plan, bookings.
ELSEWHERE = [
    (THERE, "The second sample.", [("seat", 9, 0, "completed"), ("nurse", 9, 45, "completed")]),
    (THERE + 2, "Is he well enough to go on?",
     [("chair", 10, 15, "arrived"), ("second_doctor", 11, 30, "booked")]),
    (THERE + 7, "", [("nurse", 10, 30, "arrived"), ("second_doctor", 13, 0, "booked")]),
]  # fmt: skip


def at_the_other_clinic(lives: Lives) -> None:
    """A quieter morning: a second sample, a man on hold, a follow-up."""
    for place, reason, wanted in ELSEWHERE:
        life = lives[place]
        asked = life.at(life.today - timedelta(days=8), 10)
        visit = (
            plan_unscheduled(enrolment=life.course, by=life.by("desk"), now=asked)
            if reason
            else Visit.objects.get(enrolment=life.course, code="FU1")
        )
        for resource, hour, minute, status in wanted:
            booking = life.book(visit, life.today, (hour, minute), resource, reason=reason)
            if status != "booked":
                life.mark(booking, status, life.at(life.today, hour, minute))


def open_portal(life: Life, *, discreet: bool = True) -> Account:
    """His own door, opened with the link he was sent."""
    now = life.at(life.first_dose_on, 16)
    opened = portal.invite(patient=life.he, by=life.by("desk"), now=now)
    letter = Message.objects.get(person=life.he.label, template="portal_invitation")
    token = letter.context["link"].rstrip("/").rpartition("/")[2]
    links.redeem(token=token, password=PASSWORD, now=now + timedelta(hours=1))
    outbox.cancel(subject=letter.subject)
    account = opened.account
    account.refresh_from_db()
    demonstration.mark(account=account)
    if not discreet:
        portal.choose_discretion(portal=opened, discreet=False, by=account)
    return account


def daniel(life: Life) -> None:
    """Month 3: motile sperm to freeze, triglycerides of 612, the visit open."""
    account = open_portal(life, discreet=False)
    keep_diary(life, account, days=14)
    visit = life.open("M3", life.today, hour=8)
    nurse, now = life.by("nurse"), life.at(life.today, 8, 20)
    visits.check_identity(visit=visit, identifiers=["name", "birth date"], by=nurse, now=now)
    visits.note_since_last_time(
        visit=visit, text="No new medicines, no fever, no alcohol for 36 h.", by=nurse, now=now
    )
    dosing.count_return(visit=visit, returned=4, by=nurse, now=now)
    symptoms_today(life, visit)
    mood.answer(
        enrolment=life.course, visit=visit, answers=[1, 1, 1, 1, 1, 0, 1, 0, 0], by=nurse, now=now
    )
    visits.record_vitals(visit=visit, measured=life.vitals(3), by=nurse, now=now)
    life.draw(life.today, blood(88, bodies.monthly(life.man, life.chance, 3)), review=False)
    life.give_sample(life.today, sheet(life, 88, found=14, motile=5), review=False, minutes=26)


def keep_diary(life: Life, account: Account, *, days: int) -> None:
    """His capsules as he ticks them: every morning, most evenings."""
    for back in range(days, -1, -1):
        day = life.today - timedelta(days=back)
        slots = ["morning"] if back == 0 else ["morning", "evening"]
        for slot in slots:
            if slot == "evening" and back in (3, 9):
                continue
            diary.take(
                enrolment=life.course, on=day, slot=slot, by=account,
                now=life.at(day, 8 if slot == "morning" else 19, 10),
            )  # fmt: skip


def marcus(life: Life) -> None:
    """An answer about self-harm in the portal this morning."""
    account = open_portal(life)
    mood.answer(
        enrolment=life.course,
        answers=[1, 2, 2, 2, 1, 2, 1, 0, 1],
        words="Bad two weeks. I wouldn’t do anything, I just keep thinking what’s the point. "
        "Call after 11 please.",
        wants_call=True,
        by=account,
        now=life.at(life.today, 9, 12),
    )


def peter(life: Life) -> None:
    """ALT at 3.6 times the limit: the rules propose a hold."""
    life.open("M2", life.today, hour=9)
    values = [
        v for v in bodies.monthly(life.man, life.chance, 2) if v.analyte not in ("alt", "ast")
    ]
    values += [Value("alt", "142", "U/L", "<=40"), Value("ast", "96", "U/L", "<=40")]
    life.draw(life.today, values, review=False)


def ravi(life: Life) -> None:
    """He ate at half past seven: the panel must be repeated."""
    life.open("M3", life.today, hour=9)
    values = [
        Value("total_cholesterol", "188", "mg/dL", "<200"),
        Value("hdl", "46", "mg/dL", ">=40"),
        Value("triglycerides", "214", "mg/dL", "<150"),
        Value("alt", "29", "U/L", "<=40"),
        Value("ast", "27", "U/L", "<=40"),
    ]
    life.draw(life.today, values, fasting=False, review=False)


def wei(life: Life) -> None:
    """His month 4 blood came over the wire last night; nobody has read it, capsules run low."""
    day = life.today - timedelta(days=1)
    store_frame(oru(life, day, "W4-0001"), source="mllp", now=life.at(day, 18))
    file_next(now=life.at(day, 18, 1))


def oru(life: Life, day, specimen: str, family: str = "") -> bytes:
    """A laboratory's message about a fasting panel and two enzymes, as it would come."""
    stamp = life.at(day, 8, 15).strftime("%Y%m%d%H%M%S+0000")
    person, code = life.he, life.clinic.site.code.upper()
    rows = [
        ("2093-3^Cholesterol^LN", 176, "mg/dL", "<200"),
        ("2571-8^Triglyceride^LN", 121, "mg/dL", "<150"),
        ("2085-9^HDL^LN", 51, "mg/dL", ">=40"),
        ("1742-6^ALT^LN", 31, "U/L", "<=40"),
        ("1920-8^AST^LN", 26, "U/L", "<=40"),
    ]
    name = f"{family or person.family_name}^{person.given_name}"
    lines = [
        rf"MSH|^~\&|LABSYS|REFLAB-{code}|HALFYEAR|{code}|{stamp}||ORU^R01^ORU_R01|{specimen}|P|2.5.1",
        f"PID|1||{person.record_number}^^^{code}^MR||{name}||{person.born_on:%Y%m%d}|M",
        f"OBR|1||{specimen}^LABSYS|24331-1^Lipid panel^LN|||{stamp}|||||||||||||||{stamp}|||F",
        *(
            f"OBX|{n}|NM|{test}||{value}|{unit}^^UCUM|{limits}||||F"
            for n, (test, value, unit, limits) in enumerate(rows, 1)
        ),
    ]
    return "\r".join(lines).encode()


def a_message_without_owner(life: Life) -> None:
    """The same man under a misspelt name: it waits for a person."""
    now = life.at(life.today, 7, 40)
    store_frame(
        oru(life, life.today - timedelta(days=1), "W4-0002", "Linn"), source="mllp", now=now
    )
    file_next(now=now)


def unread_and_normal(life: Life) -> None:
    """Blood drawn yesterday with nothing to say about it: to be looked through with others."""
    values = [
        Value("total_cholesterol", str(life.chance.randint(146, 158)), "mg/dL", "<200"),
        Value("hdl", str(life.chance.randint(52, 58)), "mg/dL", ">=40"),
        Value("triglycerides", str(life.chance.randint(74, 90)), "mg/dL", "<150"),
        *bodies.liver(life.chance),
    ]
    life.draw(life.today - timedelta(days=1), values, review=False)


def owen(life: Life) -> None:
    """Called twice without an answer; month 5 closes in two days."""
    visit = Visit.objects.get(enrolment=life.course, code="M5")
    for back, outcome in ((3, "no_answer"), (1, "voicemail")):
        at = life.at(life.today - timedelta(days=back), 15)
        contacts.record_attempt(
            patient=life.he, channel="phone", outcome=outcome, at=at, by=life.by("desk"), now=at,
            about=visit.label,
        )  # fmt: skip


def voicemail(life: Life) -> None:
    visit = Visit.objects.get(enrolment=life.course, code="M2")
    at = life.at(life.today - timedelta(days=2), 16)
    contacts.record_attempt(
        patient=life.he, channel="phone", outcome="voicemail", at=at, by=life.by("desk"), now=at,
        about=visit.label,
    )  # fmt: skip


def bruno(life: Life) -> None:
    """His address does not work: the message fails and shows on Today."""
    outbox.enqueue(
        site=life.clinic.site, recipient=life.he.email, template="please_sign_in", context={},
        dedupe_key=f"demonstration:{life.he.pk}", person=life.he.label,
    )  # fmt: skip


def he_telephones(life: Life) -> None:
    """New ringing in his ears, told on the telephone before his visit."""
    told.tell(
        enrolment=life.course, codes=["hearing", "dry_eyes"], channel="phone",
        told_at=life.at(life.today, 10, 5), words="Ringing in my left ear since last night.",
        by=life.by("nurse"), now=life.at(life.today, 10, 8),
    )  # fmt: skip


def amir(life: Life) -> None:
    """He asks about the sun."""
    account = open_portal(life)
    letters.write_to_clinic(
        patient=life.he, body="Is a sunburn on the lips normal?", by=account,
        now=life.at(life.today - timedelta(days=1), 20),
    )  # fmt: skip


def tom(life: Life) -> None:
    """Month 1 under way: dry eyes to be graded by a clinician."""
    visit = life.open("M1", life.today, hour=10)
    grades = {**bodies.grades(life.man, life.chance, 1), "dry_eyes": 1}
    adverse_events.record_symptoms(
        visit=visit, grades=grades, by=life.by("nurse"), now=life.at(life.today, 10, 20)
    )


def sami(life: Life) -> None:
    """Month 1 is complete and waits for its signature."""
    visit = life.open("M1", life.today, hour=9)
    life.ask(visit, month=1)
    count(life, visit, life.today)
    life.draw(life.today, bodies.monthly(life.man, life.chance, 1))
    life.give_sample(life.today, bodies.sample(life.chance))
    life.settle(life.today)
    life.course.refresh_from_db()
    script = dosing.prescribe(
        enrolment=life.course, visit=visit, by=life.by(life.doctor), now=life.at(life.today, 9, 50)
    )
    ipledge.attest(
        enrolment=life.course, on=life.today, by=life.by(life.doctor),
        now=life.at(life.today, 9, 52),
    )  # fmt: skip
    dosing.dispense(
        prescription=script, bottle=life.bottle(life.today), by=life.by("dispenser"),
        now=life.at(life.today, 9, 55),
    )  # fmt: skip
    life.write_down(visit, life.today, "Go on; lip balm and sun cream.")
