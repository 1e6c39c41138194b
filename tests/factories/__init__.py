"""One factory per model; derived fields derive, sub-objects agree with each other."""

import importlib
import inspect

from factory.django import DjangoModelFactory


def every_factory() -> list[type[DjangoModelFactory]]:
    """All factories of the four floors, each once; those of versions have a file of their own."""
    found: dict[str, type[DjangoModelFactory]] = {}
    for floor in ("clinic", "patients", "labs", "protocols", "versions"):
        module = importlib.import_module(f"tests.factories.{floor}")
        for name, thing in inspect.getmembers(module, inspect.isclass):
            if issubclass(thing, DjangoModelFactory) and thing._meta.model is not None:
                found[f"{thing.__module__}.{name}"] = thing
    return list(found.values())
