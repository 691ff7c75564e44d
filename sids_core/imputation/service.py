"""Two-level imputation: fill the predictors, then learn the target from the few that matter."""

from collections.abc import Callable
from functools import partial

import numpy as np

from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.cross_fitting import cross_fit
from sids_core.imputation.ensembles import ENSEMBLES, Ensemble
from sids_core.imputation.folds import inverse_class_weights, stratified_folds
from sids_core.imputation.intervals import INTERVALS, NOMINAL_COVERAGE
from sids_core.imputation.intervals.coverage import cross_covered
from sids_core.imputation.physical_range import physical_range
from sids_core.imputation.problem import Problem, pose
from sids_core.imputation.report import Solution, report
from sids_core.imputation.schemas import PredictRequest, PredictResponse
from sids_core.imputation.selection import SELECTORS, Selector
from sids_core.imputation.thresholds import Thresholds
from sids_core.panel.panel import Panel
from sids_core.single_thread import use_one_thread
from sids_core.stages import stage


def impute(panel: Panel, request: PredictRequest, thresholds: Thresholds | None = None) -> PredictResponse:
    """Impute one indicator in one year for the SIDS that miss it.

    The same request on the same panel gives the same answer.

    Args:
        panel: the figures.
        request: what to impute, and how.
        thresholds: what may be missing, folds and neighbours; the defaults where left out.

    Returns:
        Imputed values with intervals of nominal 90 %, the predictors' importances, and the cross-validated error.

    Raises:
        UnknownValueError: a year, dataset, target or predictor that the data does not have.
        RequestError: a request that the data cannot serve; the message says why.
    """
    thresholds = thresholds or Thresholds()
    with stage("slice"):
        problem = pose(panel, request, thresholds)
    with stage("imports"):
        use_one_thread()
    return _solve(panel, request, thresholds, problem)


def _solve(panel: Panel, request: PredictRequest, thresholds: Thresholds, problem: Problem) -> PredictResponse:
    weight = inverse_class_weights(problem.is_sids)
    fold = stratified_folds(problem.is_sids, thresholds.folds)
    make_interval = partial(INTERVALS[request.interval], NOMINAL_COVERAGE)
    interval = make_interval()
    with stage("base imputation"):
        imputer = BASE_IMPUTERS[request.interpolator](thresholds).fit(problem.X)
        X, X_missing = imputer.transform(problem.X), imputer.transform(problem.X_missing)
    with stage("cross-fitting"):
        fitted = cross_fit(X, problem.y, weight, fold, _selector(request), _ensembles(request), interval.levels)
    with stage("intervals"):
        predicted, quantiles = fitted.predict(X_missing)
        interval.fit(problem.y, fitted.predicted, fitted.quantiles, weight)
        bounds = interval.bounds(predicted, quantiles)
        covered = cross_covered(make_interval, problem.y, fitted, weight, fold)
        possible = physical_range(problem.target, problem.y)
        predicted, bounds = np.clip(predicted, *possible), np.clip(bounds, *possible)
    with stage("report"):
        return report(panel, request, problem, Solution(fitted, X[:, fitted.full.columns], predicted, bounds, covered))


def _selector(request: PredictRequest) -> Selector | None:
    if request.number_predictor is None or request.scheme == "MANUAL":
        return None
    return SELECTORS[request.scheme](request.number_predictor)


def _ensembles(request: PredictRequest) -> dict[str, Callable[[], Ensemble]]:
    names = ENSEMBLES if request.model == "all" else (request.model,)
    return {name: partial(ENSEMBLES[name], request.estimators) for name in names}
