"""Mean imputation."""

from typing import Self

import numpy as np
from numpy.typing import NDArray


class MeanImputer:
    """Fills a column's gaps with the mean of its training values."""

    def fit(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> Self:  # noqa: ARG002 (the interface)
        """Compute the means of float64 (rows, columns)."""
        self.means_ = np.nanmean(X, axis=0)
        return self

    def transform(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """A copy of X, or of some of its columns, with the gaps filled."""
        filled = np.where(np.isnan(X), self.means_, X)
        return filled if columns is None else filled[:, columns]
