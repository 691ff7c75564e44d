"""Predictor selection: which of the candidates an ensemble is trained on.

To add one: a file with a class that has the method of `Selector`, and an entry in `SELECTORS`. This module imports no
numerical library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sids_core.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Selector(Protocol):
    """Selects columns from the given rows alone, so that it can be repeated inside each fold."""

    def select(
        self, X: NDArray[np.float64], y: NDArray[np.float64], sample_weight: NDArray[np.float64]
    ) -> NDArray[np.intp]:
        """Positions of the selected columns of X (rows, candidates), most important first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorEntry(Entry):
    """A way to select predictors; its factory takes `n_predictors`.

    Attributes:
        automatic: whether it selects among all candidates; otherwise the caller chooses the predictors.
    """

    automatic: bool = True


SELECTORS: Registry[SelectorEntry, Callable[[int], Selector]] = Registry(
    {
        "MANUAL": SelectorEntry(
            label="Manual",
            factory="sids_core.imputation.selection.manual:ManualSelection",
            automatic=False,
        ),
        "AFS": SelectorEntry(
            label="Automatic: recursive feature elimination",
            factory="sids_core.imputation.selection.recursive_elimination:RecursiveElimination",
        ),
        "PCA": SelectorEntry(
            label="Principal component analysis",
            factory="sids_core.imputation.selection.principal_components:PrincipalComponents",
        ),
    }
)

AUTOMATIC = tuple(name for name, entry in SELECTORS.items() if entry.automatic)
"""The selections that choose among all candidates themselves."""
