"""The values that an indicator can take."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator

SHARE = re.compile(r"%|\b(?:per ?cent(?:age)?s?|pct)\b", re.IGNORECASE)
NO_SHARE = re.compile(r"\b(?:growth|change|inflation|minus|points?|pts?)\b|\bannual ?(?:%|per ?cent)", re.IGNORECASE)
NO_SHARE_BY_NAME = re.compile(
    r"\b(?:growth|inflation)\b|(?:%|\bpercent(?:age)?|\bper cent) (?:change|points?)\b|\bannual %", re.IGNORECASE
)
WITHOUT_UNIT = frozenset({"", "none", "nan", "unitless", "proportion"})

SMALLEST_SHARE_OF_DEVIATION = 1e-6
SMALLEST_SHARE_OF_VALUE = 1e-3


@dataclass(frozen=True, slots=True)
class PossibleRange:
    """The values that an indicator can take in a year.

    Attributes:
        lowest: lowest possible value, infinite if unknown.
        highest: highest possible value, likewise.
        nothing: a possible value so close to 0 that no difference matters, for clients that read 0 as nothing.
    """

    lowest: float
    highest: float
    nothing: float

    @classmethod
    def of(cls, indicator: Indicator, y: NDArray[np.float64]) -> Self:
        """Not on the other side of 0 than every observed value (rows,); not above 100 for a share if none of them is.

        >>> PossibleRange.of(Indicator("d-1", "Access", "d", units="PERCENT"), np.array([0.0, 20.0, 60.0])).highest
        100.0
        """
        lowest = 0.0 if y.min() >= 0 else -np.inf
        highest = 0.0 if y.max() <= 0 else 100.0 if lowest == 0 and y.max() <= 100 and is_share(indicator) else np.inf
        nothing = SMALLEST_SHARE_OF_DEVIATION * float(y.std())
        if highest > 0:
            nothing = min(nothing, SMALLEST_SHARE_OF_VALUE * float(y[y > 0].min()))
        return cls(lowest, highest, nothing if highest > 0 else -nothing)

    def within(self, value: float, lower: float, upper: float) -> tuple[float, float, float]:
        """A value and its bounds within the range."""
        value, lower, upper = np.clip((value, lower, upper), self.lowest, self.highest).tolist()
        return value, lower, upper

    def nonzero(self, value: float, lower: float, upper: float) -> tuple[float, float, float]:
        """A value and its bounds, lower ≤ value ≤ upper, a bound of 0 replaced by `nothing`."""
        lower, upper = lower or self.nothing, upper or self.nothing
        lower, upper = min(lower, upper), max(lower, upper)
        return min(max(value, lower), upper), lower, upper


def is_share(indicator: Indicator) -> bool:
    """Whether an indicator is a share in percent by its unit or, without one, by its name; no growth or difference.

    >>> [is_share(Indicator("d-1", "Trade", "d", units=units)) for units in ("% of GDP", "annual %")]
    [True, False]
    """
    unit = indicator.units.replace("_", " ").strip()
    text = indicator.name if unit.lower() in WITHOUT_UNIT else unit
    if NO_SHARE.search(unit) or NO_SHARE_BY_NAME.search(indicator.name):
        return False
    return SHARE.search(text) is not None
