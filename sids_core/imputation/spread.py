"""Predictors and the target in standard deviations."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

DECIMALS = 9

ROUNDING = 1e-9
"""A column whose figures differ by less, relative to their size, varies by rounding only."""


def deviations(X: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviation (columns,) of X (rows, columns); infinite where a column does not vary.

    Whatever is divided by it is 0 there, instead of a rounding error divided by another.
    """
    varies = np.ptp(X, axis=0) > ROUNDING * np.abs(X).max(axis=0)
    return np.where(varies, X.std(axis=0, dtype=np.float64), np.inf)


def standardised(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """X (rows, columns) with mean 0 and deviation 1 in every column; 0 where a column does not vary."""
    standard: NDArray[np.float64] = (X - X.mean(axis=0)) / deviations(X)
    return standard


@dataclass(frozen=True, slots=True)
class TargetScale:
    """The target in standard deviations from its mean, in which it is learnt.

    Trees do not see what varies little beside its own size. And predictions are rounded in this scale, far below any
    error: the last bits of matrix products differ between processors, and equal requests have equal answers.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, y: NDArray[np.float64]) -> Self:
        """The scale of y (rows,), which is not constant."""
        return cls(float(y.mean()), float(y.std()))

    def standard(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Figures in this scale."""
        standard: NDArray[np.float64] = (y - self.mean) / self.deviation
        return standard

    def figures(self, standard: NDArray[np.float64]) -> NDArray[np.float64]:
        """Rounded predictions as figures again."""
        return self.mean + self.deviation * np.round(standard, DECIMALS)
