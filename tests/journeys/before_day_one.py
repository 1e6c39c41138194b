"""From the front desk to the first capsule, each step by whose work it is."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from playwright.sync_api import expect

from tests.journeys.people import PASSWORD, Person, mark

#: The whole baseline, in range.
BASELINE: Final = {
    "total_cholesterol": 182, "hdl": 47, "triglycerides": 118, "alt": 24, "ast": 22,
    "bilirubin": "0.7", "ck": 142, "glucose": 88, "creatinine": "0.9", "fsh": "5.1", "lh": "4.4",
    "testosterone": 451, "estradiol": 24, "prolactin": 9, "inhibin_b": 140, "hemoglobin": "14.8",
    "wbc": "6.1", "anc": "3.4", "platelets": 240,
}  # fmt: skip
#: As they are printed on the report: the catalogue has none of its own for these.
RANGES: Final = {"alt": "<40", "ast": "<40", "ck": "<200"}
CONSENTS: Final = (
    "Finding out whether the programme suits you",
    "Treatment with isotretinoin for six months",
    "Messages by e-mail",
)
#: Azoospermia: nothing in the pellet either.
NONE_SEEN: Final = {
    "abstinence_days": 3,
    "complete": "complete",
    "volume_ml": "2.6",
    "fresh_sperm_seen": "none seen",
    "pellet_done": "examined",
    "pellet_g": 3000,
    "pellet_min": 15,
    "pellet_fraction_examined": "0.10",
    "pellet_sperm_n": 0,
    "pellet_motile_n": 0,
}


def registers_him(coordinator: Person) -> None:
    """She searches first, and is shown who is alike before anything is saved."""
    coordinator.opens("Patients", within="nav.rail")
    coordinator.page.get_by_label("Find a patient").fill("Rourke Daniel")
    coordinator.sees("No one matches", within="#found")
    coordinator.opens("Register")
    coordinator.types(
        given_name="Daniel",
        family_name="Rourke",
        preferred_name="Dan",
        born_on=datetime(1990, 3, 12).date(),
        phone="+1 555 0147",
        email="dan.rourke@example.org",
        preferred_times="weekdays after five",
    )
    coordinator.watch.expected = {422}
    coordinator.presses("Register", within="main form.stack")
    coordinator.sees("Nothing is saved yet", "Rourk, Daniel")
    coordinator.ticks("None of these is him")
    coordinator.watch.expected = set()
    coordinator.presses("Register anyway")
    coordinator.sees("Daniel Rourke")


def writes_his_history(coordinator: Person) -> None:
    """Every question asked; one operation before, without sperm."""
    coordinator.opens("History", within="main")
    coordinator.unfolds("Ask the questions")
    for no in coordinator.at("#history [type=radio][value=no]").all():
        mark(no)
    coordinator.presses("Write the answers down")
    coordinator.sees("all answered")
    coordinator.unfolds("Add a procedure")
    coordinator.types(done_on=datetime(2024, 5, 6).date(), sperm_found="No")
    coordinator.types(histology="Maturation arrest")
    coordinator.presses("Write down", within="form[action$='/retrievals/']")
    coordinator.sees("6 May 2024")


def records_his_consents(coordinator: Person, *titles: str) -> None:
    coordinator.opens("Consents", within="main")
    for title in titles:
        section = f"#consents section:has(h2:text-is('{title}'))"
        coordinator.unfolds("record consent", within=section)
        coordinator.types(within=section, given_on=timezone.localdate())
        coordinator.ticks("He has read exactly these words", within=section)
        coordinator.presses("Record his consent", within=section)
        coordinator.sees("Agreed", within=section)


def is_referred(coordinator: Person) -> None:
    coordinator.opens("Record", within="nav.tabs", exact=True)
    coordinator.opens("Enrol", within="main")
    coordinator.presses("Refer", within="main")
    coordinator.presses("Start screening")
    coordinator.sees("Screening has begun")


def answers_nine_questions(coordinator: Person) -> None:
    """At the screening visit: not at all, to each."""
    coordinator.opens("Ask at screening")
    coordinator.presses("Check in")
    for number in range(1, 10):
        coordinator.chooses(f"item_{number}", 0)
    coordinator.presses("Keep the answers")


def enters_the_baseline(technologist: Person, name: str) -> None:
    """As the laboratory printed it; two sheets of samples ten days apart."""
    finds_in_laboratory(technologist, name, "Blood")
    technologist.opens("Full baseline", within="nav.tabs")
    files_blood(technologist, BASELINE)
    for days in (10, 0):
        finds_in_laboratory(technologist, name, "Semen")
        keeps_a_sheet(technologist, NONE_SEEN, days_ago=days)


def finds_in_laboratory(technologist: Person, name: str, what: str) -> None:
    technologist.opens("Laboratory", within="nav.rail")
    technologist.opens("Enter results", within="main")
    technologist.page.get_by_label("Find the patient").fill(name)
    technologist.sees(name, within="#found .what")
    technologist.opens(what, within="#found")


def files_blood(person: Person, values: dict[str, object]) -> None:
    """Drawn an hour ago after a night's fast."""
    person.types(
        collected_at=timezone.localtime() - timedelta(hours=1), fasting_hours=12, alcohol_hours=48
    )
    person.chooses("fasting", "yes")
    person.types(laboratory="Bay Laboratory", **{f"value_{k}": v for k, v in values.items()})
    person.types(**{f"range_{k}": RANGES[k] for k in values if k in RANGES})
    person.presses("File the results")


