"""The result of an imputation, with its error and coverage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cross_fitting import CrossFit
from sids_core.imputation.intervals import NOMINAL_COVERAGE
from sids_core.imputation.model_selection import Configuration
from sids_core.imputation.scaling import standardize
from sids_core.imputation.training_data import TrainingData
from sids_core.panel.panel import SIDS

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = 12
"""Decimals that derived values are rounded to, since the last bits differ between processors."""


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Out-of-fold error and coverage on the training countries.

    Attributes:
        rmse: root mean squared error, in the indicator's unit.
        rmse_sids: the same over SIDS only; None if no training country is one.
        coverage: share of the countries whose value lies in its interval.
        coverage_sids: the same over SIDS only.
    """

    rmse: float
    rmse_sids: float | None
    coverage: float
    coverage_sids: float | None


@dataclass(frozen=True, eq=False)
class ImputationResult:
    """An indicator in a year, observed or imputed for every SIDS. Values and errors are in the indicator's unit.

    Attributes:
        indicator: code of the indicator.
        year: the year.
        config: the configuration.
        dataset_version: version of the panel.
        countries: codes of the imputed SIDS, in the panel's order.
        values: float64 (countries,), the imputed values.
        lower: float64 (countries,), lower bound of the 90 % prediction interval, at most the value.
        upper: float64 (countries,), upper bound, at least the value.
        observed: code → value of the other SIDS.
        importances: code → importance of each predictor, descending; they sum to 1.
        category_importances: the same, summed by the predictors' category.
        correlation: float64 (predictors, predictors), Pearson's r over the training countries, in the order of
            `importances`; 0 where a predictor is constant.
        rmse: cross-validated root mean squared error, above 0.
        rmse_deviation: rmse / mean of the target, or rmse / (max − min) if that is not between 0 and 1.
        out_of_fold: error and coverage, over all training countries and over the SIDS among them.
        configuration: the ensemble and setting used.
        n_candidates: number of indicators the predictors were selected from.
        n_training: number of training countries.
        n_training_sids: number of SIDS among them.
        countries_without_predictors: imputed countries without a value of any candidate; all their predictors were
            filled by the base imputer.
        nominal_coverage: nominal coverage of the intervals.

    >>> import sids_core as sids
    >>> from sids_core.panel.demo import demo_panel
    >>> result = sids.impute(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 2001, n_predictors=5, n_estimators=20)
    >>> len(result.values) == len(result.countries) == 50 - len(result.observed)
    True
    >>> result.correlation.shape
    (5, 5)
    >>> 0 < result.rmse_deviation <= 1
    True
    """

    indicator: str
    year: int
    config: ImputationConfig
    dataset_version: str
    countries: tuple[str, ...]
    values: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    observed: Mapping[str, float]
    importances: Mapping[str, float]
    category_importances: Mapping[str, float]
    correlation: NDArray[np.float64]
    rmse: float
    rmse_deviation: float
    out_of_fold: OutOfFold
    configuration: Configuration
    n_candidates: int
    n_training: int
    n_training_sids: int
    countries_without_predictors: tuple[str, ...]
    nominal_coverage: float = NOMINAL_COVERAGE

    @property
    def predictors(self) -> tuple[str, ...]:
        """Codes of the predictors, the most important first."""
        return tuple(self.importances)

    @property
    def coverage(self) -> float:
        """Share of the training countries whose value lies in its out-of-fold interval."""
        return self.out_of_fold.coverage

    @property
    def coverage_sids(self) -> float | None:
        """The same over SIDS only; None if no training country is one."""
        return self.out_of_fold.coverage_sids

    @property
    def imputed(self) -> dict[str, float]:
        """Code → imputed value."""
        return dict(zip(self.countries, self.values.tolist(), strict=True))

    def to_frame(self) -> "pd.DataFrame":
        """The values of every SIDS as a table.

        Returns:
            A row for each of the 50 SIDS, ascending by code, without missing values: country, value, lower, upper (in
            the indicator's unit) and observed (bool). For an observed value lower = upper = value.
        """
        import pandas as pd

        codes = sorted(SIDS)
        values, lower, upper = (
            {**self.observed, **dict(zip(self.countries, column.tolist(), strict=True))}
            for column in (self.values, self.lower, self.upper)
        )
        return pd.DataFrame(
            {
                "country": codes,
                "value": [values[code] for code in codes],
                "lower": [lower[code] for code in codes],
                "upper": [upper[code] for code in codes],
                "observed": [code in self.observed for code in codes],
            }
        )


