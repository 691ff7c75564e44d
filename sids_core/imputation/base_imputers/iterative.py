"""Round-robin regression: every column with gaps is predicted from its most correlated columns.

van Buuren and Groothuis-Oudshoorn (2011), mice, Journal of Statistical Software 45(3); with trees: Stekhoven and
Bühlmann (2012), MissForest, Bioinformatics 28(1). Rounds, trees and predictor columns are fixed in number, so that the
time is proportional to rounds × columns × trees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.base_imputers.mean import MeanImputer
from sids_core.imputation.ensembles.trees import Grower, Growth, float32
from sids_core.imputation.scaling import standardize

GROWTH = Growth(random_thresholds=True, min_samples_split=5)


@dataclass(frozen=True, slots=True)
class ColumnStep:
    """The trees that impute one column in one round."""

    column: int
    related: NDArray[np.intp]
    trees: Sequence[Any]

    def refill(self, filled: NDArray[np.float64], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """New values for the rows of `filled` (rows, columns) in which the column is missing."""
        X32 = float32(filled[np.ix_(missing[:, self.column], self.related)])
        mean: NDArray[np.float64] = np.mean([tree.predict(X32)[:, 0] for tree in self.trees], axis=0)
        return mean


class IterativeImputer:
    """Fills gaps with the predictions of a few extra trees, column by column, fewest gaps first.

    Args:
        max_iter: number of rounds; each imputes every column again.
        n_estimators: trees per column and round.
        n_nearest_features: number of most correlated columns that a column is predicted from.
    """

    def __init__(self, max_iter: int = 2, n_estimators: int = 5, n_nearest_features: int = 10) -> None:
        self.max_iter = max_iter
        self.n_estimators = n_estimators
        self.n_nearest_features = n_nearest_features

    def fit(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> Self:
        """Train on float64 (rows, columns); to fill some of the columns, in one round that leaves the others' means."""
        self.start_ = MeanImputer().fit(X)
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        related = _most_correlated(filled, self.n_nearest_features)
        gaps = missing.sum(axis=0)
        order = [column for column in np.argsort(gaps, kind="stable") if gaps[column] > 0]
        self.steps_: list[ColumnStep] = []
        for column in order * self.max_iter if columns is None else [each for each in order if each in columns]:
            rows = ~missing[:, column]
            grower = Grower(GROWTH, float32(filled[np.ix_(rows, related[column])]), random_state=len(self.steps_))
            y, sample_weight = X[rows, column], np.ones(rows.sum())
            step = ColumnStep(
                column, related[column], [grower.grow(y, sample_weight) for _ in range(self.n_estimators)]
            )
            filled[missing[:, column], column] = step.refill(filled, missing)
            self.steps_.append(step)
        return self

    def transform(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """A copy of X, or of some of its columns, with the gaps filled.

        Columns without a gap in the training rows get their mean.
        """
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        for step in self.steps_:
            if missing[:, step.column].any():
                filled[missing[:, step.column], step.column] = step.refill(filled, missing)
        return filled if columns is None else filled[:, columns]


def _most_correlated(X: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """For each column the `count` others with the largest absolute correlation, ascending by position."""
    standardized = standardize(X)
    correlation = np.round(np.abs(standardized.T @ standardized / len(X)), 12)
    np.fill_diagonal(correlation, -1.0)
    return np.sort(np.argsort(-correlation, axis=1, kind="stable")[:, : min(count, X.shape[1] - 1)], axis=1)
