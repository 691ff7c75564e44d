"""Standardisation of predictors and target."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

DECIMALS = 9

ROUNDING = 1e-9
"""Relative variation below which a column counts as constant: rounding errors only."""

LONG_TAIL = 10
"""Ratio of the largest to the median absolute value from which a column has a long tail."""


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


def rounded(value: float, unit: float) -> float:
    """The value to `DECIMALS` digits below the first one of the unit, since the last bits differ between processors.

    >>> rounded(0.1 + 0.2, 7.0)
    0.3
    """
    return round(value, DECIMALS - math.floor(math.log10(unit)))


def tail_units(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """The unit (columns,) to measure each long-tailed column of X (rows, columns) in; infinite for the other columns.

    It is the median of the absolute values that are neither 0 nor NaN.
    """
    units = np.full(X.shape[1], np.inf)
    for column, values in enumerate(np.abs(X).T):
        sizes = values[values > 0]
        if len(sizes) and sizes.max() > LONG_TAIL * np.median(sizes):
            units[column] = np.median(sizes)
    return units


def shorten_tails(X: NDArray[np.float64], units: NDArray[np.float64]) -> NDArray[np.float64]:
    """X (rows, columns) with arcsinh(value / unit) in the columns of finite unit (columns,).

    Linear near 0 and logarithmic far from it, also for negative values: Burbidge, Magee and Robb (1988), Alternative
    transformations to handle extreme values of the dependent variable, JASA 83.
    """
    long = np.isfinite(units)
    shortened = X.copy()
    shortened[:, long] = np.arcsinh(X[:, long] / units[long])
    return shortened


@dataclass(frozen=True, slots=True)
class TargetScaler:
    """Standardises the target for training.

    Trees do not resolve a small variation around a large mean. Predictions are rounded in this scale, far below any
    error, since the last bits of matrix products differ between processors.

    Attributes:
        mean: mean of the target.
        standard_deviation: its standard deviation.
        unit: unit of a target whose long tail is shortened first, else infinite.
    """

    mean: float
    standard_deviation: float
    unit: float = np.inf

    @classmethod
    def fit(cls, y: NDArray[np.float64], *, shorten: bool = False) -> Self:
        """Fit y (rows,), which must not be constant; with `shorten`, on a logarithmic scale if its tail is long."""
        unit = float(tail_units(y[:, None])[0]) if shorten else np.inf
        scaler = cls(0.0, 1.0, unit)
        y = scaler.transform(y)
        return cls(float(y.mean()), float(y.std()), unit)

    def transform(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Standardised values."""
        y = y if np.isinf(self.unit) else np.arcsinh(y / self.unit)
        scaled: NDArray[np.float64] = (y - self.mean) / self.standard_deviation
        return scaled

    def inverse_transform(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rounded predictions in the target's unit."""
        values = self.mean + self.standard_deviation * np.round(scaled, DECIMALS)
        return values if np.isinf(self.unit) else self.unit * np.sinh(values)
