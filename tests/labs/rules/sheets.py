"""Semen sheets that differ from an ordinary one in what a test is about."""

from datetime import UTC, datetime, timedelta

from labs.rules.semen_reading import read_sheet

COLLECTED = datetime(2026, 8, 4, 8, 30, tzinfo=UTC)

WHOLE = {
    "collected_at": COLLECTED,
    "analysis_started_at": COLLECTED + timedelta(minutes=26),
    "abstinence_days": 3,
    "complete": "complete",
    "volume_ml": "3.0",
    "ph": "7.6",
}
NONE_FOUND = WHOLE | {
    "fresh_sperm_seen": "none",
    "pellet_done": True,
    "pellet_g": 3000,
    "pellet_min": 15,
    "pellet_fraction_examined": "0.1",
    "pellet_sperm_n": 0,
}
IN_PELLET = NONE_FOUND | {"pellet_sperm_n": 14, "pellet_motile_n": 5}
NORMAL = WHOLE | {
    "fresh_sperm_seen": "seen",
    "concentration": "66",
    "pr": 55,
    "np": 8,
    "im": 37,
    "motility_n_assessed": 400,
    "vitality_pct": 78,
    "normal_pct": 14,
    "morphology_n_assessed": 200,
}


def sheet(base, **changes):
    return read_sheet(base | changes)
