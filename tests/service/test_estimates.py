"""Estimates, against recorded runs of all options and sizes that the rates were not fitted to."""

import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import pytest
from pydantic import BaseModel

from benchmarks.rates import Run as Recorded
from benchmarks.rates import fit, read
from sids_core.errors import RequestError
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.panel import SIDS, Indicator, Panel
from sids_core.stages import stage
from sids_service.estimates import RATES, RECENT, Estimates, Workload, imputation_workload
from sids_service.jobs.computation import Computation, Key
from sids_service.jobs.executor import Executor
from sids_service.jobs.store import open_store
from sids_service.settings import Settings

RECORDED = read()
FITTED, UNSEEN = RECORDED[::2], RECORDED[1::2]
KNOWN = 20
WORKLOAD = Workload(
    "KNNImputer", "AFS", ("etr",), rows=150, missing=20, candidates=400, predictors=10, trees=100, folds=5
)


def _errors(estimates: Estimates, runs: Sequence[Recorded]) -> list[float]:
    return [abs(estimates.seconds(work) / seconds - 1) for work, seconds in runs]


def _after(runs: Sequence[Recorded]) -> Estimates:
    estimates = Estimates()
    for work, seconds in runs:
        estimates.add(work, seconds)
    return estimates


def _elsewhere(factor: float, seed: int) -> list[Recorded]:
    """The unseen runs, shuffled, on a machine that takes `factor` times as long, give or take a tenth."""
    chosen = random.Random(seed)  # noqa: S311 (an order)
    shuffled = chosen.sample(UNSEEN, len(UNSEEN))
    return [(work, seconds * factor * chosen.lognormvariate(0, 0.1)) for work, seconds in shuffled]


def test_the_shipped_rates_are_those_of_the_recorded_runs() -> None:
    for part, found in fit(FITTED).items():
        assert RATES[part] == pytest.approx(found, rel=0.1)


def test_the_first_estimates_are_sensible_where_the_rates_were_measured() -> None:
    errors = _errors(Estimates(), UNSEEN)
    assert median(errors) < 0.25
    assert quantiles(errors, n=10)[-1] < 0.65


@pytest.mark.parametrize("factor", [0.4, 1.0, 2.5, 10.0])
@pytest.mark.parametrize("seed", range(5))
def test_after_twenty_runs_they_are_sensible_on_any_machine(factor: float, seed: int) -> None:
    runs = _elsewhere(factor, seed)
    errors = _errors(_after(runs[:KNOWN]), runs[KNOWN:])
    assert median(errors) < 0.4
    assert quantiles(errors, n=10)[-1] < 0.9


def test_without_runs_of_another_machine_its_estimates_are_bad() -> None:
    assert median(_errors(Estimates(), _elsewhere(2.5, 0))) > 0.5


def test_disturbed_runs_do_not_dominate() -> None:
    runs = _elsewhere(1.0, 0)
    disturbed = [(work, 1000.0) for work, _ in runs[:8]]
    assert median(_errors(_after([*disturbed, *runs[8:KNOWN]]), runs[KNOWN:])) < 0.5


def test_only_recent_runs_count() -> None:
    estimates = Estimates()
    first = estimates.seconds(WORKLOAD)
    for factor in (100.0, 3.0):
        for _ in range(RECENT):
            estimates.add(WORKLOAD, factor * WORKLOAD.seconds())
    assert estimates.seconds(WORKLOAD) == pytest.approx(3 * first, rel=0.01)


def test_many_threads_may_use_them() -> None:
    estimates = Estimates()

    def use(_: int) -> float:
        estimates.add(WORKLOAD, 2 * WORKLOAD.seconds())
        return estimates.seconds(WORKLOAD)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(use, range(2000)))
    assert max(found) == estimates.seconds(WORKLOAD) == pytest.approx(2 * WORKLOAD.seconds(), rel=0.01)


def test_more_work_takes_longer() -> None:
    for work, _ in RECORDED:
        assert replace(work, trees=2 * work.trees).seconds() > work.seconds()
        assert replace(work, rows=2 * work.rows).seconds() > work.seconds()
        assert replace(work, folds=2 * work.folds).seconds() > work.seconds()


