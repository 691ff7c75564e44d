"""The configuration of an imputation: parts, sizes and limits of missingness."""

import math
from dataclasses import dataclass
from numbers import Integral, Real

from sids_core.errors import RequestError
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import SELECTORS

MAX_N_PREDICTORS = 50
"""Largest number of predictors to select, and so of slopes of a regression inside the leaves."""

MAX_N_ESTIMATORS = 1000
"""Largest number of trees: the time grows with them, and the error stops falling long before."""

MOST_REDUCED_ESTIMATORS = 50
"""Most trees of the reduced model: with as many as the other one, large requests would take nearly twice as long."""

MOST_REDUCED_PREDICTORS = 7
"""Most predictors of the reduced model: none of its candidates is close to the target, and more of them add noise."""

FEWEST_VALUES = 8
"""Fewest values of a target; in a regional panel enough for a target or predictor."""


@dataclass(frozen=True, slots=True)
class ImputationConfig:
    """Configuration of an imputation; the defaults did best on held-out values (docs/performance.md).

    Attributes:
        base_imputer: fills the gaps of the predictors; a name in `BASE_IMPUTERS`.
        selection: how the predictors are selected; a name in `SELECTORS`. `MANUAL` uses the predictors given.
        n_predictors: number of predictors to select, 1 to 50; not used by `MANUAL`.
        ensemble: predicts the target; a name in `ENSEMBLES`, or `all` for the best of them.
        n_estimators: trees of each ensemble, 1 to 1000.
        interval: method of the 90 % prediction interval; a name in `INTERVALS`.
        n_folds: folds of the cross-validation, at least 2; fewer if a fold had less than two rows.
        n_neighbors: neighbours of the k-nearest-neighbours base imputer, at least 1.
        target_missing_percent: missingness over all countries below which (and above 0 %) an indicator is a target.
        predictor_missing_percent: missingness below which an indicator may be a predictor.
        history: whether a country's own values in other years are used, those of the target and of the predictors.

    Raises:
        UnknownValueError: a name is not in its registry.
        RequestError: a number is out of range.

    >>> ImputationConfig(ensemble="rfr", n_estimators=500).selection
    'AFS'
    >>> ImputationConfig(ensemble="svm")
    Traceback (most recent call last):
        ...
    sids_core.errors.UnknownValueError: ensemble 'svm' is unknown; allowed: rfr, gbr, etr, all
    """

    base_imputer: str = "KNNImputer"
    selection: str = "AFS"
    n_predictors: int = 10
    ensemble: str = "etr"
    n_estimators: int = 100
    interval: str = "quantile"
    n_folds: int = 5
    n_neighbors: int = 5
    target_missing_percent: float = 80
    predictor_missing_percent: float = 30
    history: bool = True

    def __post_init__(self) -> None:
        BASE_IMPUTERS.check(self.base_imputer, "base_imputer")
        SELECTORS.check(self.selection, "selection")
        ENSEMBLES.check(self.ensemble, "ensemble", ALL)
        INTERVALS.check(self.interval, "interval")
        _check_count("n_predictors", self.n_predictors, 1, MAX_N_PREDICTORS)
        _check_count("n_estimators", self.n_estimators, 1, MAX_N_ESTIMATORS)
        _check_count("n_folds", self.n_folds, 2)
        _check_count("n_neighbors", self.n_neighbors, 1)
        _check_percent("target_missing_percent", self.target_missing_percent)
        _check_percent("predictor_missing_percent", self.predictor_missing_percent)

    def target_sample_size(self, countries: int, *, regional: bool = False) -> int:
        """Smallest number of `countries` with a value for an indicator to be a target."""
        return FEWEST_VALUES if regional else fewest_observed(self.target_missing_percent, countries)

    def predictor_sample_size(self, countries: int, *, regional: bool = False) -> int:
        """Smallest number of `countries` with a value for an indicator to be a predictor."""
        return FEWEST_VALUES if regional else fewest_observed(self.predictor_missing_percent, countries)

    def folds_of(self, rows: int) -> int:
        """Number of folds for a number of rows: at least two rows each."""
        return max(2, min(self.n_folds, rows // 2))


def fewest_observed(missing_percent: float, rows: int) -> int:
    """Smallest number of observed rows with strictly less than `missing_percent` missing.

    >>> fewest_observed(80, 223)
    45
    """
    return rows - math.ceil(missing_percent * rows / 100) + 1


def _check_count(parameter: str, value: object, fewest: int, most: float = math.inf) -> None:
    if not isinstance(value, Integral) or not fewest <= int(value) <= most:
        allowed = f"{fewest} to {most}" if math.isfinite(most) else f"at least {fewest}"
        raise RequestError(
            f"{parameter} {value!r} is not a whole number, {allowed}", kind="out_of_range", parameter=parameter
        )


def _check_percent(parameter: str, value: object) -> None:
    if not isinstance(value, Real) or not 0 < float(value) <= 100:
        raise RequestError(
            f"{parameter} {value!r} is not above 0 and at most 100", kind="out_of_range", parameter=parameter
        )
