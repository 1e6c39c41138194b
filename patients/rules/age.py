"""How old somebody is."""

from datetime import date


def completed_years(born_on: date, on: date) -> int:
    """Completed years; who was born on 29 February turns a year older on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))
