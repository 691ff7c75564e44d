"""Conformalized quantile regression: conditional quantiles, widened until they cover out-of-fold rows.

Romano, Patterson and Candès (2019), Conformalized quantile regression, NeurIPS. The ensemble's quantiles alone are too
narrow for a new country.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.intervals.calibration import conformal_quantile


class ConformalQuantiles:
    """The ensemble's quantiles, moved outwards (or inwards) by one calibrated distance."""

    def __init__(self, coverage: float) -> None:
        self.coverage = coverage
        self.levels: tuple[float, ...] = ((1 - coverage) / 2, (1 + coverage) / 2)

    def fit(
        self,
        y: NDArray[np.float64],
        predicted: NDArray[np.float64],  # noqa: ARG002 (the interface)
        quantiles: NDArray[np.float64],
        sample_weight: NDArray[np.float64],
    ) -> Self:
        """Compute the distance from the training rows' target, out-of-fold quantiles (2, rows) and weights."""
        outside = np.maximum(quantiles[0] - y, y - quantiles[1])
        self.distance_ = conformal_quantile(outside, sample_weight, self.coverage)
        return self

    def bounds(self, predicted: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lower and upper bound (2, rows)."""
        return np.stack(
            [
                np.minimum(quantiles[0] - self.distance_, predicted),
                np.maximum(quantiles[1] + self.distance_, predicted),
            ]
        )
