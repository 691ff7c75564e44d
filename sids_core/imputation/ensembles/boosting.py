"""Gradient boosting on flat trees: squared loss for the prediction, quantile loss for the bounds.

Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29(5).
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles import Depth, Setting
from sids_core.imputation.ensembles.trees import Grower, Growth, float32

LEARNING_RATE = 0.1

MAX_DEPTHS: tuple[Depth, ...] = (2, 3, 5)
"""Boosting adds up shallow trees; deep ones overfit two hundred rows and take the longest."""

QUANTILE_STEPS = 100
"""Trees of a quantile and of the prediction it starts from; with more, the training residuals vanish."""

Step = tuple[Any, NDArray[np.float64]]
"""A tree, and the amount each of its nodes adds to the prediction."""


class GradientBoosting:
    """One sequence of trees per depth, and one per quantile when quantiles are requested.

    Args:
        n_estimators: trees of a sequence.
        max_depths: the grid, the shallowest first.
        random_state: seed of the random numbers.

    >>> X = np.arange(40.0)[:, None]
    >>> model = GradientBoosting(100, max_depths=(2,)).fit(X, 3 * X[:, 0], np.ones(40))
    >>> model.predict(np.array([[10.0]])).predicted.round()
    array([[30.]])
    """

    def __init__(self, n_estimators: int, *, max_depths: Sequence[Depth] = MAX_DEPTHS, random_state: int = 0) -> None:
        self.n_estimators = n_estimators
        self.settings = tuple(Setting(depth) for depth in max_depths)
        self.random_state = random_state

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Self:
        """Boost on X (rows, predictors), y (rows,) with row weights."""
        self.X_, self.y_ = float32(X), np.ascontiguousarray(y)
        self.sample_weight_ = np.ascontiguousarray(sample_weight)
        self.start_ = float(np.average(y, weights=sample_weight))
        self.sequences_ = {setting: self._boost(setting.max_depth) for setting in self.settings}
        self.quantile_sequences_: dict[float, tuple[float, list[Step]]] = {}
        return self

    def predict(self, X: NDArray[np.floating], settings: Sequence[Setting] | None = None) -> "BoostedPredictions":
        """Predictions for X (rows, predictors)."""
        return BoostedPredictions(self, self.settings if settings is None else settings, float32(X))

    def mean(self, X32: NDArray[np.float32], setting: Setting) -> NDArray[np.float64]:
        """Predictions (rows,)."""
        return self.start_ + _sum(self.sequences_[setting], X32)

    def quantile(self, X32: NDArray[np.float32], level: float) -> NDArray[np.float64]:
        """Conditional quantile (rows,), boosted on its quantile loss when first asked for.

        It starts from the first steps of the shallowest prediction. From a constant, a hundred steps do not reach the
        outer quantiles; from a deep one, the training residuals are too small for new rows.
        """
        if level not in self.quantile_sequences_:
            self.quantile_sequences_[level] = self._boost_quantile(level)
        offset, steps = self.quantile_sequences_[level]
        predicted = self.start_ + _sum(self._first_steps(), X32) + offset
        for tree, values in steps:
            predicted += values[tree.apply(X32)]
        return predicted

    def importances(self, setting: Setting) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        total = np.zeros(self.X_.shape[1])
        for tree, _ in self.sequences_[setting]:
            total += tree.compute_feature_importances(normalize=False)
        return total / total.sum() if total.sum() > 0 else total

    def _boost(self, max_depth: Depth) -> list[Step]:
        grower = self._grower(max_depth)
        fitted = np.full(len(self.y_), self.start_)
        steps = []
        for _ in range(self.n_estimators):
            tree = grower.grow(self.y_ - fitted, self.sample_weight_)
            steps.append((tree, LEARNING_RATE * tree.value.reshape(-1)))
            fitted += _sum(steps[-1:], self.X_)
        return steps

    def _boost_quantile(self, level: float) -> tuple[float, list[Step]]:
        """The constant added to the prediction, and the steps that follow."""
        first = self._first_steps()
        grower = self._grower(self.settings[0].max_depth)
        one_group = np.zeros(len(self.y_), dtype=np.intp)
        fitted = self.start_ + _sum(first, self.X_)
        offset = float(_quantile_by_group(self.y_ - fitted, self.sample_weight_, one_group, 1, level)[0])
        fitted += offset
        steps = []
        for _ in first:
            residual = self.y_ - fitted
            tree = grower.grow(np.where(residual > 0, level, level - 1), self.sample_weight_)
            leaves = tree.apply(self.X_)
            values = LEARNING_RATE * _quantile_by_group(residual, self.sample_weight_, leaves, tree.node_count, level)
            steps.append((tree, values))
            fitted += values[leaves]
        return offset, steps

    def _first_steps(self) -> list[Step]:
        return self.sequences_[self.settings[0]][:QUANTILE_STEPS]

    def _grower(self, max_depth: Depth) -> Grower:
        return Grower(Growth(random_thresholds=False, max_depth=max_depth), self.X_, self.random_state)


class BoostedPredictions:
    """Predictions (settings, rows), and quantiles boosted on request."""

    def __init__(self, model: GradientBoosting, settings: Sequence[Setting], X32: NDArray[np.float32]) -> None:
        self._model, self._X32 = model, X32
        self.predicted = np.stack([model.mean(X32, setting) for setting in settings])

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
    sample_weight: NDArray[np.float64],
    group: NDArray[np.intp],
    groups: int,
    level: float,
) -> NDArray[np.float64]:
    """Weighted quantile (groups,) of each group's values; 0 for an empty group."""
    order = np.lexsort((values, group))
    cumulated = np.cumsum(sample_weight[order])
    total = np.bincount(group, sample_weight, groups)
    before = np.cumsum(total) - total
    position = np.searchsorted(cumulated, before + level * total - 1e-9 * cumulated[-1])
    return np.where(total > 0, values[order][np.minimum(position, len(values) - 1)], 0.0)
