"""Local linear forests: a ridge regression on training rows that a forest weights by their similarity.

Friedberg, Tibshirani, Athey and Wager (2020), Local linear forests, Journal of Computational and Graphical Statistics
30(2). A mean over leaves is a step function, but many indicators are linearly related. Where they are not, the leaf
mean is safer, so the grid has both.
"""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.config import MAX_N_PREDICTORS
from sids_core.imputation.ensembles import Depth, Setting
from sids_core.imputation.ensembles.forest import Forest, extra_trees, random_forest
from sids_core.imputation.scaling import standard_deviations

MAX_DEPTHS: tuple[Depth, ...] = (3, 5, None)
"""Shallow trees leave more rows to the regressions inside their leaves, which did best on most targets."""

PENALTY = 0.003
"""Penalty of the squared slopes, in units of a predictor's variance (docs/performance.md)."""

MAX_SLOPES = MAX_N_PREDICTORS
"""Largest number of predictors in a regression; with more (manual ones), the less important only weight the rows."""

MAX_BEYOND = 1.0
"""Distance by which a regression extrapolates a predictor beyond its training range, in standard deviations."""


class LocalLinearForest:
    """A forest whose leaves predict by their mean or by a ridge regression.

    Args:
        forest: not fitted yet; its depths are those of the grid.

    >>> X = np.arange(40.0)[:, None]
    >>> model = local_linear_extra_trees(20).fit(X, 3 * X[:, 0], np.ones(40))
    >>> model.predict(np.array([[10.5]])).predicted[0].round()
    array([32.])
    """

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.settings = tuple(Setting(depth, regression) for regression in (True, False) for depth in forest.max_depths)

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], sample_weight: NDArray[np.float64]) -> Self:
        """Grow the forest on X (rows, predictors), y (rows,) with row weights."""
        self.forest.fit(X, y, sample_weight)
        self.sloped_ = np.sort(np.argsort(-self.forest.importances(None), kind="stable")[:MAX_SLOPES])
        sloped = X[:, self.sloped_]
        self.mean_, self.scale_ = sloped.mean(axis=0), standard_deviations(sloped)
        self.X_, self.y_ = (sloped - self.mean_) / self.scale_, y
        return self

    def predict(self, X: NDArray[np.floating], settings: Sequence[Setting] | None = None) -> "LocalPredictions":
        """Predictions for X (rows, predictors)."""
        settings = self.settings if settings is None else settings
        depths = list(dict.fromkeys(setting.max_depth for setting in settings))
        weights = self.forest.leaf_weights(X, depths)
        places = {setting: depths.index(setting.max_depth) for setting in settings}
        scaled = (X[:, self.sloped_] - self.mean_) / self.scale_
        near = np.clip(scaled, self.X_.min(axis=0) - MAX_BEYOND, self.X_.max(axis=0) + MAX_BEYOND)
        return LocalPredictions(places, weights, near, self.X_, self.y_)

    def importances(self, setting: Setting) -> NDArray[np.float64]:
        """Mean decrease in impurity (predictors,) of the forest, sums to 1 unless no tree splits."""
        return self.forest.importances(setting.max_depth)


class LocalPredictions:
    """A weighted mean or a weighted ridge regression of the training rows, for every setting and row.

    Args:
        places: for each setting, the place of its weights.
        weights: (places, rows, training rows), summing to 1 over the training rows.
        X: (rows, predictors), the rows to predict, in standard deviations from the training rows' mean.
        trained: (training rows, predictors), likewise.
        y: (training rows,), the target.

    Attributes:
        predicted: (settings, rows), within the training values.
    """

    def __init__(
        self,
        places: Mapping[Setting, int],
        weights: NDArray[np.float64],
        X: NDArray[np.float64],
        trained: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        self._settings, self._trained, self._y = list(places), trained, y
        self._places, self._weights = list(places.values()), weights
        centre, mean = weights @ trained, weights @ y
        regression = np.array([setting.regression_in_leaves for setting in places])
        slopes = self._ridge(centre, mean) if regression.any() else np.zeros_like(centre)
        self._slopes = np.where(regression[:, None, None], slopes[self._places], 0.0)
        centre, mean = centre[self._places], mean[self._places]
        self._start = mean - (centre * self._slopes).sum(axis=-1)
        self.predicted = self._within(self._start + (X * self._slopes).sum(axis=-1))

    def quantiles(self, setting: Setting, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows): the prediction plus weighted quantiles of the residuals.

        As in Meinshausen (2006), Quantile Regression Forests, JMLR 7, with the residuals from each row's own regression
        (or mean) instead of the training values.
        """
        at = self._settings.index(setting)
        residual = self._y - self._start[at, :, None] - self._slopes[at] @ self._trained.T
        order = np.argsort(residual, axis=1)  # equal residuals may stand in any order
        weights = self._weights[self._places[at]]
        cumulated = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
        positions = np.stack([np.argmax(cumulated >= level * cumulated[:, -1:] - 1e-12, axis=1) for level in levels])
        offsets = np.take_along_axis(np.take_along_axis(residual, order, axis=1), positions.T, axis=1).T
        return self._within(self.predicted[at] + offsets)

    def _ridge(self, centre: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Slopes (places, rows, predictors) from the weighted means of the predictors and the target."""
        weights, trained, count = self._weights, self._trained, self._trained.shape[1]
        squares = (trained[:, :, None] * trained[:, None, :]).reshape(len(trained), -1)
        covariance = (weights @ squares).reshape(*centre.shape, count) - centre[..., :, None] * centre[..., None, :]
        with_target = weights @ (trained * self._y[:, None]) - centre * mean[..., None]
        slopes = np.linalg.solve(covariance + PENALTY * np.eye(count), with_target[..., None])[..., 0]
        return np.asarray(slopes, dtype=np.float64)

    def _within(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        within: NDArray[np.float64] = np.clip(values, self._y.min(), self._y.max())
        return within


def local_linear_random_forest(n_estimators: int) -> LocalLinearForest:
    """A random forest with regressions in its leaves."""
    return LocalLinearForest(random_forest(n_estimators, max_depths=MAX_DEPTHS))


def local_linear_extra_trees(n_estimators: int) -> LocalLinearForest:
    """Extra trees with regressions in their leaves."""
    return LocalLinearForest(extra_trees(n_estimators, max_depths=MAX_DEPTHS))
