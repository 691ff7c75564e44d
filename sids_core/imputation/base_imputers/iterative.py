"""Round-robin regression: every column with gaps is predicted from the columns it correlates with most.

van Buuren and Groothuis-Oudshoorn (2011), mice, Journal of Statistical Software 45(3); with trees: Stekhoven and
Bühlmann (2012), MissForest, Bioinformatics 28(1). Bounded: a fixed number of rounds, of trees and of columns to learn
from, so that the time is rounds × columns × trees whatever the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.base_imputers.mean import MeanImputer
from sids_core.imputation.ensembles.trees import Grower, Growth, float32
from sids_core.imputation.spread import standardised

GROWTH = Growth(random_thresholds=True, fewest_to_split=5)


@dataclass(frozen=True, slots=True)
class Step:
    """How the gaps of one column are refilled in one round."""

    column: int
    related: NDArray[np.intp]
    trees: Sequence[Any]

    def refill(self, filled: NDArray[np.float64], missing: NDArray[np.bool_]) -> NDArray[np.float64]:
        """New values for the rows of `filled` (rows, columns) that miss the column."""
        X32 = float32(filled[np.ix_(missing[:, self.column], self.related)])
        mean: NDArray[np.float64] = np.mean([tree.predict(X32)[:, 0] for tree in self.trees], axis=0)
        return mean


class IterativeImputer:
    """Fills gaps with the predictions of a few extra trees, column by column, fewest gaps first.

    Args:
        rounds: how often every column is refilled.
        trees: grown for each column and round.
        nearest: how many columns, the most correlated ones, a column is learnt from.
    """

    def __init__(self, rounds: int = 2, trees: int = 5, nearest: int = 10) -> None:
        self.rounds = rounds
        self.trees = trees
        self.nearest = nearest

    def fit(self, X: NDArray[np.float64]) -> Self:
        """Learn from float64 (rows, columns)."""
        self.start_ = MeanImputer().fit(X)
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        related = _most_correlated(filled, self.nearest)
        gaps = missing.sum(axis=0)
        order = [column for column in np.argsort(gaps, kind="stable") if gaps[column] > 0]
        self.steps_: list[Step] = []
        for column in order * self.rounds:
            rows = ~missing[:, column]
            grower = Grower(GROWTH, float32(filled[np.ix_(rows, related[column])]), seed=len(self.steps_))
            y, even = X[rows, column], np.ones(rows.sum())
            step = Step(column, related[column], [grower.grow(y, even) for _ in range(self.trees)])
            filled[missing[:, column], column] = step.refill(filled, missing)
            self.steps_.append(step)
        return self

    def transform(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """A copy of X with its gaps filled; columns without a gap in the training rows get their mean."""
        filled = self.start_.transform(X)
        missing = np.isnan(X)
        for step in self.steps_:
            if missing[:, step.column].any():
                filled[missing[:, step.column], step.column] = step.refill(filled, missing)
        return filled


def _most_correlated(X: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """For each column the `count` others with the largest absolute correlation, ascending by position."""
    standard = standardised(X)
    correlation = np.round(np.abs(standard.T @ standard / len(X)), 12)
    np.fill_diagonal(correlation, -1.0)
    return np.sort(np.argsort(-correlation, axis=1, kind="stable")[:, : min(count, X.shape[1] - 1)], axis=1)
