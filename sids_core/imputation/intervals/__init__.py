"""Prediction intervals of nominal 90 %, made from errors on rows the models had not seen.

Errors of SIDS weigh more, as in the fits, since SIDS are predicted (Tibshirani et al. 2019, Conformal prediction under
covariate shift, NeurIPS). To add one: a file with a class that has the members of `Interval`, and a line in
`INTERVALS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.intervals.bootstrap import ResidualBootstrap
from sids_core.imputation.intervals.quantile import ConformalQuantiles

NOMINAL_COVERAGE = 0.9


class Interval(Protocol):
    """Learns its width from out-of-fold predictions.

    Attributes:
        levels: of the conditional quantiles it needs from the ensemble; empty where it needs none.
    """

    levels: tuple[float, ...]

    def fit(
        self,
        y: NDArray[np.float64],
        predicted: NDArray[np.float64],
        quantiles: NDArray[np.float64],
        weight: NDArray[np.float64],
    ) -> "Interval":
        """Learn from the training rows' target, out-of-fold predictions and quantiles (levels, rows), and weights."""
        ...

    def bounds(self, predicted: NDArray[np.float64], quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lower and upper bound (2, rows), lower ≤ prediction ≤ upper."""
        ...


INTERVALS: Mapping[str, Callable[[float], Interval]] = MappingProxyType(
    {"quantile": ConformalQuantiles, "bootstrap": ResidualBootstrap}
)
"""By name; made for a nominal coverage."""
