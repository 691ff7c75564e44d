"""How much work an imputation is, known before any of it is done."""

from collections.abc import Sequence

import numpy as np

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.training_data import check_target_values
from sids_core.panel.panel import Panel
from sids_core.timing import Workload


def workload(
    panel: Panel,
    indicator: str,
    year: int,
    *,
    model: str,
    dataset: str | None = None,
    predictors: Sequence[str] = (),
    config: ImputationConfig | None = None,
) -> Workload:
    """Under the model's name: the options, and the size: rows, candidates, predictors, trees, folds.

    Raises:
        UnknownValueError: a year, dataset, indicator or predictor that the data does not have.
        RequestError: an indicator that cannot be imputed that year.
    """
    config = config or ImputationConfig()
    catalogue = Catalogue(panel, config)
    column = catalogue.check_target(indicator, year, dataset)
    values = panel.values[panel.year_index(year), :, column]
    check_target_values(indicator, year, values[np.isfinite(values)], config.n_folds)
    if SELECTORS[config.selection].automatic:
        candidates = len(catalogue.predictors(indicator, year, dataset))
        n_predictors = config.n_predictors
    else:
        # Which ones may still be open while the time is asked for: there will be one at least.
        candidates = n_predictors = max(1, len(catalogue.check_predictors(indicator, year, predictors)))
    return Workload(
        model=model,
        options={
            "interpolator": config.base_imputer,
            "scheme": config.selection,
            "model": config.ensemble,
            "interval": config.interval,
        },
        size={
            "rows": int(catalogue.observed(year)[column]),
            "candidates": candidates,
            "predictors": n_predictors,
            "trees": config.n_estimators,
            "folds": config.n_folds,
        },
    )
