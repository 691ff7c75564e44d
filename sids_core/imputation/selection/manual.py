"""Manual selection: all predictors chosen by the caller are used."""

import numpy as np
from numpy.typing import NDArray


class ManualSelection:
    """Keeps every column.

    Args:
        n_predictors: not used.

    >>> ManualSelection(10).select(np.zeros((5, 3)), np.zeros(5), np.ones(5))
    array([0, 1, 2])
    """

    def __init__(self, n_predictors: int) -> None:
        self.n_predictors = n_predictors

    def select(
        self,
        X: NDArray[np.float64],
        y: NDArray[np.float64],  # noqa: ARG002 (the interface)
        sample_weight: NDArray[np.float64],  # noqa: ARG002 (the interface)
    ) -> NDArray[np.intp]:
        """Positions of all columns of X (rows, candidates)."""
        return np.arange(X.shape[1])
