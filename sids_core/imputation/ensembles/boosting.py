"""Gradient boosting, one fit per depth, and one per quantile when quantiles are asked for.

Friedman (2001), Greedy function approximation: a gradient boosting machine, Annals of Statistics 29(5).
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.forest import Depth


class GradientBoosting:
    """scikit-learn's GradientBoostingRegressor over a grid of depths."""

    def __init__(self, trees: int, *, depths: Sequence[Depth], seed: int = 0) -> None:
        self.trees = trees
        self.depths = tuple(depths)
        self.seed = seed

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Self:
        """Boost on X (rows, predictors), y (rows,) with row weights."""
        self._data = (np.ascontiguousarray(X, dtype=np.float32), y, weight)
        self._models = {depth: self._boost(depth) for depth in self.depths}
        return self

    def predict(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """Predictions (depths, rows)."""
        return np.stack([model.predict(X.astype(np.float32)) for model in self._models.values()])

    def quantiles(self, X: NDArray[np.floating], depth: Depth, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows), each by a boosting on the quantile loss, sorted against crossing."""
        fits = [self._boost(depth, loss="quantile", alpha=level).predict(X.astype(np.float32)) for level in levels]
        return np.sort(np.stack(fits), axis=0)

    def importances(self, depth: Depth) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        importances: NDArray[np.float64] = self._models[depth].feature_importances_
        return importances

    def _boost(self, depth: Depth, **options: Any) -> Any:
        from sklearn.ensemble import GradientBoostingRegressor

        X, y, weight = self._data
        model = GradientBoostingRegressor(n_estimators=self.trees, max_depth=depth, random_state=self.seed, **options)
        return model.fit(X, y, sample_weight=weight)
