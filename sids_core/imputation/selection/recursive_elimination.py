"""Recursive elimination: drop the less important half, learn again, until `count` are left.

Guyon et al. (2002), Gene selection for cancer classification using support vector machines, Machine Learning 46, who
halve as well; importances from extra trees, which share their splits among more predictors than a forest does.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.forest import extra_trees


class RecursiveElimination:
    """Keeps the `count` columns that survive elimination by halves."""

    def __init__(self, count: int, *, trees: int = 60, share: float = 1 / 3, seed: int = 0) -> None:
        self.count = count
        self.trees = trees
        self.share = share
        self.seed = seed

    def select(self, X: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.intp]:
        """Positions of the chosen columns, most important first."""
        left = np.arange(X.shape[1])
        while True:
            forest = extra_trees(self.trees, depths=(None,), seed=self.seed, max_features=self.share)
            importances = forest.fit(X[:, left], y, weight).importances(None)
            left = left[np.argsort(-importances, kind="stable")]
            if len(left) <= self.count:
                return left
            left = np.sort(left[: max(self.count, len(left) // 2)])
