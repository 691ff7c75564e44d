"""Principal components: the indicators that stand for the components which matter for the target.

Jolliffe (1972), Discarding variables in a principal component analysis, JRSS C 21(2), keeps for each component the
variable that loads most on it. Components are taken by how much of the target they explain (Bair et al. 2006,
Prediction by supervised principal components, JASA 101): the largest ones describe the predictors, not the target.
"""

from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

SMALLEST_VARIANCE = 1e-9
"""Components with a smaller share of the largest one's variance are rounding errors."""


class PrincipalComponents:
    """Keeps one column for each of the `count` components that correlate most with the target.

    Where there are fewer components than that, each gives its next column in turn.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def select(self, X: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.intp]:
        """Positions of the chosen columns, the strongest component's first."""
        standard = _standardise(X)
        variance, scores = np.linalg.eigh(standard @ standard.T)
        scores = scores[:, variance > variance[-1] * SMALLEST_VARIANCE]
        loadings = scores.T @ standard
        outcome = (y - np.average(y, weights=weight)) * weight
        explained = np.round(np.abs(scores.T @ outcome), 12)
        strongest_first = np.argsort(-explained, kind="stable")
        chosen: list[int] = []
        for component in islice(cycle(strongest_first), self.count):
            loading = np.round(np.abs(loadings[component]), 12)
            loading[chosen] = -1.0
            chosen.append(int(np.argmax(loading)))
        return np.array(chosen, dtype=np.intp)


def _standardise(X: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = X - X.mean(axis=0)
    scale = centred.std(axis=0)
    standard: NDArray[np.float64] = centred / np.where(scale > 0, scale, 1.0)
    return standard
