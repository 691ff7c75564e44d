"""Error, coverage and width on SIDS figures that the imputation was not shown.

`python -m benchmarks.heldout [--targets 60] [--seed 1] [--plain 0] [SETTING …]`

NRMSE is the root mean squared error on the hidden figures over the standard deviation of the indicator in that year.
"OOF / real" is the reported out-of-fold error over SIDS through the error on the hidden ones.
"""

import argparse
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks import reference
from benchmarks.held_out_cells import HeldOut, held_out
from benchmarks.panel import real_panel
from benchmarks.speed import SAMPLE
from sids_core.imputation.problem import Problem, pose
from sids_core.imputation.schemas import PredictRequest
from sids_core.imputation.service import impute
from sids_core.imputation.thresholds import Thresholds

SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        f"{scheme} {model} {interval}": {"scheme": scheme, "model": model, "interval": interval}
        for scheme in ("AFS", "PCA")
        for model in ("rfr", "etr", "gbr", "all")
        for interval in ("quantile", "bootstrap")
    }
)


@dataclass(frozen=True)
class Score:
    """What one target tells: errors on its hidden figures, and whether their intervals held."""

    nrmse: float
    covered: Sequence[bool]
    width: float
    honesty: float
    seconds: float


def main() -> None:
    """Print a row a setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", type=int, default=0, help="targets to run the slow plain pipeline on")
    parser.add_argument("settings", nargs="*", default=list(SETTINGS), metavar="SETTING")
    arguments = parser.parse_args()
    targets = list(held_out(real_panel(), arguments.targets, arguments.seed))
    print(f"{len(targets)} targets, {sum(len(target.truth) for target in targets)} hidden figures")
    print(
        "| setting | NRMSE median | mean | coverage | width / deviation, median | OOF / real, median (quartiles) | s |"
    )
    print("|---|---|---|---|---|---|---|")
    _print("training mean", [_mean(target) for target in targets])
    for scheme in ("PCA", "AFS") if arguments.plain else ():
        _print(
            f"plain {scheme} rfr, per-tree quantiles", [_plain(target, scheme) for target in targets[: arguments.plain]]
        )
    for name in arguments.settings:
        _print(name, [ours(target, SETTINGS[name]) for target in targets])


def ours(target: HeldOut, options: Mapping[str, Any]) -> Score:
    """What the public entry point makes of a target."""
    request = _request(target, options)
    start = perf_counter()
    answer = impute(target.panel, request)
    seconds = perf_counter() - start
    keyed, year = answer.indicatorJson, str(target.year)
    low, high = keyed.lowerIntervals[year], keyed.upperIntervals[year]
    score = _score(target, keyed.data[year], low, high, seconds)
    reported = answer.diagnostics.out_of_fold.rmse_sids or np.nan
    return Score(score.nrmse, score.covered, score.width, reported / (score.nrmse * target.deviation), seconds)


def _plain(target: HeldOut, scheme: str) -> Score:
    problem = pose_target(target, scheme)
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = reference.impute(problem.X, problem.y, problem.is_sids, problem.X_missing, scheme=scheme)
    seconds = perf_counter() - start
    figures, low, high = (
        dict(zip(problem.missing, values.tolist(), strict=True))
        for values in (answer.predicted, answer.lower, answer.upper)
    )
    score = _score(target, figures, low, high, seconds)
    return Score(score.nrmse, score.covered, score.width, answer.rmse / (score.nrmse * target.deviation), seconds)


def _mean(target: HeldOut) -> Score:
    mean = float(pose_target(target, "AFS").y.mean())
    error = np.array([mean - value for value in target.truth.values()])
    return Score(float(np.sqrt(np.mean(error**2)) / target.deviation), [], np.nan, np.nan, 0.0)


def _request(target: HeldOut, options: Mapping[str, Any]) -> PredictRequest:
    return PredictRequest.model_validate(
        {**SAMPLE, "dataset": None, "target_year": target.year, "target": target.target, **options}
    )


def pose_target(target: HeldOut, scheme: str) -> Problem:
    """The arrays of a target."""
    return pose(target.panel, _request(target, {"scheme": scheme}), Thresholds())


def _score(
    target: HeldOut,
    figures: Mapping[str, float],
    low: Mapping[str, float],
    high: Mapping[str, float],
    seconds: float,
) -> Score:
    error = np.array([figures[code] - value for code, value in target.truth.items()])
    covered = [low[code] <= value <= high[code] for code, value in target.truth.items()]
    width = float(np.median([high[code] - low[code] for code in target.truth])) / target.deviation
    return Score(float(np.sqrt(np.mean(error**2)) / target.deviation), covered, width, np.nan, seconds)


def _print(name: str, scores: Sequence[Score]) -> None:
    error = np.array([score.nrmse for score in scores])
    covered = [held for score in scores for held in score.covered]
    row = [name, f"{np.median(error):.3f}", f"{error.mean():.3f}"]
    row += [f"{100 * np.mean(covered):.1f} %" if covered else ""]
    width, honesty = (
        [value for score in scores if np.isfinite(value := getattr(score, name))] for name in ("width", "honesty")
    )
    row += [f"{np.median(width):.2f}" if width else ""]
    low, middle, high = np.quantile(honesty, (0.25, 0.5, 0.75)) if honesty else (np.nan,) * 3
    row += [f"{middle:.2f} ({low:.2f} to {high:.2f})" if honesty else ""]
    row += [f"{np.median([score.seconds for score in scores]):.2f}"]
    print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
