"""Local linear forests: a forest says which training rows are like a new one, a ridge regression on them predicts it.

Friedberg, Tibshirani, Athey and Wager (2020), Local linear forests, Journal of Computational and Graphical Statistics
30(2). A mean over leaves is a staircase, but many indicators follow each other in a straight line.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.forest import Depth, Forest

PENALTY = 0.003
"""Of the squared slopes, in units of a predictor's variance (docs/performance.md)."""

MOST_SLOPES = 50
"""Further predictors, the less important ones, only choose the rows."""


class LocalLinearForest:
    """A forest with a ridge regression around each row instead of the leaves' mean.

    Args:
        forest: not fitted yet; its depths are the ones answered for.
    """

    def __init__(self, forest: Forest) -> None:
        self.forest = forest
        self.depths = forest.depths

    def fit(self, X: NDArray[np.floating], y: NDArray[np.float64], weight: NDArray[np.float64]) -> Self:
        """Grow the forest on X (rows, predictors), y (rows,) with row weights."""
        self.forest.fit(X, y, weight)
        self._slopes = np.sort(np.argsort(-self.forest.importances(None), kind="stable")[:MOST_SLOPES])
        self._centre, scale = X.mean(axis=0), X.std(axis=0)
        self._scale = np.where(scale > 0, scale, 1.0)
        self._trained, self._y = self._standardised(X), y
        return self

    def forecast(self, X: NDArray[np.floating]) -> "LocalRegressions":
        """Regressions around X (rows, predictors), one a depth and row."""
        weights = self.forest.leaf_weights(X)
        return LocalRegressions(self.depths, weights, self._standardised(X), self._trained, self._y)

    def importances(self, depth: Depth) -> NDArray[np.float64]:
        """The forest's: mean decrease in impurity (predictors,), sums to 1 unless no tree splits."""
        return self.forest.importances(depth)

    def _standardised(self, X: NDArray[np.floating]) -> NDArray[np.float64]:
        """The predictors (rows, slopes) that get a slope, in standard deviations from the training rows' mean."""
        standard: NDArray[np.float64] = ((X - self._centre) / self._scale)[:, self._slopes]
        return standard


class LocalRegressions:
    """A weighted ridge regression for every depth and row.

    Args:
        depths: of the forest whose leaves weigh.
        weights: (depths, rows, training rows), each of sum 1.
        X: (rows, predictors), where predictions are wanted.
        trained: (training rows, predictors).
        y: (training rows,), the target.

    Attributes:
        predicted: (depths, rows), within the training values, as a forest's predictions are.
    """

    def __init__(
        self,
        depths: Sequence[Depth],
        weights: NDArray[np.float64],
        X: NDArray[np.float64],
        trained: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        self._depths, self._weights, self._trained, self._y = depths, weights, trained, y
        count = trained.shape[1]
        centre, mean = weights @ trained, weights @ y
        squares = (trained[:, :, None] * trained[:, None, :]).reshape(len(trained), -1)
        covariance = (weights @ squares).reshape(*centre.shape, count) - centre[..., :, None] * centre[..., None, :]
        with_target = weights @ (trained * y[:, None]) - centre * mean[..., None]
        self._slopes = np.linalg.solve(covariance + PENALTY * np.eye(count), with_target[..., None])[..., 0]
        self._start = mean - (centre * self._slopes).sum(axis=-1)
        self._unlimited = self._start + (X * self._slopes).sum(axis=-1)
        self.predicted = self._within(self._unlimited)

    def quantiles(self, depth: Depth, levels: Sequence[float]) -> NDArray[np.float64]:
        """Conditional quantiles (levels, rows): the prediction plus quantiles of its regression's residuals.

        Those of Meinshausen (2006), Quantile Regression Forests, JMLR 7, with the residuals from each row's own
        regression in place of the training values.
        """
        at = self._depths.index(depth)
        residual = self._y - self._start[at, :, None] - self._slopes[at] @ self._trained.T
        order = np.argsort(residual, axis=1, kind="stable")
        cumulated = np.cumsum(np.take_along_axis(self._weights[at], order, axis=1), axis=1)
        positions = np.stack([np.argmax(cumulated >= level * cumulated[:, -1:] - 1e-12, axis=1) for level in levels])
        offsets = np.take_along_axis(np.take_along_axis(residual, order, axis=1), positions.T, axis=1).T
        return self._within(self._unlimited[at] + offsets)

    def _within(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        within: NDArray[np.float64] = np.clip(values, self._y.min(), self._y.max())
        return within
