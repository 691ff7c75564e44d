"""Tree ensembles that learn the target from the selected predictors.

To add one: a file with a class that has the methods of `Ensemble`, and a line in `ENSEMBLES`.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.boosting import GradientBoosting
from sids_core.imputation.ensembles.forest import extra_trees, random_forest
from sids_core.imputation.ensembles.local_linear import LocalLinearForest
from sids_core.imputation.ensembles.setting import Depth, Setting


class Forecast(Protocol):
    """What an ensemble says of some rows.

    Attributes:
        predicted: (settings, rows).
    """

    predicted: NDArray[np.float64]

    def quantiles(self, setting: Setting, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows), not decreasing along the levels."""
        ...


class Ensemble(Protocol):
    """Fits once and answers for every setting of its grid."""

    settings: tuple[Setting, ...]

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], weight: NDArray[np.float64]) -> "Ensemble":
        """Learn from X (rows, predictors), y (rows,) and the rows' weights."""
        ...

    def forecast(self, X: NDArray[np.floating]) -> Forecast:
        """Answer for X (rows, predictors)."""
        ...

    def importances(self, setting: Setting) -> NDArray[np.float64]:
        """Importance (predictors,) of each predictor, sums to 1 unless nothing was learnt."""
        ...


FOREST_DEPTHS: tuple[Depth, ...] = (3, 5, None)
"""Shallow trees leave more rows to the regressions inside their leaves, which did best on most targets."""

BOOSTING_DEPTHS: tuple[Depth, ...] = (2, 3, 5)
"""Boosting adds up shallow trees; deep ones overfit two hundred rows and take the longest."""

ENSEMBLES: Mapping[str, Callable[[int], Ensemble]] = MappingProxyType(
    {
        "etr": lambda trees: LocalLinearForest(extra_trees(trees, depths=FOREST_DEPTHS)),
        "rfr": lambda trees: LocalLinearForest(random_forest(trees, depths=FOREST_DEPTHS)),
        "gbr": lambda trees: GradientBoosting(trees, depths=BOOSTING_DEPTHS),
    }
)
"""By name, the one that did best on hidden cells first: the others must be clearly better (`choice.py`)."""
