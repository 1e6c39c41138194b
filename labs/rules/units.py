"""The units the clinic uses: UCUM codes, spellings that laboratories send, and printed forms."""

PRINTED = {
    "mg/dL": "mg/dL",
    "g/dL": "g/dL",
    "g/L": "g/L",
    "mmol/L": "mmol/L",
    "umol/L": "µmol/L",
    "nmol/L": "nmol/L",
    "pmol/L": "pmol/L",
    "U/L": "U/L",
    "ukat/L": "µkat/L",
    "m[IU]/mL": "mIU/mL",
    "m[IU]/L": "mIU/L",
    "[IU]/L": "IU/L",
    "ng/dL": "ng/dL",
    "ng/mL": "ng/mL",
    "ng/L": "ng/L",
    "pg/mL": "pg/mL",
    "ug/L": "µg/L",
    "10*3/uL": "×10³/µL",
    "10*9/L": "×10⁹/L",
    "10*6/mL": "×10⁶/mL",
    "10*6": "×10⁶",
    "/mL": "/mL",
    "%": "%",
    "mmol/mol": "mmol/mol",
    "mL": "mL",
    "uL": "µL",
    "d": "days",
    "h": "h",
    "min": "min",
    "Cel": "°C",
    "[pH]": "",
    "{#}": "",
    "{#}/[HPF]": "per field",
    "{index}": "",
    "umol": "µmol",
    "mU": "mU",
    "kg": "kg",
    "mg": "mg",
    "mg/kg": "mg/kg",
    "": "",
}
"""Every UCUM code that a rule or a definition file may name, and the way people see it."""

SPELLINGS = {
    "iu/l": "[IU]/L",
    "miu/ml": "m[IU]/mL",
    "miu/l": "m[IU]/L",
    "µmol/l": "umol/L",
    "μmol/l": "umol/L",
    "mcmol/l": "umol/L",
    "µkat/l": "ukat/L",
    "μkat/l": "ukat/L",
    "µg/l": "ug/L",
    "μg/l": "ug/L",
    "µl": "uL",
    "μl": "uL",
    "k/ul": "10*3/uL",
    "k/µl": "10*3/uL",
    "x10e3/ul": "10*3/uL",
    "x10^3/ul": "10*3/uL",
    "10^3/ul": "10*3/uL",
    "10e3/ul": "10*3/uL",
    "thou/ul": "10*3/uL",
    "x10^9/l": "10*9/L",
    "x10e9/l": "10*9/L",
    "10^9/l": "10*9/L",
    "10e9/l": "10*9/L",
    "x10^6/ml": "10*6/mL",
    "10^6/ml": "10*6/mL",
    "10e6/ml": "10*6/mL",
    "mill/ml": "10*6/mL",
    "million/ml": "10*6/mL",
    "m/ml": "10*6/mL",
    "day": "d",
    "days": "d",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
    "percent": "%",
    "ph": "[pH]",
    "°c": "Cel",
}
"""Spellings seen in messages that mean one thing only; anything else stays unknown."""

BY_LOWER_CASE = {code.lower(): code for code in PRINTED if code}


def is_known_unit(code: str) -> bool:
    """Is this, letter by letter, a UCUM code of the subset the clinic uses?"""
    return code in PRINTED


def normalised_unit(text: str) -> str | None:
    """The UCUM code a laboratory meant ("mg/dl", "U/l", "IU/L"), or None when it cannot be told.

    A unit that stays unknown is never filed as a number (domain reference §6.4).
    """
    bare = text.strip()
    if is_known_unit(bare):
        return bare
    lower = bare.lower().replace(" ", "")
    return SPELLINGS.get(lower) or BY_LOWER_CASE.get(lower)


def printed_unit(code: str) -> str:
    """The unit as people read it; an unknown one is shown as it came."""
    return PRINTED.get(code, code)
