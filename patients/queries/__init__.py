"""What the upper floors may ask about patients."""

from patients.queries.consents import consents_in_force
from patients.queries.duplicates import Duplicate, possible_duplicates
from patients.queries.history import History, history
from patients.queries.search import find_patients

__all__ = [
    "Duplicate",
    "History",
    "consents_in_force",
    "find_patients",
    "history",
    "possible_duplicates",
]
