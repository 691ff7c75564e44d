"""Seconds per request, and the speed-up over the plain pipeline of `reference.py` in the same run.

`python -m benchmarks.speed [--runs 5] [CASE …]`: 2001, `key-wdi-EG.ELC.ACCS.ZS`, 10 predictors, quantile intervals.
Both start from the panel in memory and end with predictions, bounds and error; neither caches results.
"""

import argparse
import warnings
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import reference
from benchmarks.panel import real_panel
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute
from sids_core.imputation.training_data import make_training_data
from sids_core.panel.panel import Panel

INDICATOR, YEAR = "key-wdi-EG.ELC.ACCS.ZS", 2001
PREDICTORS = ("wdi-AG.LND.AGRI.K2",)

SAMPLE: Mapping[str, Any] = {
    "target_year": str(YEAR),
    "target": INDICATOR,
    "dataset": "key",
    "interpolator": "KNNImputer",
    "scheme": "MANUAL",
    "manual_predictors": list(PREDICTORS),
    "number_predictor": 10,
    "estimators": 100,
    "model": "rfr",
    "interval": "quantile",
}
"""The same as a request, for the benchmarks over HTTP."""

CASES: Mapping[str, Mapping[str, Any]] = {
    "manual": {"selection": "MANUAL", "n_estimators": 10},
    "pca": {"selection": "PCA"},
    "afs": {"selection": "AFS"},
    "afs-1000": {"selection": "AFS", "n_estimators": 1000},
    "iterative": {"selection": "PCA", "base_imputer": "IterativeImputer"},
    "best-of-three": {"selection": "PCA", "ensemble": "all"},
}
REQUIRED: Mapping[str, tuple[float, float]] = {
    "manual": (10, 0.043),
    "pca": (5, 0.22),
    "afs": (40, 0.8),
    "afs-1000": (40, 1.5),
    "iterative": (40, 2.1),
    "best-of-three": (5, 0.71),
}
"""Least speed-up over the plain pipeline, and most seconds: 1.6 times those of 0.2.0, 0.8 for AFS."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE")
    arguments = parser.parse_args()
    panel = real_panel()
    print("| request | seconds | at most | plain pipeline | times faster | at least |")
    print("|---|---|---|---|---|---|")
    for name in arguments.cases:
        config = ImputationConfig(**{"ensemble": "rfr", **CASES[name]})
        _ours(panel, config)
        ours = median(_seconds(_ours, panel, config) for _ in range(arguments.runs))
        plain = _seconds(_plain, panel, config)
        ratio, limit = REQUIRED[name]
        print(f"| {name} | {ours:.3f} | {limit} | {plain:.1f} | {plain / ours:.0f} | {ratio} |", flush=True)


def _ours(panel: Panel, config: ImputationConfig) -> None:
    impute(panel, INDICATOR, YEAR, predictors=_predictors(config), config=config)


def _plain(panel: Panel, config: ImputationConfig) -> None:
    data = make_training_data(panel, INDICATOR, YEAR, predictors=_predictors(config), config=config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the iterative imputer's convergence warning
        reference.impute(
            data.X,
            data.y,
            data.is_sids,
            data.X_missing,
            base_imputer=config.base_imputer,
            selection=config.selection,
            ensemble=config.ensemble,
            n_estimators=config.n_estimators,
        )


def _predictors(config: ImputationConfig) -> tuple[str, ...]:
    return PREDICTORS if config.selection == "MANUAL" else ()


def _seconds(work: Callable[[Panel, ImputationConfig], None], panel: Panel, config: ImputationConfig) -> float:
    start = perf_counter()
    work(panel, config)
    return perf_counter() - start


if __name__ == "__main__":
    main()
