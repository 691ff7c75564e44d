"""The rates that estimates start from: seconds by stage of imputations on the real data, and what they come to.

`python -m benchmarks.rates [--runs 200] [--read FILE] [--record FILE]` runs imputations of all options and sizes one
after the other, or reads what was recorded, and prints the figures of `sids_core/imputation/rates.py`, fitted to every
second run, and how well they fit the others (tests/library/imputation/timings.jsonl). Seconds are processor time, which
other work on the machine does not add to; those of the cross-fitting, which has two threads, are divided by what the
second one gains.
"""

import argparse
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.panel import real_panel
from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cost import Terms, by_stage, terms
from sids_core.imputation.impute import impute
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.workload import workload
from sids_core.panel.panel import Panel
from sids_core.stages import record
from sids_core.timing import Timing

MODEL = "twolvlImp"
SEED = 11
SHORTEST = 1e-5
LEAST_SHARE = 0.01
"""A term that is never more than this of a stage's time is left out."""
TREES = (10, 10, 20, 50, 50, 100, 100, 100, 100, 200, 200, 300, 1000)
GAIN = 1.6
"""Of a second thread, roughly: the rest is where Python's threads exclude each other."""


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--read", type=Path, help="timings recorded before, one JSON a line")
    parser.add_argument("--record", type=Path, help="where to write the timings")
    arguments = parser.parse_args()
    if arguments.read:
        timings = [Timing.model_validate_json(line) for line in arguments.read.read_text().splitlines()]
    else:
        timings = measure(real_panel(), arguments.runs)
    if arguments.record:
        arguments.record.write_text("".join(f"{timing.model_dump_json()}\n" for timing in timings))
    rates = fit(timings[::2])
    for stage, found in rates.items():
        print(f'        "{stage}": {{')
        for term, seconds in found.items():
            print(f'            "{term}": {seconds:.2g},')
        print("        },")
    errors = [abs(sum(by_stage(t, rates).values()) / sum(t.seconds.values()) - 1) for t in timings[1::2]]
    print(f"# the other {len(errors)}: median error {median(errors):.0%}, a tenth above {np.quantile(errors, 0.9):.0%}")


def measure(panel: Panel, runs: int) -> list[Timing]:
    """Timings of imputations whose options, targets and years are drawn at random."""
    chosen = random.Random(SEED)  # noqa: S311 (which requests to run)
    catalogue = Catalogue(panel)
    timings: list[Timing] = []
    while len(timings) < runs:
        indicator, year, options = _draw(chosen, catalogue)
        try:
            with patch("sids_core.stages.perf_counter", process_time), record() as seconds:
                impute(panel, indicator, year, **options)
        except RequestError:  # a target that looked possible, such as a constant one
            continue
        del seconds["imports"]  # once a process
        seconds["cross-fitting"] /= GAIN
        timings.append(Timing.of(workload(panel, indicator, year, model=MODEL, **options), seconds))
    return timings


def _draw(chosen: random.Random, catalogue: Catalogue) -> tuple[str, int, dict[str, Any]]:
    year = chosen.choice([year for year in catalogue.years() if year >= 1995])
    dataset = chosen.choice(list(catalogue.datasets(year)))
    indicator = chosen.choice(list(catalogue.targets(year, dataset)))
    selection = chosen.choice(tuple(SELECTORS))
    candidates = list(catalogue.predictors(indicator, year))
    predictors = chosen.sample(candidates, min(len(candidates), chosen.choice((1, 3, 10, 30))))
    config = ImputationConfig(
        selection=selection,
        n_predictors=chosen.choice((5, 10, 20, 40)),
        base_imputer=chosen.choice(("KNNImputer", "SimpleImputer", "IterativeImputer")),
        ensemble=chosen.choice(("rfr", "gbr", "etr", "all")),
        interval=chosen.choice(("quantile", "bootstrap")),
        n_estimators=chosen.choice(TREES),
    )
    return indicator, year, {"predictors": () if SELECTORS[selection].automatic else predictors, "config": config}


def fit(timings: Sequence[Timing]) -> Terms:
    """Rates, all positive, that make the relative errors of each stage small; a disturbed run does not count much."""
    from scipy.optimize import least_squares, nnls

    rates: dict[str, dict[str, float]] = {}
    for stage in terms(timings[0]):
        amounts = [terms(timing)[stage] for timing in timings]
        names = sorted({name for found in amounts for name in found})
        seconds = np.array([max(timing.seconds[stage], SHORTEST) for timing in timings])
        matrix = np.array([[found.get(name, 0.0) for name in names] for found in amounts])
        scale = (matrix / seconds[:, None]).max(axis=0)
        start, _ = nnls(matrix / scale / seconds[:, None], np.ones(len(seconds)))

        misfit = partial(_misfit, matrix / scale, seconds)
        found = least_squares(misfit, np.log(np.maximum(start, 1e-3)), loss="soft_l1", f_scale=0.1).x
        rates[stage] = {
            name: float(np.exp(share) / unit)
            for name, share, unit in zip(names, found, scale, strict=True)
            if np.exp(share) > LEAST_SHARE
        }
    return rates


def _misfit(units: NDArray[np.float64], seconds: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    misfit: NDArray[np.float64] = np.log(units @ np.exp(x) / seconds)
    return misfit


if __name__ == "__main__":
    main()
