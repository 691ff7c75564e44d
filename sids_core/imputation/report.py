"""The answer in both shapes of the contract."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core import __version__
from sids_core.imputation.cross_fitting import CrossFit
from sids_core.imputation.intervals import NOMINAL_COVERAGE
from sids_core.imputation.problem import Problem
from sids_core.imputation.schemas import (
    CategoryShares,
    Diagnostics,
    IndicatorJson,
    OutOfFold,
    Predictions,
    PredictRequest,
    PredictResponse,
    Table,
)
from sids_core.imputation.spread import standardised
from sids_core.panel.panel import SIDS, Panel

DECIMALS = 12
"""Derived figures are rounded to this: what is behind it differs between processors."""


@dataclass(frozen=True)
class Solution:
    """What was learnt and predicted.

    Attributes:
        fitted: the cross-fitted model.
        predictors: float64 (training countries, chosen predictors) without gaps.
        predicted: float64 (missing SIDS,).
        bounds: float64 (2, missing SIDS), lower and upper.
        covered: bool (training countries,), whether the out-of-fold interval held the target.
    """

    fitted: CrossFit
    predictors: NDArray[np.float64]
    predicted: NDArray[np.float64]
    bounds: NDArray[np.float64]
    covered: NDArray[np.bool_]


def report(panel: Panel, request: PredictRequest, problem: Problem, solution: Solution) -> PredictResponse:
    """Shape a solution for the clients."""
    year = request.target_year
    importances = _importances(solution.fitted)
    order = np.argsort(-importances, kind="stable")
    chosen = [problem.candidates[solution.fitted.full.columns[index]] for index in order]
    names = [indicator.code for indicator in chosen]
    shares = importances[order].tolist()
    categories: dict[str, float] = {}
    for indicator, share in zip(chosen, shares, strict=True):
        categories[indicator.category] = categories.get(indicator.category, 0.0) + share
    table = _correlation(names, solution.predictors[:, order])
    rmse, deviation = _errors(problem.y, solution.fitted.predicted)
    imputed = dict(zip(problem.missing, solution.predicted.tolist(), strict=True))
    lower, upper = (dict(zip(problem.missing, bound, strict=True)) for bound in solution.bounds.tolist())
    known = problem.observed | imputed
    return PredictResponse(
        indicatorJson=IndicatorJson(
            data={year: {code: known[code] for code in SIDS}},
            lowerIntervals={year: lower},
            upperIntervals={year: upper},
            featureImportances={year: dict(zip(names, shares, strict=True))},
            categoryImportances={year: categories},
            correlation={year: table},
            rmse={year: rmse},
            rmse_deviation={year: deviation},
        ),
        rmse=rmse,
        rmse_deviation=deviation,
        model_feature_names=names,
        model_feature_importance=shares,
        feature_importance_pie=CategoryShares(category=list(categories), value=list(categories.values())),
        correlation=table,
        prediction=Predictions(
            countries=list(imputed),
            prediction=list(imputed.values()),
            lower=list(lower.values()),
            upper=list(upper.values()),
        ),
        diagnostics=_diagnostics(panel, request, problem, solution),
    )


def _importances(fitted: CrossFit) -> NDArray[np.float64]:
    """Shares that sum to 1; equal ones where the ensemble found nothing to split."""
    importances = fitted.importances
    if importances.sum() == 0:
        return np.full(len(importances), 1 / len(importances))
    return np.round(importances, DECIMALS)


def _correlation(names: list[str], X: NDArray[np.float64]) -> Table:
    """Pearson's r of the filled predictors over the training countries; 0 where a predictor does not vary."""
    standard = standardised(X)
    matrix = np.clip(np.round(standard.T @ standard / len(X), DECIMALS) + 0.0, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return Table(index=names, columns=names, data=matrix.tolist())


def _errors(y: NDArray[np.float64], predicted: NDArray[np.float64]) -> tuple[float, float]:
    """Cross-validated root mean squared error and its relation to the target, both > 0.

    A model without error gets the smallest share of the target's range that a double can resolve, since the dashboard
    takes 0 for a failure.
    """
    spread = float(y.max() - y.min())
    resolution = np.finfo(float)
    rmse = max(_root_mean_square(y - predicted), spread * float(resolution.eps), float(resolution.tiny))
    mean = float(y.mean())
    deviation = rmse / mean if mean else np.inf
    return rmse, deviation if 0 < deviation <= 1 else rmse / spread


def _root_mean_square(error: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(error**2)))


def _diagnostics(panel: Panel, request: PredictRequest, problem: Problem, solution: Solution) -> Diagnostics:
    sids = problem.is_sids
    error = problem.y - solution.fitted.predicted
    return Diagnostics(
        dataset_version=panel.version,
        service_version=__version__,
        model=solution.fitted.configuration.ensemble,
        max_depth=solution.fitted.configuration.setting.depth,
        regression_in_leaves=solution.fitted.configuration.setting.regresses,
        trees=request.estimators,
        candidate_predictors=len(problem.candidates),
        training_countries=len(problem.y),
        training_sids=int(sids.sum()),
        nominal_coverage=NOMINAL_COVERAGE,
        out_of_fold=OutOfFold(
            rmse=_root_mean_square(error),
            rmse_sids=_root_mean_square(error[sids]) if sids.any() else None,
            coverage=float(solution.covered.mean()),
            coverage_sids=float(solution.covered[sids].mean()) if sids.any() else None,
        ),
        countries_without_predictors=[
            code for code, row in zip(problem.missing, problem.X_missing, strict=True) if np.isnan(row).all()
        ],
    )
