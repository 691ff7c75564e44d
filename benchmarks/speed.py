"""Seconds of one request, and how many times faster than the plain pipeline of `reference.py` in the same run.

`python -m benchmarks.speed [--runs 5] [CASE …]`: 2001, `key-wdi-EG.ELC.ACCS.ZS`, 10 predictors, quantile intervals.
Both sides start from the panel in memory and end with predictions, bounds and error; neither keeps results.
"""

import argparse
import warnings
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import reference
from benchmarks.panel import real_panel
from sids_core.imputation.problem import pose
from sids_core.imputation.schemas import PredictRequest
from sids_core.imputation.service import impute
from sids_core.imputation.thresholds import Thresholds
from sids_core.panel.panel import Panel

SAMPLE: Mapping[str, Any] = {
    "target_year": "2001",
    "target": "key-wdi-EG.ELC.ACCS.ZS",
    "dataset": "key",
    "interpolator": "KNNImputer",
    "scheme": "MANUAL",
    "manual_predictors": ["wdi-AG.LND.AGRI.K2"],
    "number_predictor": 10,
    "estimators": 100,
    "model": "rfr",
    "interval": "quantile",
}

CASES: Mapping[str, Mapping[str, Any]] = {
    "manual": {"estimators": 10},
    "pca": {"scheme": "PCA"},
    "afs": {"scheme": "AFS"},
    "afs-1000": {"scheme": "AFS", "estimators": 1000},
    "iterative": {"scheme": "PCA", "interpolator": "IterativeImputer"},
    "best-of-three": {"scheme": "PCA", "model": "all"},
}
REQUIRED: Mapping[str, tuple[float, float]] = {
    "manual": (10, 0.06),
    "pca": (5, 0.35),
    "afs": (40, 0.6),
    "afs-1000": (40, 3),
    "iterative": (40, 2.5),
    "best-of-three": (5, 0.9),
}


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
        request = PredictRequest.model_validate({**SAMPLE, **CASES[name]})
        impute(panel, request)
        ours = median(_seconds(impute, panel, request) for _ in range(arguments.runs))
        plain = _seconds(_plain, panel, request)
        ratio, limit = REQUIRED[name]
        print(f"| {name} | {ours:.3f} | {limit} | {plain:.1f} | {plain / ours:.0f} | {ratio} |", flush=True)


def _plain(panel: Panel, request: PredictRequest) -> reference.Answer:
    problem = pose(panel, request, Thresholds())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the iterative imputer says that it has not converged
        return reference.impute(
            problem.X,
            problem.y,
            problem.is_sids,
            problem.X_missing,
            interpolator=request.interpolator,
            scheme=request.scheme,
            model=request.model,
            trees=request.estimators,
        )


def _seconds(work: Callable[[Panel, PredictRequest], object], panel: Panel, request: PredictRequest) -> float:
    start = perf_counter()
    work(panel, request)
    return perf_counter() - start


if __name__ == "__main__":
    main()
