"""Round-robin regression: every column with gaps is predicted from the columns it correlates with most.

van Buuren and Groothuis-Oudshoorn (2011), mice, Journal of Statistical Software 45(3); with trees: Stekhoven and
Bühlmann (2012), MissForest, Bioinformatics 28(1). Bounded: a fixed number of rounds, of trees and of columns to learn
from, so that the time is rounds × columns × trees whatever the data.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.base_imputers.mean import MeanImputer
from sids_core.imputation.ensembles.forest import Forest, extra_trees


class IterativeImputer:
    """Fills gaps with the predictions of small extra-trees forests, column by column, fewest gaps first."""

    def __init__(self, rounds: int = 2, trees: int = 10, nearest: int = 10, seed: int = 0) -> None:
        self.rounds = rounds
        self.trees = trees
        self.nearest = nearest
        self.seed = seed

    def fit(self, X: NDArray[np.float64]) -> Self:
        """Learn from float64 (rows, columns)."""
        self.start_ = MeanImputer().fit(X)
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        related = _most_correlated(filled, self.nearest)
        columns = np.argsort(missing.sum(axis=0), kind="stable")
        self.steps_: list[tuple[int, NDArray[np.intp], Forest]] = []
        for round_ in range(self.rounds):
            for column in columns[missing[:, columns].any(axis=0)]:
                rows = ~missing[:, column]
                forest = extra_trees(self.trees, depths=(None,), seed=self.seed + round_)
                forest.fit(filled[np.ix_(rows, related[column])], X[rows, column], np.ones(rows.sum()))
                self.steps_.append((int(column), related[column], forest))
                _refill(filled, missing, self.steps_[-1])
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """A copy of X with its gaps filled; columns without a gap in the training rows get their mean."""
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        for step in self.steps_:
            _refill(filled, missing, step)
        return filled


def _refill(
    filled: NDArray[np.float64], missing: NDArray[np.bool_], step: tuple[int, NDArray[np.intp], Forest]
) -> None:
    column, related, forest = step
    rows = missing[:, column]
    if rows.any():
        filled[rows, column] = forest.predict(filled[np.ix_(rows, related)])[0]


def _most_correlated(X: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """For each column the `count` others with the largest absolute correlation, ascending by position."""
    centred = X - X.mean(axis=0)
    scale = np.linalg.norm(centred, axis=0)
    standard = centred / np.where(scale > 0, scale, 1.0)
    correlation = np.round(np.abs(standard.T @ standard), 12)
    np.fill_diagonal(correlation, -1.0)
    return np.sort(np.argsort(-correlation, axis=1, kind="stable")[:, : min(count, X.shape[1] - 1)], axis=1)
