"""What follows from a sheet by arithmetic, and where it stands among other men."""

from decimal import Decimal

import pytest

from labs.rules.quantities import Quantity
from labs.rules.semen import assess
from labs.rules.semen_limits import CENTILES, REFERENCE_CENTILES, percentile
from tests.labs.rules.sheets import IN_PELLET, NONE_FOUND, NORMAL, sheet

STEP = Decimal("0.001")


def test_derived_numbers():
    derived = assess(sheet(NORMAL)).derived

    assert derived.total_sperm_m == Quantity(Decimal("198.0"), "10*6")
    assert (derived.total_motility_pct, derived.progressive_pct, derived.immotile_pct) == (
        63,
        55,
        37,
    )
    assert derived.tmsc_m.value == Decimal("124.74")
    assert derived.tpmsc_m.value == Decimal("108.9")
    assert derived.total_normal_m.value == Decimal("27.72")
    assert derived.total_live_m.value == Decimal("154.44")
    assert (derived.pellet_estimate, derived.detection_limit_per_ml) == (None, None)


def test_a_comparator_is_carried_through():
    derived = assess(sheet(NORMAL, concentration="<0.056")).derived

    assert str(derived.total_sperm_m) == "<0.1680"
    assert str(derived.tpmsc_m) == "<0.092400"


def test_pellet_arithmetic():
    crypto, azoo = assess(sheet(IN_PELLET)).derived, assess(sheet(NONE_FOUND)).derived

    assert crypto.pellet_estimate == 140
    assert float(crypto.pellet_estimate_per_ml) == pytest.approx(140 / 3)
    assert float(crypto.detection_limit_per_ml) == pytest.approx(21.8865 / 0.3, rel=1e-4)
    assert (azoo.pellet_estimate, azoo.detection_limit_per_ml) == (0, 10)
    assert assess(sheet(NONE_FOUND, volume_ml=None)).derived.detection_limit_per_ml is None


@pytest.mark.parametrize("key", REFERENCE_CENTILES)
@pytest.mark.parametrize("position", range(len(CENTILES)))
def test_a_centile_begins_its_bracket(key, position):
    row = REFERENCE_CENTILES[key]
    words = percentile(key, Quantity(row[position]))
    below = percentile(key, Quantity(row[position] - STEP))

    top = max(place for place, value in enumerate(row) if value == row[position])
    assert words == (
        "at or above the 97.5th percentile"
        if top == len(CENTILES) - 1
        else f"between the {CENTILES[top]} and {CENTILES[top + 1]} percentile"
    )
    assert below != words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("<11", "below the 2.5th percentile"), ("<=11", None),
        (">254", "at or above the 97.5th percentile"),
        (">=254", "at or above the 97.5th percentile"), ("<0.056", "below the 2.5th percentile"),
        ("<66", None), (">66", None), ("0", "below the 2.5th percentile"),
    ],
)  # fmt: skip
def test_a_bound_has_a_percentile_only_if_it_decides(value, words):
    assert percentile("concentration", Quantity.parse(value)) == words


def test_percentiles_belong_to_the_sixth_edition():
    assert assess(sheet(NORMAL)).percentiles["concentration"] == (
        "between the 50th and 75th percentile"
    )
    assert assess(sheet(NORMAL, edition="5th-2010")).percentiles == {}
    assert percentile("ph", Quantity(Decimal(7))) is None
