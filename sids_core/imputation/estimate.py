"""How long an imputation is expected to take: its parts, each at a rate measured on two cores.

The rates are medians that `python -m benchmarks.rates` prints on the real data.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.schemas import EstimateRequest

FIXED = 0.004
"""Seconds for the slice, the intervals and the report."""

BASE_IMPUTATION: Mapping[str, float] = MappingProxyType(
    {"SimpleImputer": 1e-8, "KNNImputer": 4e-7, "IterativeImputer": 5e-5}
)
"""Seconds per cell (training countries × candidates)."""

SELECTION: Mapping[str, float] = MappingProxyType({"MANUAL": 0.0, "PCA": 1e-7, "AFS": 2.5e-6})
"""Seconds per fit and cell (training countries × candidates)."""

TREE: Mapping[str, float] = MappingProxyType({"rfr": 2.5e-6, "gbr": 6e-6, "etr": 1.6e-6, "all": 1e-5})
"""Seconds per fit, tree and training country."""


def seconds(catalogue: Catalogue, request: EstimateRequest) -> float:
    """Expected seconds of the imputation.

    Raises:
        UnknownValueError: a year, dataset, target or predictor that the data does not have.
        RequestError: a target that cannot be imputed that year.
    """
    year = int(request.target_year)
    column = catalogue.check_target(year, request.dataset, request.target)
    countries = int(catalogue.observed(year)[column])
    if request.scheme == "MANUAL":
        candidates = len(catalogue.check_predictors(year, request.target, request.manual_predictors))
    else:
        candidates = len(catalogue.predictors(year, request.dataset, request.target))
    fits = catalogue.thresholds.folds + 1
    cells = countries * candidates
    return round(
        FIXED
        + BASE_IMPUTATION[request.interpolator] * cells
        + SELECTION[request.scheme] * cells * fits
        + TREE[request.model] * countries * request.estimators * fits,
        3,
    )
