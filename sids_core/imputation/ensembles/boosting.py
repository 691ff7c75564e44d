"""Gradient boosting on flat trees: squared loss for the prediction, quantile loss for the bounds.

Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29(5).
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.setting import Depth, Setting
from sids_core.imputation.ensembles.trees import Grower, Growth, float32

LEARNING_RATE = 0.1

QUANTILE_STEPS = 100
"""Trees of a quantile, and of the prediction that it goes on from: with more, nothing is left of the residuals."""

Step = tuple[Any, NDArray[np.float64]]
"""A tree, and what each of its nodes adds to the prediction."""


class GradientBoosting:
    """One sequence of trees per depth, and one per quantile when quantiles are asked for.

    Args:
        trees: of a sequence.
        depths: to answer for, the shallowest first.
        seed: of everything drawn.
    """

    def __init__(self, trees: int, *, depths: Sequence[Depth], seed: int = 0) -> None:
        self.trees = trees
        self.settings = tuple(Setting(depth) for depth in depths)
        self.seed = seed

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Self:
        """Boost on X (rows, predictors), y (rows,) with row weights."""
        self._X, self._y, self._weight = float32(X), np.ascontiguousarray(y), np.ascontiguousarray(weight)
        self._start = float(np.average(y, weights=weight))
        self._sequences = {setting: self._boost(setting.depth) for setting in self.settings}
        return self

    def forecast(self, X: NDArray[np.floating]) -> "BoostedForecast":
        """Predictions for X (rows, predictors); quantiles are boosted when asked for."""
        return BoostedForecast(self, float32(X))

    def mean(self, X32: NDArray[np.float32], setting: Setting) -> NDArray[np.float64]:
        """Predictions (rows,)."""
        return self._start + _sum(self._sequences[setting], X32)

    def quantile(self, X32: NDArray[np.float32], level: float) -> NDArray[np.float64]:
        """Conditional quantile (rows,), boosted on its quantile loss.

        It goes on from the first steps of the shallowest prediction: from a constant, a hundred steps do not reach the
        outer quantiles; from a deep one, residuals of the rows it was fitted to say nothing of new rows.
        """
        shallowest = self.settings[0]
        steps = self._sequences[shallowest][:QUANTILE_STEPS]
        grower = self._grower(shallowest.depth)
        everyone = np.zeros(len(self._y), dtype=np.intp)
        fitted, predicted = (self._start + _sum(steps, rows) for rows in (self._X, X32))
        offset = _quantile_by_group(self._y - fitted, self._weight, everyone, 1, level)[0]
        fitted += offset
        predicted += offset
        for _ in steps:
            residual = self._y - fitted
            tree = grower.grow(np.where(residual > 0, level, level - 1), self._weight)
            leaves = tree.apply(self._X)
            values = LEARNING_RATE * _quantile_by_group(residual, self._weight, leaves, tree.node_count, level)
            fitted += values[leaves]
            predicted += values[tree.apply(X32)]
        return predicted

    def importances(self, setting: Setting) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        total = np.zeros(self._X.shape[1])
        for tree, _ in self._sequences[setting]:
            total += tree.compute_feature_importances(normalize=False)
        return total / total.sum() if total.sum() > 0 else total

    def _boost(self, depth: Depth) -> list[Step]:
        grower = self._grower(depth)
        fitted = np.full(len(self._y), self._start)
        steps = []
        for _ in range(self.trees):
            tree = grower.grow(self._y - fitted, self._weight)
            steps.append((tree, LEARNING_RATE * tree.value.reshape(-1)))
            fitted += _sum(steps[-1:], self._X)
        return steps

    def _grower(self, depth: Depth) -> Grower:
        return Grower(Growth(random_thresholds=False, depth=depth), self._X, self.seed)


class BoostedForecast:
    """Predictions (settings, rows), and quantiles that are boosted when asked for."""

    def __init__(self, model: GradientBoosting, X32: NDArray[np.float32]) -> None:
        self._model, self._X32 = model, X32
        self.predicted = np.stack([model.mean(X32, setting) for setting in model.settings])

    def quantiles(
        self,
        setting: Setting,  # noqa: ARG002 (the interface)
        levels: Sequence[float],
    ) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows), the same for every setting, sorted against crossing."""
        return np.sort(np.stack([self._model.quantile(self._X32, level) for level in levels]), axis=0)


def _sum(steps: Sequence[Step], X32: NDArray[np.float32]) -> NDArray[np.float64]:
    total = np.zeros(len(X32))
    for tree, values in steps:
        total += values[tree.apply(X32)]
    return total


def _quantile_by_group(
    values: NDArray[np.float64],
    weight: NDArray[np.float64],
    group: NDArray[np.intp],
    groups: int,
    level: float,
) -> NDArray[np.float64]:
    """Weighted quantile (groups,) of each group's values; 0 for a group without any."""
    order = np.lexsort((values, group))
    cumulated = np.cumsum(weight[order])
    total = np.bincount(group, weight, groups)
    before = np.cumsum(total) - total
    position = np.searchsorted(cumulated, before + level * total - 1e-9 * cumulated[-1])
    return np.where(total > 0, values[order][np.minimum(position, len(values) - 1)], 0.0)
