"""Residual bootstrap: the prediction plus resampled out-of-fold errors.

Efron and Tibshirani (1993), An introduction to the bootstrap, chapter 9; with out-of-fold residuals instead of fitted
ones, which are too small.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.intervals.calibration import conformal_quantile


class ResidualBootstrap:
    """The same offsets for every country: bootstrap means of the residuals' outer quantiles."""

    levels: tuple[float, ...] = ()

    def __init__(self, coverage: float, n_resamples: int = 200, random_state: int = 0) -> None:
        self.coverage = coverage
        self.n_resamples = n_resamples
        self.random_state = random_state

    def fit(
        self,
        y: NDArray[np.float64],
        predicted: NDArray[np.float64],
        quantiles: NDArray[np.float64],  # noqa: ARG002 (the interface)
        sample_weight: NDArray[np.float64],
    ) -> Self:
        """Compute the offsets from the training rows' target, out-of-fold predictions (rows,) and weights."""
        residual = y - predicted
        random = np.random.default_rng(self.random_state)
        drawn = random.choice(
            len(residual), size=(self.n_resamples, len(residual)), p=sample_weight / sample_weight.sum()
        )
        sample, equal = residual[drawn], np.ones(len(residual))
        upper_level = (1 + self.coverage) / 2
        lower = -conformal_quantile(-sample, equal, upper_level).mean()
        upper = conformal_quantile(sample, equal, upper_level).mean()
        self.offsets_ = np.array([min(lower, 0.0), max(upper, 0.0)])
        return self

    def bounds(
        self,
        predicted: NDArray[np.float64],
        quantiles: NDArray[np.float64],  # noqa: ARG002 (the interface)
    ) -> NDArray[np.float64]:
        """Lower and upper bound (2, rows)."""
        bounds: NDArray[np.float64] = predicted + self.offsets_[:, None]
        return bounds