def keeps_a_sheet(technologist: Person, sheet: dict[str, object], *, days_ago: int = 0) -> None:
    """Collected an hour and a half ago, begun within half an hour."""
    collected_at = timezone.localtime() - timedelta(days=days_ago, minutes=90)
    technologist.types(
        laboratory="Andrology",
        collected_at=collected_at,
        analysis_started_at=(collected_at + timedelta(minutes=26)).strftime("%H:%M"),
        **sheet,
    )
    technologist.presses("Keep the sheet")


def verifies(verifier: Person, sheets: int) -> None:
    """Somebody else than its author reads each sheet once more."""
    for _ in range(sheets):
        verifier.opens("Laboratory", within="nav.rail")
        verifier.opens("Verify", within="main")
        verifier.presses("Verify", within="main")


def opens_his_record(person: Person, name: str) -> None:
    """By the search that stands on every page."""
    person.page.locator("#q").fill(name)
    with person.page.expect_navigation():
        person.page.locator("#q").press("Enter")
    person.opens(name, within="#found")


def reads_every_result(clinician: Person) -> None:
    """From the laboratory's list, one after another, until it is empty."""
    for _ in range(3):
        clinician.page.goto(f"{clinician.origin}/labs/review/")
        clinician.follows(clinician.at("ol.queue a.what"))
        clinician.presses("Reviewed", within="main")
    clinician.page.goto(f"{clinician.origin}/labs/review/")
    clinician.sees("Every result has been read")


def signs_eligibility(clinician: Person) -> None:
    clinician.opens("Enrolment: screening")
    clinician.opens("Go on with the enrolment")
    clinician.chooses("decision", "yes")
    clinician.types(password=PASSWORD)
    clinician.presses("Sign eligibility")
    clinician.sees("Eligibility is signed")


def goes_through_everything_with_him(coordinator: Person) -> None:
    """Consent, counselling, iPLEDGE, weight: what stands before the first capsule."""
    coordinator.opens("Enrolment:")
    coordinator.opens("Go on with the enrolment")
    coordinator.presses("Go on with this consent")
    coordinator.types(ipledge_id="1234567890", weight_kg="84.0", within="#preparation")
    coordinator.presses("Keep", within="#preparation")
    for item in coordinator.at("#counselling [type=checkbox]").all():
        mark(item)
    coordinator.presses("Keep the list")
    expect(coordinator.at("table[aria-label='Start gate'] .status.warning")).to_have_count(0)


def prescribes(clinician: Person) -> None:
    clinician.opens("Doses", within="nav.tabs")
    clinician.types(days=30)
    clinician.presses("Write the next prescription")


def receives_a_delivery(coordinator: Person) -> None:
    """Nothing is handed over that did not come in under its lot."""
    coordinator.opens("Stock", within="nav.rail")
    coordinator.opens("Receive a delivery", within=".page-head")
    coordinator.opens("Add the first product")
    coordinator.types(name="Isotretinoin 20 mg capsules", ndc="00555-1055-86")
    coordinator.presses("Add the product")
    expiry = timezone.localdate() + timedelta(days=700)
    coordinator.types(number="L2610", expires_on=expiry, capsules=300)
    coordinator.presses("On the shelf")
    coordinator.sees("L2610", within="#stock-page")


def hands_out(coordinator: Person) -> None:
    """Sixty capsules from the lot that is chosen, with the number iPLEDGE gave."""
    coordinator.opens("Doses", within="nav.tabs")
    coordinator.opens("Hand over")
    coordinator.types(rma="RMA-10001")
    coordinator.presses("Handed over")


def takes_the_first_capsule(coordinator: Person) -> None:
    coordinator.opens("Enrolment:")
    coordinator.opens("Go on with the enrolment")
    coordinator.presses("Record the first capsule")
    coordinator.sees("Day 1 is recorded")


def books_month_one(coordinator: Person) -> None:
    """In the drawer: the best time is held, and what he will be sent is shown before."""
    coordinator.opens("Visits", within="nav.tabs")
    coordinator.opens("Book", within="tr:has-text('M1')")
    coordinator.at(".slot").first.click()
    coordinator.sees("Held for you until")
    coordinator.presses("Confirm")
    coordinator.sees("M1 booked for")