@pytest.mark.parametrize("changes", [{"base_imputer": "new"}, {"selection": "new"}, {"ensembles": ("new",)}])
def test_an_option_without_a_rate_counts_as_the_median_of_its_kind(changes: dict[str, object]) -> None:
    seconds = replace(WORKLOAD, **changes).seconds()  # type: ignore[arg-type]
    ((name, value),) = changes.items()
    part = name.removesuffix("s")
    known = [(option,) if isinstance(value, tuple) else option for option in RATES[part]]
    assert seconds == median(replace(WORKLOAD, **{name: option}).seconds() for option in known)  # type: ignore[arg-type]


def test_the_best_of_several_ensembles_takes_as_long_as_all_of_them() -> None:
    alone = [replace(WORKLOAD, ensembles=(name,)).seconds() for name in ("etr", "gbr")]
    both = replace(WORKLOAD, ensembles=("etr", "gbr")).seconds()
    assert max(alone) < both < sum(alone)


CONFIG = ImputationConfig(base_imputer="SimpleImputer", n_predictors=2, n_estimators=10, ensemble="all")


def test_a_workload_is_known_from_look_ups() -> None:
    assert imputation_workload(_panel(), "d-1", 2001, config=CONFIG) == Workload(
        base_imputer="SimpleImputer",
        selection="AFS",
        ensembles=("rfr", "gbr", "etr"),
        rows=len(SIDS) - 1,
        missing=1,
        candidates=3,
        predictors=2,
        trees=10,
        folds=5,
    )
    manual = replace(CONFIG, selection="MANUAL", ensemble="rfr")
    chosen = imputation_workload(_panel(), "d-1", 2001, predictors=["d-0", "d-2"], config=manual)
    assert (chosen.candidates, chosen.predictors, chosen.ensembles) == (2, 2, ("rfr",))
    still_open = imputation_workload(_panel(), "d-1", 2001, config=manual)
    assert (still_open.candidates, still_open.predictors) == (1, 1)


def test_an_indicator_that_cannot_be_imputed_has_no_workload() -> None:
    with pytest.raises(RequestError, match="is 4 in every country with a value in 2001"):
        imputation_workload(_panel(), "d-0", 2001)
    with pytest.raises(RequestError, match="nothing to impute"):
        imputation_workload(_panel(), "d-2", 2001)


def _panel() -> Panel:
    """Of one year: `d-0` is constant, `d-0` and `d-1` miss one country each, `d-2` and `d-3` are complete."""
    cube = np.random.default_rng(0).normal(size=(1, len(SIDS), 4))
    cube[0, :, 0] = 4
    cube[0, 0, :2] = np.nan
    indicators = tuple(Indicator(f"d-{number}", "Indicator", "d", category="Category") for number in range(4))
    observed = np.isfinite(cube).sum(axis=1).astype(np.int32)
    return Panel("version", tuple(sorted(SIDS)), indicators, {"d": "Dataset"}, (2001,), cube, observed)


def test_a_computed_run_is_recorded_and_a_cached_one_is_not(tmp_path: Path) -> None:
    estimates = Recording()
    settings = Settings(jobs_path=tmp_path)
    executor = Executor.of(settings, open_store(settings), estimates)

    def compute() -> Result:
        with stage("imports"), stage("work"), stage("rest"):
            return Result()

    computation = Computation(
        Key("", "model", "request"),
        compute=compute,
        check=lambda: None,
        stages={"work": 0.9, "rest": 0.1},
        workload=lambda: WORKLOAD,
    )
    for _ in range(2):
        assert executor.submit(computation).result()[0] == b"{}"
    ((work, seconds),) = estimates.added
    assert work == WORKLOAD
    assert seconds > 0


class Result(BaseModel):
    pass


class Recording(Estimates):
    def __init__(self) -> None:
        super().__init__()
        self.added: list[Recorded] = []

    def add(self, workload: Workload, seconds: float) -> None:
        self.added.append((workload, seconds))


def test_an_estimate_imports_no_numerical_library() -> None:
    """It may be among the first requests of a process."""
    code = "import sys, sids_service.estimates; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "sids_service.estimates" in modules
    assert not {"numpy", "scipy", "sklearn", "pydantic"} & set(modules)
