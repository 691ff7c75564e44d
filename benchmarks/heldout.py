"""Error, coverage and width on held-out values of SIDS.

`python -m benchmarks.heldout [--targets 60] [--seed 1] [--plain 0] [SETTING …]`

NRMSE is the root mean squared error on the held-out values over the standard deviation of the indicator in that year.
"OOF / real" is the reported out-of-fold error over SIDS divided by the error on the held-out values.
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
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.impute import impute
from sids_core.imputation.training_data import TrainingData, make_training_data

SETTINGS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        f"{selection} {ensemble} {interval}": {"selection": selection, "ensemble": ensemble, "interval": interval}
        for selection in ("AFS", "PCA")
        for ensemble in ("rfr", "etr", "gbr", "all")
        for interval in ("quantile", "bootstrap")
    }
)


@dataclass(frozen=True)
class Score:
    """Error on the held-out values of one target, and their coverage."""

    nrmse: float
    covered: Sequence[bool]
    width: float
    honesty: float
    seconds: float


def main() -> None:
    """Print a row per setting."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", type=int, default=0, help="targets to run the slow plain pipeline on")
    parser.add_argument("settings", nargs="*", default=list(SETTINGS), metavar="SETTING")
    arguments = parser.parse_args()
    targets = list(held_out(real_panel(), arguments.targets, arguments.seed))
    print(f"{len(targets)} targets, {sum(len(target.truth) for target in targets)} held-out values")
    print(
        "| setting | NRMSE median | mean | coverage | width / deviation, median | OOF / real, median (quartiles) | s |"
    )
    print("|---|---|---|---|---|---|---|")
    _print("training mean", [_mean(target) for target in targets])
    for selection in ("PCA", "AFS") if arguments.plain else ():
        _print(
            f"plain {selection} rfr, per-tree quantiles",
            [_plain(target, selection) for target in targets[: arguments.plain]],
        )
    for name in arguments.settings:
        _print(name, [ours(target, SETTINGS[name]) for target in targets])


def ours(target: HeldOut, options: Mapping[str, Any]) -> Score:
    """Score of the library on a target."""
    start = perf_counter()
    result = impute(target.panel, target.target, target.year, **options)
    seconds = perf_counter() - start
    values, low, high = (
        dict(zip(result.countries, column.tolist(), strict=True))
        for column in (result.values, result.lower, result.upper)
    )
    score = _score(target, values, low, high, seconds)
    reported = result.out_of_fold.rmse_sids or np.nan
    return Score(score.nrmse, score.covered, score.width, reported / (score.nrmse * target.standard_deviation), seconds)


def _plain(target: HeldOut, selection: str) -> Score:
    data = training_data(target, selection)
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = reference.impute(data.X, data.y, data.is_sids, data.X_missing, selection=selection)
    seconds = perf_counter() - start
    values, low, high = (
        dict(zip(data.missing, column.tolist(), strict=True))
        for column in (answer.predicted, answer.lower, answer.upper)
    )
    score = _score(target, values, low, high, seconds)
    return Score(
        score.nrmse, score.covered, score.width, answer.rmse / (score.nrmse * target.standard_deviation), seconds
    )


def _mean(target: HeldOut) -> Score:
    mean = float(training_data(target).y.mean())
    error = np.array([mean - value for value in target.truth.values()])
    return Score(float(np.sqrt(np.mean(error**2)) / target.standard_deviation), [], np.nan, np.nan, 0.0)


def training_data(target: HeldOut, selection: str = "AFS") -> TrainingData:
    """The matrices of a target."""
    return make_training_data(target.panel, target.target, target.year, config=ImputationConfig(selection=selection))


def _score(
    target: HeldOut,
    values: Mapping[str, float],
    low: Mapping[str, float],
    high: Mapping[str, float],
    seconds: float,
) -> Score:
    error = np.array([values[code] - value for code, value in target.truth.items()])
    covered = [low[code] <= value <= high[code] for code, value in target.truth.items()]
    width = float(np.median([high[code] - low[code] for code in target.truth])) / target.standard_deviation
    return Score(float(np.sqrt(np.mean(error**2)) / target.standard_deviation), covered, width, np.nan, seconds)


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
