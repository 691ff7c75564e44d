"""Principal components: one indicator for each component that explains the target.

Jolliffe (1972), Discarding variables in a principal component analysis, JRSS C 21(2), keeps for each component the
variable that loads most on it. Here components are ordered by how much of the target they explain, since the largest
describe the predictors (Bair et al. 2006, Prediction by supervised principal components, JASA 101), and each is
represented by the variable with the largest product of its loading and its correlation with the target.
"""

from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.scaling import standardize

SMALLEST_VARIANCE = 1e-9
"""Components with a smaller share of the largest one's variance are rounding errors."""

DECIMALS = 12
"""Decimals that comparisons are rounded to, since the last bits of a matrix product differ between processors."""


class PrincipalComponents:
    """Keeps one column for each of the `n_predictors` components that explain the target best.

    With fewer components, each contributes its next column in turn; without any, the first columns are kept.
    """

    def __init__(self, n_predictors: int) -> None:
        self.n_predictors = n_predictors

    def select(
        self, X: NDArray[np.float64], y: NDArray[np.float64], sample_weight: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """Positions of the selected columns, that of the best component first."""
        standardized = standardize(X)
        outcome = (y - np.average(y, weights=sample_weight)) * sample_weight
        scores = _scores(standardized)
        if not scores.shape[1]:  # no column varies in these rows, so that none is better than another
            return np.arange(self.n_predictors)
        explained = np.round(np.abs(scores.T @ outcome), DECIMALS)
        leading = scores[:, np.argsort(-explained, kind="stable")[: self.n_predictors]]
        relevance = np.abs((leading.T @ standardized) * (outcome @ standardized))
        relevance = np.round(relevance / relevance.max(initial=1.0), DECIMALS)
        chosen: list[int] = []
        for of_component in islice(cycle(relevance), self.n_predictors):
            left = of_component.copy()
            left[chosen] = -1.0
            chosen.append(int(np.argmax(left)))
        return np.array(chosen, dtype=np.intp)


def _scores(standardized: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores (rows, components) of the principal components of (rows, columns), of length 1, without rounding errors.

    From the products of rows or of columns, whichever are fewer.
    """
    rows, columns = standardized.shape
    few = standardized if rows <= columns else standardized.T
    variance, vectors = np.linalg.eigh(few @ few.T)
    kept = variance > variance[-1] * SMALLEST_VARIANCE
    if rows <= columns:
        return vectors[:, kept]
    scores: NDArray[np.float64] = standardized @ (vectors[:, kept] / np.sqrt(variance[kept]))
    return scores
