"""Countries that miss the target and its relatives alike: coverage, reported error and warnings."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import sids_core as sids
from sids_core.imputation.config import MOST_REDUCED_PREDICTORS, ImputationConfig
from sids_core.imputation.ensembles import ENSEMBLES
from sids_core.imputation.impute import impute
from sids_core.imputation.imputed_values import fit_models
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.result import ImputationResult
from sids_core.imputation.training_data import make_training_data
from sids_core.panel.panel import Panel

MakePanel = Callable[[NDArray[np.float64]], Panel]
Impute = Callable[..., ImputationResult]

SEEDS = range(10)
SIDS_WITHOUT = 8
RELATIVES = slice(1, 5)


def planted(make_panel: MakePanel, seed: int, *, weak: bool = False) -> tuple[Panel, dict[str, float]]:
    """Eight SIDS miss the target (0), a copy of it (1) and its relatives (2 to 4); with `weak`, 5 is related a bit."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(128, 16))
    values[:, 0] = 50 + 10 * random.normal(size=128)
    values[:, RELATIVES] = values[:, [0]] + random.normal(scale=[1e-3, 1, 1, 1], size=(128, 4))
    if weak:
        values[:, 5] = values[:, 0] + 8 * random.normal(size=128)
    panel = make_panel(values)
    rows = random.choice(np.flatnonzero(panel.is_sids), SIDS_WITHOUT, replace=False)
    truth = {panel.countries[row]: float(values[row, 0]) for row in rows}
    values[rows, 0] = np.nan
    values[rows, RELATIVES] = np.nan
    return make_panel(values), truth


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_intervals_cover_countries_that_miss_every_relative(
    make_panel: MakePanel, impute_target: Impute, ensemble: str, interval: str
) -> None:
    covered: list[bool] = []
    reported: list[float] = []
    errors: list[float] = []
    for seed in SEEDS:
        panel, truth = planted(make_panel, seed)
        result = impute_target(panel, ensemble=ensemble, interval=interval)
        lower, upper = (dict(zip(result.countries, bound, strict=True)) for bound in (result.lower, result.upper))
        covered += [bool(lower[code] <= value <= upper[code]) for code, value in truth.items()]
        errors += [result.imputed[code] - value for code, value in truth.items()]
        reported.append(result.out_of_fold.rmse_sids or np.nan)
        assert set(result.unreliable) == set(truth)
    assert len(covered) == SIDS_WITHOUT * len(SEEDS)
    assert 0.82 < np.mean(covered) <= 0.98
    real = np.sqrt(np.mean(np.square(errors)))
    assert 0.75 < np.median(reported) / real < 1.35


def test_the_shared_panel_of_this_kind(cases: Path) -> None:
    result = impute(sids.open_panel(cases / "missing-pattern" / "data"), "d-target", 2001)
    assert len(result.countries) == SIDS_WITHOUT
    assert result.unreliable == result.countries
    assert result.near_duplicates == ("d-copy",)
    assert result.countries_without_predictors == ()
    assert (result.out_of_fold.rmse_sids or 0) > 8


def test_such_countries_are_predicted_from_what_they_have(make_panel: MakePanel, impute_target: Impute) -> None:
    improved = []
    for seed in SEEDS:
        panel, truth = planted(make_panel, seed, weak=True)
        result = impute_target(panel)
        assert set(result.method.values()) == {"reduced"}
        assert set(result.predictors) <= {"d-1", "d-2", "d-3", "d-4"}
        target = np.array(list(truth.values()))
        imputed = np.array([result.imputed[code] for code in truth])
        improved.append(np.mean((imputed - target) ** 2) / np.mean((50 - target) ** 2))
    assert np.mean(improved) < 0.75


def test_the_models_of_all_folds_together_err_less_than_the_one_on_all_countries(make_panel: MakePanel) -> None:
    config = ImputationConfig(n_estimators=20)
    together: list[float] = []
    alone: list[float] = []
    for seed in SEEDS:
        panel, truth = planted(make_panel, seed, weak=True)
        data = make_training_data(panel, "d-0", 2001, config=config)
        reduced = fit_models(data, config)["reduced"]
        assert {len(codes) for codes in reduced.selected} == {MOST_REDUCED_PREDICTORS}
        target = np.array([truth[code] for code in data.missing])
        for errors, model in ((together, reduced), (alone, replace(reduced, aggregated=False))):
            errors.append(float(np.mean((model.predict(data.X_missing)[0] - target) ** 2)))
    assert np.mean(together) < 0.95 * np.mean(alone)


