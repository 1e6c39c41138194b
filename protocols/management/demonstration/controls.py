"""Quality control of the bench: beads counted every month, and a drift that somebody has to see."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from clinic.models import Account
from clinic.rules.calendar import instant
from labs.actions import quality
from labs.models import ControlLot
from protocols.management.demonstration.clinics import Clinic

MONTH = timedelta(days=30)
#: What each month's counts lie from the target, in tenths of a standard deviation, oldest first.
STEADY = (4, -7, 11, -3, 6, -12, 2, 8, -5, 3)
DRIFTING = (-6, 5, -9, 7, 3, 12, 13, 11, 14)
TARGET, SD = Decimal("35.0"), Decimal("3.0")


@transaction.atomic
def count(clinic: Clinic, today: date, pattern: tuple[int, ...]) -> None:
    """A lot of beads, counted once a month by whoever stands at the bench."""
    first_on = today - MONTH * len(pattern)
    lot = quality.add_lot(
        site=clinic.site,
        given={
            "name": "QB-2604", "material": ControlLot.Material.BEADS,
            "measure": ControlLot.Measure.CONCENTRATION, "target": TARGET, "sd": SD,
            "expires_on": today + timedelta(days=200),
        },
        by=clinic.people["verifier"],
        now=at(clinic, first_on, 8),
    )  # fmt: skip
    for number, tenths in enumerate(pattern, start=1):
        on = first_on + MONTH * number - timedelta(days=3)
        read(clinic, lot, on, tenths, clinic.people["bench"])


def read(clinic: Clinic, lot: ControlLot, on: date, tenths: int, by: Account) -> None:
    when = at(clinic, on, 9)
    value = TARGET + SD * tenths / 10
    quality.record_reading(lot=lot, value=value, read_at=when, by=by, now=when)


def at(clinic: Clinic, on: date, hour: int) -> datetime:
    return instant(on, time(hour), clinic.site.zone)
