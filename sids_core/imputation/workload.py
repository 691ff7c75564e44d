"""How much work an imputation is, known before any of it is done."""

import numpy as np

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.problem import check_training
from sids_core.imputation.schemas import EstimateRequest
from sids_core.timing import Workload


def workload(catalogue: Catalogue, request: EstimateRequest, model: str) -> Workload:
    """Under the model's name: the options, and the size: rows, candidates, predictors, trees, folds.

    Raises:
        UnknownValueError: a year, dataset, target or predictor that the data does not have.
        RequestError: a target that cannot be imputed that year.
    """
    year = int(request.target_year)
    column = catalogue.check_target(year, request.dataset, request.target)
    figures = catalogue.panel.values[catalogue.panel.year_index(year), :, column]
    check_training(request, figures[np.isfinite(figures)], catalogue.thresholds)
    if request.scheme == "MANUAL":
        # Which ones may still be open while the time is asked for: there will be one at least.
        candidates = max(1, len(catalogue.check_predictors(year, request.target, request.manual_predictors)))
        predictors = candidates
    else:
        candidates = len(catalogue.predictors(year, request.dataset, request.target))
        predictors = request.number_predictor or candidates
    return Workload(
        model=model,
        options={
            "interpolator": request.interpolator,
            "scheme": request.scheme,
            "model": request.model,
            "interval": request.interval,
        },
        size={
            "rows": int(catalogue.observed(year)[column]),
            "candidates": candidates,
            "predictors": predictors,
            "trees": request.estimators,
            "folds": catalogue.thresholds.folds,
        },
    )
