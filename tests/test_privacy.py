"""The ledger: every column of every model is decided to be identifying or plain."""

import pytest
from django.apps import apps

OURS = {"clinic", "patients", "labs", "protocols"}
MODELS = [m for m in apps.get_models() if m._meta.app_label in OURS]
WRITTEN = [m for m in MODELS if not hasattr(m, "pgh_tracked_model")]
HISTORY = [m for m in MODELS if hasattr(m, "pgh_tracked_model")]


@pytest.mark.parametrize("model", WRITTEN, ids=lambda m: m._meta.label)
def test_every_column_is_either_identifying_or_plain(model):
    columns = {f.name for f in model._meta.concrete_fields}
    identifying, plain = model.Privacy.identifying, model.Privacy.plain
    assert identifying & plain == set()
    assert identifying | plain == columns


@pytest.mark.parametrize("model", HISTORY, ids=lambda m: m._meta.label)
def test_history_keeps_no_column_its_model_has_not_decided(model):
    decided = model.pgh_tracked_model.Privacy.identifying | model.pgh_tracked_model.Privacy.plain
    columns = {f.name for f in model._meta.concrete_fields if not f.name.startswith("pgh_")}
    assert columns - decided == set()
