"""Predictor selection: which few of the candidates the ensemble learns from.

To add one: a file with a class that has the method of `Selector`, and a line in `SELECTORS`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.selection.principal_components import PrincipalComponents
from sids_core.imputation.selection.recursive_elimination import RecursiveElimination


class Selector(Protocol):
    """Chooses columns from the rows it is shown and nothing else, so that it can be repeated inside each fold."""

    def select(self, X: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.intp]:
        """Positions of the chosen columns of X (rows, candidates), most telling first."""
        ...


SELECTORS: Mapping[str, Callable[[int], Selector]] = MappingProxyType(
    {"AFS": RecursiveElimination, "PCA": PrincipalComponents}
)
"""By scheme; MANUAL selects nothing, since its candidates are the predictors asked for."""
