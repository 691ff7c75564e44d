"""Estimates, held against timings of real runs (`python -m benchmarks.rates`) that the shipped rates have not seen."""

import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import pytest

from sids_core.imputation.estimate import Factors, learn, seconds
from sids_core.timing import Timing

ENOUGH = 20
RECORDED = tuple(
    Timing.model_validate_json(line)
    for line in (Path(__file__).parent / "timings.jsonl").read_text(encoding="utf-8").splitlines()
)


def _elsewhere(factors: Mapping[str, float], seed: int) -> list[Timing]:
    """The recorded runs, shuffled, on hardware where stages take so many times longer, give or take a tenth."""
    chosen = random.Random(seed)  # noqa: S311 (an order)
    runs = []
    for timing in chosen.sample(RECORDED, len(RECORDED)):
        times = {
            stage: value * factors[stage] * chosen.lognormvariate(0, 0.1) for stage, value in timing.seconds.items()
        }
        runs.append(timing.model_copy(update={"seconds": times}))
    return runs


def _median_error(factors: Factors, runs: Sequence[Timing]) -> float:
    return median(abs(seconds(run, factors) / sum(run.seconds.values()) - 1) for run in runs)


def test_the_first_estimate_is_sensible_where_the_rates_were_measured() -> None:
    assert _median_error(learn(()), RECORDED) < 0.25


@pytest.mark.parametrize(
    "factors",
    [
        {"slice": 1, "base imputation": 1, "cross-fitting": 1, "intervals": 1, "report": 1},
        {"slice": 3, "base imputation": 6, "cross-fitting": 2, "intervals": 4, "report": 3},
        {"slice": 0.5, "base imputation": 0.8, "cross-fitting": 0.3, "intervals": 0.6, "report": 0.5},
        {"slice": 10, "base imputation": 1, "cross-fitting": 5, "intervals": 0.5, "report": 1},
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_after_twenty_runs_elsewhere_the_median_error_is_below_thirty_percent(
    factors: dict[str, float], seed: int
) -> None:
    runs = _elsewhere(factors, seed)
    learnt, rest = learn(runs[:ENOUGH]), runs[ENOUGH:]
    assert _median_error(learnt, rest) < 0.3


def test_without_learning_other_hardware_is_estimated_badly() -> None:
    runs = _elsewhere(dict.fromkeys(RECORDED[0].seconds, 3.0), 0)
    assert _median_error(learn(()), runs) > 0.5


def test_a_disturbed_run_does_not_count() -> None:
    runs = _elsewhere(dict.fromkeys(RECORDED[0].seconds, 1.0), 0)
    disturbed = runs[0].model_copy(update={"seconds": dict.fromkeys(runs[0].seconds, 1000.0)})
    assert _median_error(learn([*runs[1:ENOUGH], disturbed]), runs[ENOUGH:]) < 0.3


def test_more_work_takes_longer() -> None:
    for run in RECORDED:
        more = run.model_copy(update={"size": {**run.size, "trees": 2 * run.size["trees"]}})
        assert seconds(more, learn(())) > seconds(run, learn(()))


def test_an_estimate_imports_no_ensemble() -> None:
    """A request does it first; two threads that import a package, one by its parts, may wait for each other."""
    code = "import sys, sids_core.imputation.estimate, sids_core.imputation.workload; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "sids_core.imputation.cost" in modules
    assert not [name for name in modules if name.startswith(("sids_core.imputation.ensembles.", "sklearn", "scipy"))]
