"""Tree ensembles, which predict the target from the selected predictors.

To add one: a file with a class that has the members of `Ensemble`, and an entry in `ENSEMBLES`. This module imports no
numerical library, so that a service can list the ensembles before it loads any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sids_core.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Depth = int | None
"""Largest depth of a tree; None lets it grow until the nodes are pure or too small to split."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of an ensemble's grid.

    Attributes:
        max_depth: depth of the trees.
        regression_in_leaves: whether the leaves predict by a regression instead of their mean.
    """

    max_depth: Depth
    regression_in_leaves: bool = False


class GridPredictions(Protocol):
    """Predictions of an ensemble for some rows, for the settings asked for.

    Attributes:
        predicted: (settings, rows).
    """

    predicted: NDArray[np.float64]

    def quantiles(self, setting: Setting, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows), not decreasing along the levels."""
        ...


class Ensemble(Protocol):
    """Fitted once; predicts with every setting of its grid.

    Attributes:
        settings: the grid.
    """

    settings: tuple[Setting, ...]

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Ensemble:
        """Train on X (rows, predictors), y (rows,) and the rows' weights."""
        ...

    def predict(self, X: NDArray[np.floating], settings: Sequence[Setting] | None = None) -> GridPredictions:
        """Predictions for X (rows, predictors) with some settings, by default those of the whole grid."""
        ...

    def importances(self, setting: Setting) -> NDArray[np.float64]:
        """Importance (predictors,) of each predictor; sums to 1, or to 0 where no tree splits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsembleEntry(Entry):
    """An ensemble; its factory takes `n_estimators`.

    Attributes:
        rank: rank by error on held-out values (docs/performance.md). With `all`, the first is used unless another is
            clearly better on the target.
    """

    rank: float = math.inf


ENSEMBLES: Registry[EnsembleEntry, Callable[[int], Ensemble]] = Registry(
    {
        "rfr": EnsembleEntry(
            label="Random forest",
            factory="sids_core.imputation.ensembles.local_linear:local_linear_random_forest",
            rank=2,
        ),
        "gbr": EnsembleEntry(
            label="Gradient boosting",
            factory="sids_core.imputation.ensembles.boosting:GradientBoosting",
            rank=3,
        ),
        "etr": EnsembleEntry(
            label="Extra trees",
            factory="sids_core.imputation.ensembles.local_linear:local_linear_extra_trees",
            rank=1,
        ),
    }
)

ALL = "all"
"""Instead of an ensemble's name: the best of all."""


def ensembles_to_fit(name: str, n_estimators: int) -> dict[str, Callable[[], Ensemble]]:
    """Factories by name: of the named ensemble, or of all, the preferred one first."""
    names = sorted(ENSEMBLES, key=lambda each: ENSEMBLES[each].rank) if name == ALL else [name]
    return {each: partial(ENSEMBLES.load(each), n_estimators) for each in names}