def test_chosen_predictors_are_not_replaced(make_panel: MakePanel, impute_target: Impute) -> None:
    panel, truth = planted(make_panel, 0)
    result = impute_target(panel, selection="MANUAL", predictors=("d-2", "d-3"))
    assert set(result.method.values()) == {"cross-section"}
    assert result.countries_without_predictors == tuple(sorted(truth))
    assert set(result.evidence.values()) == {0.0}
    assert result.unreliable == result.countries


def test_coverage_is_reported_by_share_of_missing_importance(make_panel: MakePanel, impute_target: Impute) -> None:
    panel, truth = planted(make_panel, 1)
    values = panel.values[0].copy()
    easy = np.flatnonzero(panel.is_sids & np.isfinite(values[:, 0]))[:6]
    values[easy, 0] = np.nan
    result = impute_target(make_panel(values))
    by_method = {gap.method: gap for gap in result.gap_coverage}
    assert set(by_method) == {"cross-section", "reduced"}
    assert set(by_method["reduced"].countries) == set(truth)
    assert by_method["cross-section"].countries == tuple(panel.countries[row] for row in easy)
    assert by_method["cross-section"].missing_share == (0.0, 0.1)
    for gap in result.gap_coverage:
        assert 0.8 < gap.coverage <= 1
        assert 0.7 < (gap.coverage_sids or 0) <= 1
    hard, easy_one = by_method["reduced"].countries[0], by_method["cross-section"].countries[0]
    assert result.expected_error[hard] > 3 * result.expected_error[easy_one]
    assert not set(result.unreliable) & set(by_method["cross-section"].countries)


def test_skewed_targets_of_such_countries_are_predicted_on_a_logarithmic_scale(
    make_panel: MakePanel, impute_target: Impute
) -> None:
    """Populations span six orders of magnitude; on a linear scale a small country's is the mean of large ones."""
    random = np.random.default_rng(3)
    values = random.normal(size=(128, 16))
    size = random.normal(scale=2, size=128)
    values[:, 0] = 1e5 * np.exp(size)
    values[:, RELATIVES] = values[:, [0]] * random.uniform(0.95, 1.05, size=(128, 4))
    values[:, 5] = size + 0.3 * random.normal(size=128)
    panel = make_panel(values)
    smallest = np.flatnonzero(panel.is_sids)[np.argsort(size[panel.is_sids])[2:10]]
    truth = values[smallest, 0].copy()
    values[smallest, 0] = np.nan
    values[smallest, RELATIVES] = np.nan
    result = impute_target(make_panel(values))
    order = [result.countries.index(panel.countries[row]) for row in smallest]
    assert set(result.method.values()) == {"reduced"}
    assert np.median(np.abs(np.log(result.values[order] / truth))) < np.log(2)
    assert np.median(result.upper[order] / truth) < 10


def test_the_gaps_worn_are_seeded(make_panel: MakePanel, impute_target: Impute) -> None:
    panel, _ = planted(make_panel, 2)
    first, second = (impute_target(panel) for _ in range(2))
    assert np.array_equal(first.lower, second.lower)
    assert first.expected_error == second.expected_error


@pytest.mark.parametrize("base_imputer", ["KNNImputer", "IterativeImputer", "SimpleImputer"])
def test_a_predictor_with_few_values_can_be_held_out(
    make_panel: MakePanel, impute_target: Impute, base_imputer: str
) -> None:
    """All values of a chosen predictor may lie in one fold, so that the other folds have none to fill gaps with."""
    values = np.random.default_rng(0).normal(size=(128, 4))
    panel = make_panel(values)
    rows = np.flatnonzero(panel.is_sids)
    values[rows[:6], 0] = np.nan
    values[:, 2] = np.nan
    values[rows[10], 2] = 1.0
    options: dict[str, Any] = {"predictor_missing_percent": 100, "base_imputer": base_imputer}
    result = impute_target(make_panel(values), selection="MANUAL", predictors=("d-1", "d-2"), **options)
    assert np.isfinite(result.values).all()
    assert np.isfinite(result.upper - result.lower).all()
