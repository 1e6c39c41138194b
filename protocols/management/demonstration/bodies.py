"""What is measured in a synthetic man: blood, samples, answers. Plain values, no database."""

from decimal import Decimal
from random import Random

from labs.rules.readings import Value
from protocols.management.demonstration.cast import EVEN_TEMPERED, Man

CHECKLIST = (
    "cheilitis", "dry_skin", "rash", "irritability", "dry_eyes", "epistaxis", "myalgia",
    "headache", "insomnia", "fatigue", "libido_decreased", "erectile_dysfunction",
)  # fmt: skip

MONTHS = 6
#: Who began after this has had his irritability from the first month.
EARLY_DAYS = 75


def lipids(man: Man, chance: Random, *, on_treatment: bool) -> list[Value]:
    """A fasting panel; only the five with an altered panel ever leave the normal range."""
    raised = man.raised_lipids and on_treatment
    total = chance.randint(206, 246) if raised else chance.randint(152, 194)
    hdl = chance.randint(41, 58)
    triglycerides = chance.randint(168, 290) if raised else chance.randint(72, 138)
    return [
        Value("total_cholesterol", str(total), "mg/dL", "<200"),
        Value("hdl", str(hdl), "mg/dL", ">=40"),
        Value("triglycerides", str(triglycerides), "mg/dL", "<150"),
    ]


def liver(chance: Random) -> list[Value]:
    return [
        Value("alt", str(chance.randint(17, 38)), "U/L", "<=40"),
        Value("ast", str(chance.randint(16, 37)), "U/L", "<=40"),
    ]


def muscle_and_sugar(chance: Random) -> list[Value]:
    return [
        Value("ck", str(chance.randint(70, 190)), "U/L", "<=200"),
        Value("glucose", str(chance.randint(80, 98)), "mg/dL", "70-99"),
    ]


def blood_and_hormones(chance: Random) -> list[Value]:
    return [
        Value("hemoglobin", f"{chance.uniform(14.0, 16.2):.1f}", "g/dL", "13.5-17.5"),
        Value("wbc", f"{chance.uniform(4.8, 8.2):.1f}", "10*3/uL", "4.0-11.0"),
        Value("anc", f"{chance.uniform(2.4, 5.0):.1f}", "10*3/uL", "1.8-7.5"),
        Value("platelets", str(chance.randint(180, 310)), "10*3/uL", "150-400"),
        Value("bilirubin", f"{chance.uniform(0.4, 1.0):.1f}", "mg/dL", "<=1.2"),
        Value("creatinine", f"{chance.uniform(0.8, 1.1):.2f}", "mg/dL", "<=1.3"),
        Value("fsh", f"{chance.uniform(13.0, 24.0):.1f}", "m[IU]/mL", "1.5-12.4"),
        Value("lh", f"{chance.uniform(4.0, 8.2):.1f}", "m[IU]/mL", "1.7-8.6"),
        Value("testosterone", str(chance.randint(290, 460)), "ng/dL", "264-916"),
        Value("estradiol", str(chance.randint(16, 34)), "pg/mL", "10-40"),
    ]


def full_baseline(man: Man, chance: Random) -> list[Value]:
    return [
        *lipids(man, chance, on_treatment=False),
        *liver(chance),
        *muscle_and_sugar(chance),
        *blood_and_hormones(chance),
    ]


def monthly(man: Man, chance: Random, month: int) -> list[Value]:
    """What the programme draws at month k."""
    values = [*lipids(man, chance, on_treatment=True), *liver(chance)]
    if month in (1, 2, 3, 6):
        values += muscle_and_sugar(chance)
    if month in (3, 6):
        values += blood_and_hormones(chance)
    return values


def sample(chance: Random, *, found: int = 0, motile: int = 0) -> dict[str, object]:
    """A semen sheet: none in the fresh preparation, `found` in a tenth of the pellet."""
    volume = Decimal(chance.randint(19, 34)) / 10
    return {
        "method": "masturbation",
        "place": "lab",
        "complete": "complete",
        "abstinence_days": str(chance.randint(2, 6)),
        "volume_ml": str(volume),
        "ph": f"{chance.randint(74, 79) / 10}",
        "liquefaction_min": str(chance.choice([20, 25, 30])),
        "viscosity": "normal",
        "appearance": "cream_grey",
        "fresh_sperm_seen": "none",
        "fresh_fields_examined": "400",
        "pellet_done": "true",
        "pellet_g": "3000",
        "pellet_min": "15",
        "pellet_volume_ul": "200",
        "pellet_fraction_examined": "0.1",
        "pellet_sperm_n": str(found),
        "pellet_motile_n": str(motile),
        "leukocytes_pox": "0.3",
    }


def grades(man: Man, chance: Random, month: int) -> dict[str, int]:
    """The checklist at a visit: what it asks, answered; most of it is "not there"."""
    found = dict.fromkeys(CHECKLIST, 0)
    if not 1 <= month <= MONTHS:
        return found
    found["cheilitis"] = 1
    found["dry_skin"] = chance.choice([0, 0, 1])
    if man.irritable and (month >= 2 or man.days < EARLY_DAYS):
        found["irritability"] = 1
    if man.rash:
        found["rash"] = 1
    return found


def mood(man: Man, chance: Random, *, month: int) -> list[int]:
    """Nine answers; irritable men score a little higher, nobody endangers himself here."""
    if man.place in EVEN_TEMPERED:
        return [1, 0, 1, min(month, 1), 0, 0, 0, 0, 0]
    little = 1 if man.irritable and 1 <= month <= MONTHS else 0
    return [
        chance.choice([0, 0, 1]), chance.choice([0, 0, little]), chance.choice([0, 1]),
        chance.choice([0, 1]) + little, 0, 0, chance.choice([0, little]), 0, 0,
    ]  # fmt: skip
