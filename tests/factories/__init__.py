"""One factory per model; derived fields derive, sub-objects agree with each other."""

import importlib
import inspect
import pkgutil

from factory.django import DjangoModelFactory


def every_factory() -> list[type[DjangoModelFactory]]:
    """All factories of the four floors, each once, whichever file of this folder they are in."""
    found: dict[str, type[DjangoModelFactory]] = {}
    for file in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"tests.factories.{file.name}")
        for name, thing in inspect.getmembers(module, inspect.isclass):
            if issubclass(thing, DjangoModelFactory) and thing._meta.model is not None:
                found[f"{thing.__module__}.{name}"] = thing
    return list(found.values())
