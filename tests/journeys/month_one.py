"""The first monthly visit, from the desk to the signature, and the evening after it."""

import re
from threading import Event
from typing import Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, expect

from tests.journeys.before_day_one import (
    NONE_SEEN,
    files_blood,
    finds_in_laboratory,
    keeps_a_sheet,
)
from tests.journeys.people import PASSWORD, Person, mark
from tests.worker.house import House

#: A month's blood: triglycerides of 620 ask for half the dose.
MONTH_ONE: Final = {
    "total_cholesterol": 231, "hdl": 41, "triglycerides": 620, "alt": 29, "ast": 26, "ck": 161,
    "glucose": 92,
}  # fmt: skip


def is_invited(coordinator: Person, house: House) -> str:
    """The link in the letter that he gets; the worker sends it."""
    coordinator.opens("His portal")
    coordinator.presses("Invite him")
    coordinator.sees("Link sent")
    return letter_with(house, re.compile(r"https?://\S+/welcome/[^\s\"<]+"))


def letter_with(house: House, words: re.Pattern[str]) -> str:
    """Wait until a letter with these words has been taken by either mail server."""
    pause = Event()
    for _ in range(300):
        for post in house.posts.values():
            for letter in post.letters:
                body = letter.get_body(("plain",)).get_content()
                if found := words.search(body):
                    return found[0]
        pause.wait(0.1)
    raise AssertionError(f"no letter says {words.pattern}")


def opens_his_door(browser: Browser, origin: str, link: str) -> Person:
    """On his telephone; the link works once."""
    he = Person(browser, origin, width=390)
    he.page.goto(link)
    he.types(password="six quiet evenings", within="body")
    he.presses("Set the password")
    he.sees("Your password is set")
    he.signs_in("dan.rourke@example.org", "six quiet evenings")
    he.sees(re.compile("Good .*, Dan"))
    return he


def finds_the_used_link_closed(he: Person, link: str) -> None:
    stranger = he.context.browser.new_context()
    page = stranger.new_page()
    page.goto(f"{he.origin}{urlsplit(link).path}")
    expect(page.get_by_text("This link no longer works").first).to_be_visible()
    stranger.close()


def checks_him_in(coordinator: Person) -> None:
    """Identity, what happened, capsules, side effects, mood, vitals: each as it is done."""
    opens_visit(coordinator)
    coordinator.presses("Check in")
    for box in coordinator.at("#identity [type=checkbox]").all()[:2]:
        mark(box)
    coordinator.presses("He is who he says")
    coordinator.types(text="Dry lips since the second week.", within="#since")
    coordinator.presses("Done", within="#since")
    coordinator.types(returned=4, lost=0, within="#capsules")
    coordinator.presses("Done", within="#capsules")
    coordinator.answers_lowest(within="#side")
    coordinator.chooses("cheilitis", 1, within="#side")
    coordinator.presses("Done", within="#side")
    coordinator.answers_lowest(within="#mood")
    coordinator.presses("Keep the answers", within="#mood")
    coordinator.types(
        weight_kg="83.4", systolic_mmhg=124, diastolic_mmhg=78, pulse_per_min=66, within="#vitals"
    )
    coordinator.presses("Done", within="#vitals")


def opens_visit(person: Person) -> None:
    person.opens("Visits", within="nav.tabs")
    person.opens("M1", within="tr:has-text('M1')")


def enters_the_month(technologist: Person, name: str) -> None:
    finds_in_laboratory(technologist, name, "Blood")
    technologist.opens("Full baseline", within="nav.tabs")
    files_blood(technologist, MONTH_ONE)
    finds_in_laboratory(technologist, name, "Semen")
    keeps_a_sheet(technologist, NONE_SEEN)


def accepts_the_reduction(clinician: Person) -> None:
    """620 mg/dL fasting: the proposal stands with its evidence, and she accepts it."""
    clinician.sees("Proposed: reduce", "Triglycerides 620 mg/dL", within="#plan")
    clinician.chooses("choice", "accept", within="#plan .finding:has-text('620')")
    clinician.types(reason="Diet, no alcohol.", within="#plan .finding:has-text('620')")
    clinician.presses("Decide", within="#plan .finding:has-text('620')")
    clinician.sees("20 mg")


def reviews(clinician: Person) -> None:
    """The blood was read when its proposal was decided; the sample is opened from the visit."""
    clinician.opens("Semen,", within="#results")
    clinician.presses("Reviewed", within="main")
    expect(clinician.page.get_by_role("button", name="Reviewed")).to_have_count(0)
    clinician.page.go_back()


def prescribes_and_plans(clinician: Person) -> None:
    clinician.presses("Prescribe at the dose that is ordered")
    clinician.types(text="One capsule a day; lipids again in two weeks.", within="#plan")
    for box in clinician.at("#plan [name$='ticked']").all():
        mark(box)
    clinician.presses("Keep the plan", within="#plan")


def confirms_the_month(coordinator: Person) -> None:
    """His counselling of the month is in iPLEDGE before the bottle leaves."""
    coordinator.opens("Enrolment: on treatment")
    coordinator.presses("Month 2 is confirmed", within="main")
    coordinator.sees("Month 2, ", within="main")


def hands_out_the_bottle(coordinator: Person) -> None:
    coordinator.opens("Visits", within="nav.tabs")
    coordinator.opens("M1", within="tr:has-text('M1')")
    coordinator.types(rma="RMA-10002", within="#plan")
    coordinator.presses("Hand out", within="#plan")
    coordinator.sees("Handed out", within="#plan")


def signs(clinician: Person) -> None:
    """What is signed stands there; the password is asked for again."""
    clinician.page.reload()
    clinician.opens("See what is signed")
    clinician.sees("Nothing is missing")
    clinician.sees("This is exactly what your signature freezes.")
    clinician.chooses("meaning", "author")
    clinician.types(password=PASSWORD)
    clinician.presses("Sign the visit")
    expect(clinician.page.get_by_role("link", name="Open the report")).to_be_visible(timeout=30_000)


def reads_it_all(he: Person) -> bytes:
    """His next visit, his results in words, and the signed report; returns its bytes."""
    he.page.goto(f"{he.origin}/my/")
    he.sees("Next visit")
    he.opens("Results", within="nav.p-bar")
    he.opens("Blood")
    he.sees("620", "mg/dL")
    he.page.goto(f"{he.origin}/my/documents/")
    report = he.page.get_by_role("link", name=re.compile("report", re.IGNORECASE)).first
    return he.context.request.get(f"{he.origin}{report.get_attribute('href')}").body()
