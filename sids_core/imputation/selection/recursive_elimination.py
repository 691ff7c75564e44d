"""Recursive feature elimination: drop the less important half and refit, until `n_predictors` are left.

Guyon et al. (2002), Gene selection for cancer classification using support vector machines, Machine Learning 46, also
halving; importances from extra trees, which spread their splits over more predictors than a random forest.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.forest import Forest
from sids_core.imputation.ensembles.trees import Growth

GROWTH = Growth(random_thresholds=True, max_features=1 / 3, min_samples_split=20)
"""Splitting smaller nodes adds little to an importance and takes most of the time (docs/performance.md)."""


class RecursiveElimination:
    """Keeps the `n_predictors` columns left after elimination by halves."""

    def __init__(self, n_predictors: int, *, n_estimators: int = 30) -> None:
        self.n_predictors = n_predictors
        self.n_estimators = n_estimators

    def select(
        self, X: NDArray[np.float64], y: NDArray[np.float64], sample_weight: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """Positions of the selected columns, most important first."""
        left = np.arange(X.shape[1])
        while True:
            forest = Forest(GROWTH, self.n_estimators, bootstrap=False, max_depths=(None,)).fit(
                X[:, left], y, sample_weight
            )
            left = left[np.argsort(-forest.importances(None), kind="stable")]
            if len(left) <= self.n_predictors:
                return left
            left = np.sort(left[: max(self.n_predictors, len(left) // 2)])
