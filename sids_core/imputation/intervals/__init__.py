"""Prediction intervals of nominal 90 %, calibrated on out-of-fold errors.

Errors of SIDS have more weight, as in the fits, since SIDS are predicted (Tibshirani et al. 2019, Conformal prediction
under covariate shift, NeurIPS). To add one: a file with a class that has the members of `Interval`, and an entry in
`INTERVALS`. This module imports no numerical library.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from sids_core.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NOMINAL_COVERAGE = 0.9


class Interval(Protocol):
    """Calibrates its width on out-of-fold predictions.

    Attributes:
        levels: levels of the conditional quantiles it needs from the ensemble; may be empty.
    """

    levels: tuple[float, ...]

    def fit(
        self,
        y: NDArray[np.float64],
        predicted: NDArray[np.float64],
        quantiles: NDArray[np.float64],
        sample_weight: NDArray[np.float64],
    ) -> Interval:
        """Calibrate on the training rows' target, out-of-fold predictions and quantiles (levels, rows), and weights."""
        ...

    def bounds(self, predicted: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lower and upper bound (2, rows), lower ≤ prediction ≤ upper."""
        ...


INTERVALS: Registry[Entry, Callable[[float], Interval]] = Registry(
    {
        "quantile": Entry(
            label="Conditional quantiles",
            factory="sids_core.imputation.intervals.quantile:ConformalQuantiles",
        ),
        "bootstrap": Entry(
            label="Residual bootstrap",
            factory="sids_core.imputation.intervals.bootstrap:ResidualBootstrap",
        ),
    }
)
"""Intervals by name; a factory takes the nominal coverage."""
