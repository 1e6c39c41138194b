"""Two percentages of one sample: do they agree, and is what was entered their mean? (§4.4)"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from labs.rules.counting import PercentAgreement, percent_replicates
from labs.rules.semen_sheet import SemenSheet

USUALLY_ASSESSED = 200
MEAN_MAY_DIFFER = Decimal(1)


@dataclass(frozen=True, slots=True)
class Replicates:
    """Two fields of the sheet, the field their mean stands in, and how many were assessed."""

    key: str
    name: str
    first: str
    second: str
    mean: str
    assessed: str

    def assessed_in(self, sheet: Mapping[str, Any]) -> int:
        return int((sheet.get(self.assessed) if self.assessed else None) or USUALLY_ASSESSED)

    def of(self, sheet: SemenSheet) -> "Compared | None":
        """What they say; None while one is missing or cannot be."""
        first, second = getattr(sheet, self.first), getattr(sheet, self.second)
        if first is None or second is None or not (0 <= first <= 100 and 0 <= second <= 100):
            return None
        number = (getattr(sheet, self.assessed) if self.assessed else None) or USUALLY_ASSESSED
        return Compared(
            first, second, number, percent_replicates(first, second, number), self.entered(sheet)
        )

    def entered(self, sheet: SemenSheet) -> Decimal | None:
        value: Decimal | None = getattr(sheet, self.mean)
        return value


REPLICATES = (
    Replicates(
        "progressive", "progressive motility", "progressive_a", "progressive_b",
        "progressive_pct", "motility_n_assessed",
    ),
    Replicates("vitality", "vitality", "vitality_a", "vitality_b", "vitality_pct", ""),
    Replicates(
        "normal", "normal forms", "normal_a", "normal_b", "normal_pct", "morphology_n_assessed"
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """Two replicates beside each other, and the value entered for both."""

    first: Decimal
    second: Decimal
    assessed: int
    agreement: PercentAgreement
    entered: Decimal | None

    @property
    def mean(self) -> Decimal:
        return (self.first + self.second) / 2

    @property
    def mean_is_entered(self) -> bool:
        return self.entered is None or abs(self.entered - self.mean) <= MEAN_MAY_DIFFER

    @property
    def words(self) -> str:
        """Said beside the second one, whether they agree or not."""
        gap, limit = f"{self.agreement.difference:f}", f"{self.agreement.limit:.1f}"
        if self.agreement.accepted:
            return f"They differ by {gap}; chance allows {limit} with {self.assessed} in each."
        return (
            f"{self.first:f} and {self.second:f} differ by {gap}; chance allows {limit} "
            f"with {self.assessed} in each. Assess two new replicates."
        )
