"""Expected duration of an imputation: fitted rates, corrected by the recent runs of this process.

It is the sum of work × rate over the base imputer, the predictor selection, the ensembles and the calibration under
gaps. On runs not used for fitting, the median error is 22 % and the 90th percentile 55 %: whether a reduced model is
needed is known only once the predictors are selected.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING

from sids_core.imputation.config import MOST_REDUCED_ESTIMATORS, ImputationConfig
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.selection import SELECTORS

if TYPE_CHECKING:  # imports NumPy
    from sids_core.panel.panel import Panel

RECENT = 100
"""Number of recent runs used: the machine's load may have changed since older ones."""

BINS = 3
"""Bins of missing importance that the countries to predict fall into, where there are as many."""

Rates = Mapping[str, Mapping[str, float]]
"""Seconds per unit of work, by part of the computation and option."""

RATES: Rates = MappingProxyType(
    {
        "base_imputer": {"IterativeImputer": 6e-06, "KNNImputer": 4.5e-07, "SimpleImputer": 5.7e-07},
        "ensemble": {"etr": 3.2e-08, "gbr": 2e-07, "rfr": 4.6e-08},
        "gaps": {"worn": 7.4e-06},
        "selection": {"AFS": 6.1e-07, "MANUAL": 2.8e-07, "PCA": 2.5e-10},
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
        missing: number of SIDS to predict.
        candidates: number of candidate predictors.
        predictors: number of predictors to select.
        trees: number of trees per ensemble.
        folds: number of cross-validation folds.
    """

    base_imputer: str
    selection: str
    ensembles: tuple[str, ...]
    rows: int
    missing: int
    candidates: int
    predictors: int
    trees: int
    folds: int

    def amounts(self) -> list[tuple[str, str, float]]:
        """Units of work as (part, option, amount); the constants are overheads per column, fit, tree row and row.

        A reduced model is assumed wherever there can be one; whether a country needs it is known only once predictors
        are selected. Filling along time and own history take too little to be counted.
        """
        fits = self.folds + 1
        tree = fits * self.rows * (self.predictors + 10)
        reduces = self.missing > 0 and self.candidates > self.predictors
        reduced = min(self.trees, MOST_REDUCED_ESTIMATORS) if reduces else 0
        fitted = float(tree * (self.trees + reduced))
        return [
            ("base_imputer", self.base_imputer, float(self.candidates * (self.rows + 500))),
            ("selection", self.selection, float(fits * (self.rows * self.candidates + 20_000))),
            *(("ensemble", name, fitted) for name in self.ensembles),
            ("gaps", "worn", float(fits * (self.rows + 100) * min(self.missing, BINS))),
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
    slice_ = panel.values[panel.year_index(year)]
    values = slice_[:, column]
    observed = values[np.isfinite(values)]
    check_target_values(indicator, year, observed)
    missing = panel.is_sids & np.isnan(values)
    if SELECTORS[config.selection].automatic:
        candidates, n_predictors = len(catalogue.predictors(indicator, year, dataset)), config.n_predictors
    else:
        candidates = n_predictors = max(1, len(catalogue.check_predictors(indicator, year, predictors)))
    return Workload(
        base_imputer=config.base_imputer,
        selection=config.selection,
        ensembles=tuple(ENSEMBLES) if config.ensemble == ALL else (config.ensemble,),
        rows=int(catalogue.observed(year)[column]),
        missing=int(missing.sum()),
        candidates=candidates,
        predictors=n_predictors,
        trees=config.n_estimators,
        folds=config.folds_of(len(observed)),
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
