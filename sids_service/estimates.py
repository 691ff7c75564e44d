"""Expected duration of an imputation: fitted rates, corrected by the recent runs of this process.

It is the sum of work × rate over the base imputer, the predictor selection and the ensembles. On runs not used for
fitting, the median error is 13 % and the 90th percentile 48 %. Separately corrected rates for every stage, option and
interval reach 12 % and 33 %, a median for each combination of options 43 % and 109 %.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.selection import SELECTORS

if TYPE_CHECKING:  # imports NumPy
    from sids_core.panel.panel import Panel

RECENT = 100
"""Number of recent runs used: the machine's load may have changed since older ones."""

Rates = Mapping[str, Mapping[str, float]]
"""Seconds per unit of work, by part of the computation and option."""

RATES: Rates = MappingProxyType(
    {
        "base_imputer": {"IterativeImputer": 4.6e-06, "KNNImputer": 9.3e-08, "SimpleImputer": 9.1e-11},
        "ensemble": {"etr": 2.7e-08, "gbr": 1.6e-07, "rfr": 3.2e-08},
        "selection": {"AFS": 5.8e-07, "MANUAL": 1.2e-07, "PCA": 6.4e-08},
    }
)
"""Processor time on the real data, as `python -m benchmarks.rates --read benchmarks/runs.jsonl` prints them."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Options and size of an imputation, known before it is computed.

    Attributes:
        base_imputer: name of the base imputer.
        selection: name of the predictor selection.
        ensembles: names of the ensembles that are trained, several where the best one is chosen.
        rows: number of training countries.
        candidates: number of candidate predictors.
        predictors: number of predictors to select.
        trees: number of trees per ensemble.
        folds: number of cross-validation folds.
    """

    base_imputer: str
    selection: str
    ensembles: tuple[str, ...]
    rows: int
    candidates: int
    predictors: int
    trees: int
    folds: int

    def amounts(self) -> list[tuple[str, str, float]]:
        """Units of work as (part, option, amount); the constants are overheads per column, fit and tree row."""
        fits = self.folds + 1
        fitted = float(fits * self.trees * self.rows * (self.predictors + 10))
        return [
            ("base_imputer", self.base_imputer, float(self.candidates * (self.rows + 500))),
            ("selection", self.selection, float(fits * (self.rows * self.candidates + 20_000))),
            *(("ensemble", name, fitted) for name in self.ensembles),
        ]

    def seconds(self, rates: Rates = RATES) -> float:
        """Expected seconds by the rates alone; an option without a rate gets the median rate of its part."""
        return sum(
            rates[part].get(option, median(rates[part].values())) * amount for part, option, amount in self.amounts()
        )


def imputation_workload(
    panel: "Panel",
    indicator: str,
    year: int,
    *,
    dataset: str | None = None,
    predictors: Sequence[str] = (),
    config: ImputationConfig | None = None,
) -> Workload:
    """Options and size of an imputation, by look-ups only; the arguments are those of `impute`.

    Without manual predictors yet, one is assumed.

    Raises:
        UnknownValueError: a year, dataset, indicator or predictor is unknown.
        RequestError: the indicator cannot be imputed that year.
    """
    import numpy as np

    from sids_core.imputation.catalogue import Catalogue
    from sids_core.imputation.training_data import check_target_values

    config = config or ImputationConfig()
    catalogue = Catalogue(panel, config)
    column = catalogue.check_target(indicator, year, dataset)
    values = panel.values[panel.year_index(year), :, column]
    check_target_values(indicator, year, values[np.isfinite(values)], config.n_folds)
    if SELECTORS[config.selection].automatic:
        candidates, n_predictors = len(catalogue.predictors(indicator, year, dataset)), config.n_predictors
    else:
        candidates = n_predictors = max(1, len(catalogue.check_predictors(indicator, year, predictors)))
    return Workload(
        base_imputer=config.base_imputer,
        selection=config.selection,
        ensembles=tuple(ENSEMBLES) if config.ensemble == ALL else (config.ensemble,),
        rows=int(catalogue.observed(year)[column]),
        candidates=candidates,
        predictors=n_predictors,
        trees=config.n_estimators,
        folds=config.n_folds,
    )


class Estimates:
    """Expected seconds; shared by the threads of a process, not stored."""

    def __init__(self) -> None:
        # The rates count as one run, so that a single outlier does not decide.
        self._ratios: deque[float] = deque([1.0], maxlen=RECENT)
        self._lock = Lock()

    def add(self, workload: Workload, seconds: float) -> None:
        """Record the duration of a run."""
        with self._lock:
            self._ratios.append(seconds / workload.seconds())

    def seconds(self, workload: Workload) -> float:
        """Expected seconds: by the rates, times the median ratio of measured to expected seconds of recent runs."""
        with self._lock:
            factor = median(self._ratios)
        return round(workload.seconds() * factor, 3)
