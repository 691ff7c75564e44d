"""What an imputation's time is made of: for each stage, terms that grow with the size, and their rates.

A term is named after the option that it belongs to, so that every option has rates of its own.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sids_core.imputation.config import MAX_N_PREDICTORS
from sids_core.timing import Workload

Terms = Mapping[str, Mapping[str, float]]
"""By stage and term: amounts of work, or seconds for one unit of it."""


def terms(work: Workload) -> Terms:
    """How much of each term the work has."""
    rows, candidates, trees = (float(work.size[name]) for name in ("rows", "candidates", "trees"))
    predictors, fits = float(work.size["predictors"]), work.size["folds"] + 1.0
    imputer, scheme, model, interval = (work.options[name] for name in ("interpolator", "scheme", "model", "interval"))
    forests = {"gbr": 0.0, "all": 2.0}.get(model, 1.0)
    return {
        "base imputation": {
            imputer: rows * candidates,
            f"{imputer}, a row": rows,
            f"{imputer}, a column": candidates,
        },
        "cross-fitting": {
            scheme: fits * rows * candidates,
            f"{scheme}, a fit": fits,
            f"{model}, a tree": fits * trees,
            f"{model}, a row": fits * trees * rows,
            f"{model}, a cell": fits * trees * rows * predictors,
            f"{model}, {interval}": trees * rows * rows,
            "slopes": forests * rows * rows * min(predictors, MAX_N_PREDICTORS) ** 2,
        },
        "intervals": {f"{model}, {interval}": trees * rows, f"{model}, {interval}, a tree": trees, interval: rows},
        "slice": {"once": 1.0, "cell": rows * candidates},
        "report": {"once": 1.0, "predictor": predictors * predictors},
    }


def by_stage(work: Workload, rates: Terms) -> Mapping[str, float]:
    """Expected seconds of each stage."""
    return MappingProxyType(
        {
            stage: sum(rates[stage].get(term, 0.0) * amount for term, amount in amounts.items())
            for stage, amounts in terms(work).items()
        }
    )
