"""Predictors and the target in standard deviations, and the range that a value can have at all."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator

DECIMALS = 9

ROUNDING = 1e-9
"""A column whose values differ by less, relative to their size, varies by rounding only."""


def standard_deviations(X: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviation (columns,) of X (rows, columns); infinite for a constant column.

    Dividing by it then gives 0, instead of one rounding error divided by another.
    """
    varies = np.ptp(X, axis=0) > ROUNDING * np.abs(X).max(axis=0)
    return np.where(varies, X.std(axis=0, dtype=np.float64), np.inf)


def standardize(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """X (rows, columns) with mean 0 and standard deviation 1 in every column; 0 in a constant column."""
    standardized: NDArray[np.float64] = (X - X.mean(axis=0)) / standard_deviations(X)
    return standardized


@dataclass(frozen=True, slots=True)
class TargetScaler:
    """The target in standard deviations from its mean, in which the ensembles are trained.

    Trees do not see what varies little beside its own size. And predictions are rounded in this scale, far below any
    error: the last bits of matrix products differ between processors, and equal requests have equal answers.
    """

    mean: float
    standard_deviation: float

    @classmethod
    def fit(cls, y: NDArray[np.float64]) -> Self:
        """The scale of y (rows,), which is not constant."""
        return cls(float(y.mean()), float(y.std()))

    def transform(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values of the target in this scale."""
        scaled: NDArray[np.float64] = (y - self.mean) / self.standard_deviation
        return scaled

    def inverse_transform(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rounded predictions in the target's own unit."""
        return self.mean + self.standard_deviation * np.round(scaled, DECIMALS)


def physical_range(indicator: Indicator, y: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest possible value of an indicator, infinite where nothing is known.

    Nothing below 0 where no observed value (rows,) is; nothing above 100 where the indicator is a share in percent and
    no observed value is.
    """
    in_percent = "%" in indicator.units or "%" in indicator.name
    lowest = 0.0 if y.min() >= 0 else -np.inf
    highest = 100.0 if in_percent and lowest == 0 and y.max() <= 100 else np.inf
    return lowest, highest
