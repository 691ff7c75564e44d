"""Standardisation of predictors and target, and the possible range of an indicator."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator

DECIMALS = 9

ROUNDING = 1e-9
"""Relative variation below which a column counts as constant: rounding errors only."""


def standard_deviations(X: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviation (columns,) of X (rows, columns); infinite for a constant column.

    Infinite, so that dividing by it gives 0.
    """
    varies = np.ptp(X, axis=0) > ROUNDING * np.abs(X).max(axis=0)
    return np.where(varies, X.std(axis=0, dtype=np.float64), np.inf)


def standardize(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """X (rows, columns) with mean 0 and standard deviation 1 in every column; 0 in a constant column."""
    standardized: NDArray[np.float64] = (X - X.mean(axis=0)) / standard_deviations(X)
    return standardized


@dataclass(frozen=True, slots=True)
class TargetScaler:
    """Standardises the target for training.

    Trees do not resolve a small variation around a large mean. Predictions are rounded in this scale, far below any
    error, since the last bits of matrix products differ between processors.
    """

    mean: float
    standard_deviation: float

    @classmethod
    def fit(cls, y: NDArray[np.float64]) -> Self:
        """Fit mean and standard deviation of y (rows,), which must not be constant."""
        return cls(float(y.mean()), float(y.std()))

    def transform(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standardised values."""
        scaled: NDArray[np.float64] = (y - self.mean) / self.standard_deviation
        return scaled

    def inverse_transform(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rounded predictions in the target's unit."""
        return self.mean + self.standard_deviation * np.round(scaled, DECIMALS)


def physical_range(indicator: Indicator, y: NDArray[np.float64]) -> tuple[float, float]:
    """Lowest and highest possible value of an indicator, infinite if unknown.

    Not below 0 if no observed value (rows,) is; not above 100 for a percentage if no observed value is.
    """
    in_percent = "%" in indicator.units or "%" in indicator.name
    lowest = 0.0 if y.min() >= 0 else -np.inf
    highest = 100.0 if in_percent and lowest == 0 and y.max() <= 100 else np.inf
    return lowest, highest
