"""./dev pictures: walk the running demonstration as everybody, and fail on what is wrong there.

python -m tests.pictures [ROLE …] saves only those roles' pages.
"""

import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from tests.pictures.walk import Person, Told, walk

PROCESSES = 2
#: The busiest first, so that the last to finish is a short one.
ORDER = (
    "clinician", "coordinator", "nurse", "technologist", "patient", "verifier", "pharmacist",
    "embryologist", "administrator", "auditor", "nobody",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]


def main(only: list[str]) -> int:
    began = time.monotonic()
    people = [person for person in cast() if not only or person.role in only]
    told = everybody(people, began)
    pages = sum(len(each.pages) for each in told)
    pictures = sum(each.pictures for each in told)
    wrong = [f"{each.role}: {sentence}" for each in told for sentence in each.wrong]
    print(
        f"pictures | {pages} pages of {len(told)} roles, {pictures} pictures in"
        f" {time.monotonic() - began:.0f} s, under {into()}"
    )
    for sentence in wrong:
        print(f"pictures | wrong: {sentence}")
    print(f"pictures | {len(wrong) or 'nothing'} wrong")
    return 1 if wrong else 0


def cast() -> list[Person]:
    """One of each role, from the sign-ins the demonstration printed."""
    lines = (Path(os.environ["STATE_DIR"]) / "sign-ins.txt").read_text().splitlines()
    password = lines[0].rpartition(" ")[2]
    found = {"nobody": Person("nobody", "", "")}
    for line in lines[1:]:
        words = line.split()
        if words:
            found.setdefault(words[-2], Person(words[-2], words[-1], password))
    return [found[role] for role in ORDER if role in found]


def everybody(people: list[Person], began: float) -> list[Told]:
    """Each role in a process of its own, two at a time."""
    origin = os.environ["BASE_URL"].rstrip("/")
    for person in people:
        shutil.rmtree(into() / person.role, ignore_errors=True)
    told = []
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        walks = [pool.submit(walk, person, origin, into()) for person in people]
        for done in as_completed(walks):
            each = done.result()
            told.append(each)
            print(
                f"pictures | {time.monotonic() - began:4.0f} s  {each.role:14}"
                f"{len(each.pages):3} pages, {len(each.wrong) or 'nothing'} wrong",
                flush=True,
            )
    return sorted(told, key=lambda each: ORDER.index(each.role))


def into() -> Path:
    return ROOT / "var" / "pictures"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
