"""What fills the gaps of one column: two-level imputation, or, where that cannot be, one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.gap_filling.table import TableData
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.imputed_values import CROSS_SECTION, fit_models, impute_missing, predict_missing
from sids_core.imputation.intervals.calibration import cross_covered

Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class ConstantFill:
    """Fills every gap with the same value; without an interval, since nothing is known of its error.

    Attributes:
        value: the value.
        method: `median`, or `zero` for a column without values.
        n_training: number of values that it rests on.
    """

    value: float
    method: str
    n_training: int
    rmse: float = np.nan
    coverage: float = np.nan
    ensemble: str = ""
    importances: Mapping[str, float] = field(default_factory=dict)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value, for each row of X (rows, columns)."""
        return np.full(len(X), self.value)

    def predict_interval(self, X: NDArray[np.float64]) -> Bounds:
        """NaN for each row of X (rows, columns)."""
        return np.full(len(X), np.nan), np.full(len(X), np.nan)


@dataclass(frozen=True)
class ColumnModel:
    """The models of one column.

    Attributes:
        data: the training data.
        models: by method, the model on all predictors and, if rows of the table lack most of them, the reduced one.
        coverage: share of the training rows whose value lies in its out-of-fold interval.
        method: `model`.
    """

    data: TableData
    models: Mapping[str, CrossSection]
    coverage: float
    method: str = "model"

    @classmethod
    def fit(cls, data: TableData, config: ImputationConfig, n_jobs: int) -> Self:
        """Fit on the training rows of a column."""
        models = fit_models(data, config, n_jobs=n_jobs)
        section = models[CROSS_SECTION]
        fitted, weight = section.fitted, section.sample_weight
        covered = cross_covered(section.make_interval, data.y, fitted.predicted, fitted.quantiles, weight, section.fold)
        # Without the matrices that were made of the data for fitting, which are large and easily made again.
        bare = replace(data)
        models = {method: replace(each, data=bare) for method, each in models.items()}
        return cls(bare, models, float(covered.mean()))

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predictions (rows,) for X (rows, columns), NaN where missing; the column itself is not used."""
        return predict_missing(self._for_rows(X))

    def predict_interval(self, X: NDArray[np.float64]) -> Bounds:
        """Lower and upper bounds (rows,), calibrated on the training rows under the gaps of X (rows, columns)."""
        imputed, _ = impute_missing(self._for_rows(X))
        lower, upper = np.array([(value.lower, value.upper) for value in imputed.values()]).reshape(-1, 2).T
        return lower, upper

    def _for_rows(self, X: NDArray[np.float64]) -> dict[str, CrossSection]:
        data = self.data.for_rows(X)
        return {method: replace(section, data=data) for method, section in self.models.items()}

    @property
    def n_training(self) -> int:
        """Number of training rows."""
        return len(self.data.y)

    @property
    def rmse(self) -> float:
        """Out-of-fold root mean squared error, in the column's unit."""
        error = self.data.y - self.models[CROSS_SECTION].fitted.predicted
        return float(np.sqrt(np.mean(error**2)))

    @property
    def ensemble(self) -> str:
        """Name of the ensemble used."""
        return self.models[CROSS_SECTION].fitted.configuration.ensemble

    @property
    def importances(self) -> Mapping[str, float]:
        """Column name → importance of each predictor, descending; they sum to 1."""
        section = self.models[CROSS_SECTION]
        order = np.argsort(-section.importances, kind="stable")
        names = [self.data.candidates[column].code for column in section.fitted.full.columns]
        return {names[at]: float(section.importances[at]) for at in order}
