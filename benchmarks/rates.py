"""Fits the rates of estimates (`RATES` of sids_service/estimates.py) to imputations on the real data.

`python -m benchmarks.rates [--runs 200] [--read FILE] [--record FILE]` runs imputations of all options and sizes in
sequence, or reads recorded ones (benchmarks/runs.jsonl), fits the rates to every second run, and prints them with their
errors on the others. Seconds are processor time, independent of other work on the machine; those of the stages on
two threads are divided by the speed-up of the second one.
"""

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict
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
from sids_core.imputation.impute import impute
from sids_core.panel.panel import Panel
from sids_core.stages import record
from sids_service.estimates import Rates, Workload, imputation_workload

RECORDED = Path(__file__).parent / "runs.jsonl"
SEED = 11
TREES = (10, 10, 20, 50, 50, 100, 100, 100, 100, 200, 200, 300, 1000)
SPEED_UP = 1.6
"""Approximate speed-up by a second thread; the rest is lost to the GIL."""

LEAST_SHARE = 1e-3
"""Smallest share of the seconds of the run in which an option's work is largest: keeps negligible rates above 0."""

Run = tuple[Workload, float]
"""A workload and its duration in seconds."""


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--read", type=Path, help="runs recorded before, one JSON object per line")
    parser.add_argument("--record", type=Path, help="where to write the runs")
    arguments = parser.parse_args()
    runs = read(arguments.read) if arguments.read else measure(real_panel(), arguments.runs)
    if arguments.record:
        lines = [json.dumps({**asdict(work), "seconds": round(seconds, 6)}) for work, seconds in runs]
        arguments.record.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    rates = fit(runs[::2])
    for part, found in rates.items():
        entries = ", ".join(f'"{option}": {seconds:.2g}' for option, seconds in found.items())
        print(f'"{part}": {{{entries}}},')
    errors = [abs(work.seconds(rates) / seconds - 1) for work, seconds in runs[1::2]]
    print(f"# the other {len(errors)}: median error {median(errors):.0%}, a tenth above {np.quantile(errors, 0.9):.0%}")


def read(path: Path = RECORDED) -> list[Run]:
    """Recorded runs, in the order drawn."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        seconds = float(values.pop("seconds"))
        found.append((Workload(**{**values, "ensembles": tuple(values["ensembles"])}), seconds))
    return found


def measure(panel: Panel, runs: int) -> list[Run]:
    """Run imputations with random options, targets and years."""
    chosen = random.Random(SEED)  # noqa: S311 (which requests to run)
    catalogue = Catalogue(panel, ImputationConfig())
    found: list[Run] = []
    while len(found) < runs:
        indicator, year, options = _draw(chosen, catalogue)
        try:
            with patch("sids_core.stages.perf_counter", process_time), record() as seconds:
                impute(panel, indicator, year, **options)
        except RequestError:  # an impossible target, such as a constant one
            continue
        del seconds["imports"]  # once per process
        for threaded in ("cross-fitting", "intervals"):
            seconds[threaded] /= SPEED_UP
        found.append((imputation_workload(panel, indicator, year, **options), sum(seconds.values())))
    return found


def _draw(chosen: random.Random, catalogue: Catalogue) -> tuple[str, int, dict[str, Any]]:
    year = chosen.choice([year for year in catalogue.years() if year >= 1995])
    dataset = chosen.choice(list(catalogue.datasets(year)))
    indicator = chosen.choice(list(catalogue.targets(year, dataset)))
    selection = chosen.choice(("MANUAL", "AFS", "PCA"))
    manual = list(catalogue.predictors(indicator, year, dataset))
    config = ImputationConfig(
        selection=selection,
        n_predictors=chosen.choice((5, 10, 20, 40)),
        base_imputer=chosen.choice(("KNNImputer", "SimpleImputer", "IterativeImputer")),
        ensemble=chosen.choice(("rfr", "gbr", "etr", "all")),
        interval=chosen.choice(("quantile", "bootstrap")),
        history=chosen.choice((True, True, False)),
        n_estimators=chosen.choice(TREES),
    )
    predictors = chosen.sample(manual, min(len(manual), chosen.choice((1, 3, 10, 30)))) if selection == "MANUAL" else ()
    return indicator, year, {"dataset": dataset, "predictors": predictors, "config": config}


def fit(runs: Sequence[Run]) -> Rates:
    """Fit positive rates that minimise the relative errors, robust to outliers."""
    from scipy.optimize import least_squares, nnls

    options = sorted({(part, option) for work, _ in runs for part, option, _ in work.amounts()})
    column = {option: index for index, option in enumerate(options)}
    relative = np.zeros((len(runs), len(options)))  # work of each option / seconds of the run
    for row, (work, seconds) in enumerate(runs):
        for part, option, amount in work.amounts():
            relative[row, column[part, option]] += amount / seconds
    scale = relative.max(axis=0)
    start = np.log(np.maximum(nnls(relative / scale, np.ones(len(runs)))[0], 2 * LEAST_SHARE))
    misfit = partial(_misfit, relative / scale)
    bounds = (np.log(LEAST_SHARE), np.inf)
    found = np.exp(least_squares(misfit, start, bounds=bounds, loss="soft_l1", f_scale=0.1).x) / scale
    rates: dict[str, dict[str, float]] = {}
    for (part, option), seconds in zip(options, found, strict=True):
        rates.setdefault(part, {})[option] = float(seconds)
    return rates


def _misfit(relative: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    misfit: NDArray[np.float64] = np.log(relative @ np.exp(x))
    return misfit


if __name__ == "__main__":
    main()
