"""Base imputers: they fill the gaps of the predictors before anything is learnt about the target.

To add one: a file with a class like those here, and a line in `BASE_IMPUTERS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.base_imputers.iterative import IterativeImputer
from sids_core.imputation.base_imputers.mean import MeanImputer
from sids_core.imputation.base_imputers.nearest_neighbours import NearestNeighboursImputer
from sids_core.imputation.thresholds import Thresholds


class BaseImputer(Protocol):
    """Fits on the training rows; fills these and others. A column needs at least one value in the training rows."""

    def fit(self, X: NDArray[np.float64]) -> "BaseImputer":
        """Learn from float64 (rows, columns) with NaN where a value is missing."""
        ...

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """A copy of X without NaN; what was observed stays as it is."""
        ...


BASE_IMPUTERS: Mapping[str, Callable[[Thresholds], BaseImputer]] = MappingProxyType(
    {
        "KNNImputer": lambda thresholds: NearestNeighboursImputer(thresholds.neighbours),
        "IterativeImputer": lambda _: IterativeImputer(),
        "SimpleImputer": lambda _: MeanImputer(),
    }
)
