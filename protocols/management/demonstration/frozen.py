"""What was frozen: two tanks, and a few containers of men whose treatment has worked."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from django.db import transaction

from labs.actions import storage, tanks
from labs.actions.storage import Frozen, Pair, Place
from labs.actions.storage_terms import agree, screen, standing_consent
from labs.models import Container, SemenAnalysis, Tank
from labs.rules.storage import VIRUSES, Spot
from patients.models import PortalAccount
from protocols.management.demonstration.clinics import Clinic
from protocols.models import Finding

DAY = timedelta(days=1)
#: So many men, and in how many days the agreement of each ends: the first is to be asked soon.
ENDS_IN = (62, 900, 1500)
CONTAINERS = 2
BUILT = {
    "canisters": 6, "canes": 8, "positions": 5, "nitrogen_every_days": 7, "nitrogen_least_cm": 15,
}  # fmt: skip


@transaction.atomic
def tell(clinic: Clinic, now: datetime) -> None:
    """A tank with its nitrogen read, one for quarantine that is overdue, and what stands there."""
    by = clinic.people["embryologist"]
    made = [
        tanks.add(
            site=clinic.site, built=BUILT | {"name": name, "quarantine": apart}, by=by,
            now=now - 200 * DAY,
        )
        for name, apart in (("Tank A", False), ("Tank Q", True))
    ]  # fmt: skip
    for tank, days in ((made[0], 8), (made[0], 2), (made[1], 9)):
        at = now - days * DAY
        tanks.read_nitrogen(
            tank=tank, level_cm=26, filled_to_cm=34, read_at=at, by=by, now=at
        )  # fmt: skip
    places = count(1)
    for sheet, days in zip(found(clinic, now), ENDS_IN, strict=False):
        freeze(clinic, sheet, made[0], next(places), days, now)


def found(clinic: Clinic, now: datetime) -> list[SemenAnalysis]:
    """The newest sample with motile sperm of each man that nobody is asked to freeze today;
    those who are shown around in their portals come first."""
    asked = Finding.objects.open().filter(kind=Finding.Kind.FREEZE)
    sheets = (
        SemenAnalysis.objects.final()
        .filter(patient__site=clinic.site, motile_seen=True, collected_at__lt=now - 3 * DAY)
        .exclude(patient__in=asked.values("enrolment__patient"))
        .select_related("patient__site")
        .order_by("patient", "-collected_at")
        .distinct("patient")
    )
    doors = set(PortalAccount.objects.values_list("patient", flat=True))
    first = sorted(sheets, key=lambda sheet: (sheet.patient_id not in doors, sheet.patient_id))
    return [sheet for sheet in first if standing_consent(sheet.patient)][: len(ENDS_IN)]


def freeze(
    clinic: Clinic, sheet: SemenAnalysis, tank: Tank, cane: int, days: int, now: datetime
) -> None:
    """He has agreed, his blood is clean, and two containers are put away on the day."""
    consent = standing_consent(sheet.patient)
    frozen_at = max(sheet.collected_at, sheet.verified_at or sheet.entered_at) + timedelta(hours=1)
    on = clinic.site.localdate(frozen_at)
    by = clinic.people["embryologist"]
    agree(
        patient=sheet.patient,
        signed_on=max(consent.given_on, on) if consent else on,
        expires_on=clinic.site.localdate(now) + days * DAY,
        on_death="discard",
        on_separation="keep",
        by=clinic.people["nurse"],
        now=frozen_at,
    )
    screen(
        patient=sheet.patient,
        tested_on=on - 20 * DAY,
        answers=dict.fromkeys(VIRUSES, "negative"),
        by=by,
        now=frozen_at,
    )
    motile = max((sheet.pellet_motile_n or 0) // CONTAINERS, 1)
    for place in range(1, CONTAINERS + 1):
        storage.store(
            patient=sheet.patient,
            frozen=Frozen(
                kind=Container.Kind.CRYOPIECE,
                cryoprotectant="TEST-yolk buffer",
                cryoprotectant_lot="TY-2208",
                volume_ml=Decimal("0.001"),
                n_sperm=motile + 2,
                n_motile=motile,
                n_exact=True,
                method=Container.Method.VITRIFICATION,
                frozen_at=frozen_at,
                specimen=sheet.specimen,
                analysis=sheet,
            ),
            place=Place(tank=tank, spot=Spot(1, cane, place)),
            pair=Pair(by=by, witness=clinic.people["bench"]),
            confirmed=True,
            now=frozen_at,
        )
