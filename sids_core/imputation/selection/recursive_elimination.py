"""Recursive elimination: drop the less important half, learn again, until `count` are left.

Guyon et al. (2002), Gene selection for cancer classification using support vector machines, Machine Learning 46, who
halve as well; importances from extra trees, which share their splits among more predictors than a forest does.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.forest import Forest
from sids_core.imputation.ensembles.trees import Growth

GROWTH = Growth(random_thresholds=True, share=1 / 3, fewest_to_split=20)
"""Splits of smaller nodes add little to an importance and take most of the time (docs/performance.md)."""


class RecursiveElimination:
    """Keeps the `count` columns that survive elimination by halves."""

    def __init__(self, count: int, *, trees: int = 30) -> None:
        self.count = count
        self.trees = trees

    def select(self, X: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.intp]:
        """Positions of the chosen columns, most important first."""
        left = np.arange(X.shape[1])
        while True:
            forest = Forest(GROWTH, self.trees, bootstrap=False, depths=(None,)).fit(X[:, left], y, weight)
            left = left[np.argsort(-forest.importances(None), kind="stable")]
            if len(left) <= self.count:
                return left
            left = np.sort(left[: max(self.count, len(left) // 2)])
