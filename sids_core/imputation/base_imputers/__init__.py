"""Base imputers: they fill the gaps of the predictors without seeing the target.

To add one: a file with a class like those here, and an entry in `BASE_IMPUTERS`. This module imports no numerical
library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sids_core.registry import Entry, Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sids_core.imputation.config import ImputationConfig


class BaseImputer(Protocol):
    """Fitted on the training rows; fills any rows. A column needs at least one value in the training rows."""

    def fit(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> BaseImputer:
        """Train on float64 (rows, columns) with NaN where a value is missing, to fill all or some of the columns."""
        ...

    def transform(self, X: NDArray[np.float64], columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """A copy of X (rows, all columns), or of some of its columns, without NaN; observed values are unchanged."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImputerEntry(Entry):
    """A base imputer.

    Attributes:
        options: the fields of `ImputationConfig` that its factory takes, by name.
    """

    options: tuple[str, ...] = ()


BASE_IMPUTERS: Registry[BaseImputerEntry, Callable[..., BaseImputer]] = Registry(
    {
        "KNNImputer": BaseImputerEntry(
            label="k-nearest neighbours",
            factory="sids_core.imputation.base_imputers.nearest_neighbours:NearestNeighboursImputer",
            options=("n_neighbors",),
        ),
        "IterativeImputer": BaseImputerEntry(
            label="Iterative (extra trees)",
            factory="sids_core.imputation.base_imputers.iterative:IterativeImputer",
        ),
        "SimpleImputer": BaseImputerEntry(
            label="Mean",
            factory="sids_core.imputation.base_imputers.mean:MeanImputer",
        ),
    }
)


def make_base_imputer(config: ImputationConfig) -> BaseImputer:
    """The configured base imputer, not fitted yet."""
    options = BASE_IMPUTERS[config.base_imputer].options
    return BASE_IMPUTERS.load(config.base_imputer)(**{option: getattr(config, option) for option in options})