def make_result(
    dataset_version: str,
    config: ImputationConfig,
    data: TrainingData,
    fitted: CrossFit,
    X: NDArray[np.float64],
    values: NDArray[np.float64],
    bounds: NDArray[np.float64],
    covered: NDArray[np.bool_],
) -> ImputationResult:
    """Gather the result.

    Args:
        dataset_version: version of the panel.
        config: the configuration.
        data: the training data.
        fitted: the cross-fitted model.
        X: float64 (training countries, selected predictors) without gaps.
        values: float64 (missing SIDS,), the predictions.
        bounds: float64 (2, missing SIDS), lower and upper.
        covered: bool (training countries,), whether the target lies in its out-of-fold interval.
    """
    importances = _importances(fitted)
    order = np.argsort(-importances, kind="stable")
    predictors = [data.candidates[fitted.full.columns[index]] for index in order]
    shares = importances[order].tolist()
    categories: dict[str, float] = {}
    for predictor, share in zip(predictors, shares, strict=True):
        categories[predictor.category] = categories.get(predictor.category, 0.0) + share
    error = data.y - fitted.predicted
    rmse, deviation = _positive_error(error, data.y)
    return ImputationResult(
        indicator=data.target.code,
        year=data.year,
        config=config,
        dataset_version=dataset_version,
        countries=data.missing,
        values=values,
        lower=bounds[0],
        upper=bounds[1],
        observed=data.observed,
        importances=dict(zip((predictor.code for predictor in predictors), shares, strict=True)),
        category_importances=categories,
        correlation=_correlation(X[:, order]),
        rmse=rmse,
        rmse_deviation=deviation,
        out_of_fold=_out_of_fold(error, covered, data.is_sids),
        configuration=fitted.configuration,
        n_candidates=len(data.candidates),
        n_training=len(data.y),
        n_training_sids=int(data.is_sids.sum()),
        countries_without_predictors=tuple(
            code for code, row in zip(data.missing, data.X_missing, strict=True) if np.isnan(row).all()
        ),
    )


def _importances(fitted: CrossFit) -> NDArray[np.float64]:
    """Shares that sum to 1; equal ones if no tree splits."""
    importances = fitted.importances
    if importances.sum() == 0:
        return np.full(len(importances), 1 / len(importances))
    return np.round(importances, DECIMALS)


def _correlation(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r (columns, columns) of X (rows, columns); 0 where a column is constant."""
    standardized = standardize(X)
    matrix = np.clip(np.round(standardized.T @ standardized / len(X), DECIMALS) + 0.0, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _positive_error(error: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """RMSE and RMSE relative to the target, both above 0.

    A model without error gets the smallest share of the target's range that float64 resolves, since clients may read 0
    as a failure.
    """
    width = float(y.max() - y.min())
    resolution = np.finfo(float)
    rmse = max(_root_mean_square(error), width * float(resolution.eps), float(resolution.tiny))
    mean = float(y.mean())
    deviation = rmse / mean if mean else np.inf
    return rmse, deviation if 0 < deviation <= 1 else rmse / width


def _out_of_fold(error: NDArray[np.float64], covered: NDArray[np.bool_], is_sids: NDArray[np.bool_]) -> OutOfFold:
    any_sids = is_sids.any()
    return OutOfFold(
        rmse=_root_mean_square(error),
        rmse_sids=_root_mean_square(error[is_sids]) if any_sids else None,
        coverage=float(covered.mean()),
        coverage_sids=float(covered[is_sids].mean()) if any_sids else None,
    )


def _root_mean_square(error: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(error**2)))
