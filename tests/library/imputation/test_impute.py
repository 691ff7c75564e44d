import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.config import ImputationConfig, fewest_observed
from sids_core.imputation.ensembles import ENSEMBLES
from sids_core.imputation.impute import impute
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.result import ImputationResult
from sids_core.imputation.selection import SELECTORS
from sids_core.panel.panel import SIDS, Panel
from sids_service.estimates import imputation_workload

MakePanel = Callable[[NDArray[np.float64]], Panel]
Impute = Callable[..., ImputationResult]


@pytest.mark.parametrize("base_imputer", BASE_IMPUTERS)
@pytest.mark.parametrize("selection", SELECTORS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_every_option_answers_every_sids(
    linear_panel: Panel, impute_target: Impute, base_imputer: str, selection: str, interval: str
) -> None:
    predictors = () if SELECTORS[selection].automatic else ("d-2", "d-1")
    options = {"base_imputer": base_imputer, "selection": selection, "interval": interval, "predictors": predictors}
    result = impute_target(linear_panel, ensemble="rfr", n_estimators=5, **options)
    truth = dict(zip(linear_panel.countries, linear_panel.values[0, :, 0].tolist(), strict=True))
    assert list(result.countries) == [code for code in linear_panel.countries if code in SIDS and np.isnan(truth[code])]
    assert len(result.countries) >= 10
    assert set(result.observed) | set(result.countries) == set(SIDS)
    assert all(value == truth[code] for code, value in result.observed.items())
    assert (result.lower <= result.values).all()
    assert (result.values <= result.upper).all()
    assert sum(result.importances.values()) == pytest.approx(1)
    assert sum(result.category_importances.values()) == pytest.approx(1)
    assert len(result.predictors) == (3 if SELECTORS[selection].automatic else 2)
    assert np.diag(result.correlation).tolist() == [1.0] * len(result.predictors)
    assert result.rmse > 0
    assert 0 < result.rmse_deviation <= 1
    assert 0.7 < result.coverage == result.out_of_fold.coverage <= 1
    assert 0.5 < (result.coverage_sids or 0) <= 1
    assert result.n_training > result.n_training_sids > 0


def test_a_frame_has_every_sids_and_no_gap(linear_panel: Panel, impute_target: Impute) -> None:
    result = impute_target(linear_panel)
    frame = result.to_frame()
    assert list(frame.columns) == ["country", "value", "lower", "upper", "observed"]
    assert frame["country"].tolist() == sorted(SIDS)
    assert not frame.isna().any(axis=None)
    observed, imputed = frame[frame["observed"]], frame[~frame["observed"]]
    assert dict(zip(observed["country"], observed["value"], strict=True)) == result.observed
    assert (observed["lower"] == observed["value"]).all()
    assert (observed["upper"] == observed["value"]).all()
    assert dict(zip(imputed["country"], imputed["value"], strict=True)) == result.imputed
    assert dict(zip(imputed["country"], imputed["lower"], strict=True)) == dict(
        zip(result.countries, result.lower.tolist(), strict=True)
    )
    assert (imputed["lower"] < imputed["upper"]).all()


def test_options_replace_those_of_the_configuration(linear_panel: Panel) -> None:
    config = ImputationConfig(n_predictors=3, n_estimators=10, ensemble="gbr")
    result = impute(linear_panel, "d-0", 2001, config=config, ensemble="rfr")
    assert result.config == ImputationConfig(n_predictors=3, n_estimators=10, ensemble="rfr")
    assert result.configuration.ensemble == "rfr"
    with pytest.raises(TypeError, match="trees"):
        impute(linear_panel, "d-0", 2001, config=config, trees=10)


def test_the_order_of_predictors_and_repetitions_change_nothing(linear_panel: Panel, impute_target: Impute) -> None:
    first, second = (
        impute_target(linear_panel, selection="MANUAL", predictors=predictors)
        for predictors in (("d-1", "d-2"), ["d-2", "d-1", "d-2"])
    )
    assert first.imputed == second.imputed


@pytest.mark.parametrize("ensemble", ENSEMBLES)
def test_finds_the_predictors_and_most_of_the_target(linear_panel: Panel, impute_target: Impute, ensemble: str) -> None:
    result = impute_target(linear_panel, ensemble=ensemble, n_estimators=60)
    assert set(result.predictors) == {"d-1", "d-2", "d-3"}
    target = linear_panel.values[0, :, 0]
    assert result.rmse < 0.7 * np.nanstd(target)


def test_the_best_of_all_is_one_of_them_and_names_itself(linear_panel: Panel, impute_target: Impute) -> None:
    single = {ensemble: impute_target(linear_panel, ensemble=ensemble) for ensemble in ENSEMBLES}
    best = impute_target(linear_panel, ensemble="all")
    assert best.configuration.ensemble in single
    pd.testing.assert_frame_equal(best.to_frame(), single[best.configuration.ensemble].to_frame(), check_exact=True)


def test_the_reported_error_is_the_error_on_held_out_countries(make_panel: MakePanel, impute_target: Impute) -> None:
    """With forty columns of pure noise, selection outside the folds reports an error well below the target's spread."""
    reported, spread = [], []
    for seed in range(12):
        values = np.random.default_rng(seed).normal(size=(128, 41))
        values[::9, 0] = np.nan
        result = impute_target(make_panel(values), ensemble="rfr", n_estimators=30)
        reported.append(result.rmse)
        spread.append(np.nanstd(values[:, 0]))
    assert np.mean(reported) > 0.97 * np.mean(spread)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("ensemble", ["rfr", "gbr"])
def test_intervals_cover_hidden_sids(
    make_panel: MakePanel, impute_target: Impute, interval: str, ensemble: str
) -> None:
    covered: list[bool] = []
    for seed in range(12):
        random = np.random.default_rng(seed)
        values = random.normal(size=(128, 6))
        values[:, 0] = values[:, 1:4].sum(axis=1) + random.standard_t(5, size=128)
        truth = values[:, 0].copy()
        panel = make_panel(values)
        hidden = random.choice(np.flatnonzero(panel.is_sids), 20, replace=False)
        values[hidden, 0] = np.nan
        options = {"selection": "MANUAL", "predictors": ["d-1", "d-2", "d-3"]}
        result = impute_target(make_panel(values), ensemble=ensemble, interval=interval, **options)
        for code, low, high in zip(result.countries, result.lower, result.upper, strict=True):
            covered.append(bool(low <= truth[panel.country_index[code]] <= high))
    assert len(covered) == 240
    assert 0.85 < np.mean(covered) < 0.96


def exact(result: ImputationResult) -> str:
    """Every number of a result, to the last bit."""
    with np.printoptions(threshold=sys.maxsize, floatmode="unique"):
        return repr(result)


def test_equal_arguments_give_equal_bits(linear_panel: Panel, impute_target: Impute) -> None:
    first, second = (exact(impute_target(linear_panel)) for _ in range(2))
    assert first == second


def test_the_number_of_threads_changes_nothing(
    linear_panel: Panel, impute_target: Impute, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = set()
    for threads in (1, 2, 7):
        monkeypatch.setattr("sids_core.imputation.cross_fitting.cpu_count", lambda threads=threads: threads)
        results.add(exact(impute_target(linear_panel, ensemble="all", selection="PCA")))
    assert len(results) == 1


def test_a_target_that_no_sids_misses(make_panel: MakePanel, impute_target: Impute) -> None:
    values = np.random.default_rng(1).normal(size=(128, 8))
    panel = make_panel(values)
    values[np.flatnonzero(~panel.is_sids)[:5], 0] = np.nan
    result = impute_target(make_panel(values))
    assert [len(column) for column in (result.countries, result.values, result.lower, result.upper)] == [0] * 4
    assert set(result.observed) == set(SIDS)
    assert result.to_frame()["observed"].all()
    assert result.rmse > 0


def test_countries_without_any_value_are_imputed_and_named(
    linear_panel: Panel, make_panel: MakePanel, impute_target: Impute
) -> None:
    values = linear_panel.values[0].copy()
    values[linear_panel.country_index["TKL"]] = np.nan
    result = impute_target(make_panel(values))
    assert result.countries_without_predictors == ("TKL",)
    assert np.isfinite(result.imputed["TKL"])


def test_constant_predictors_have_no_correlation_and_no_influence(make_panel: MakePanel, impute_target: Impute) -> None:
    """Tenths are no binary fractions: their mean differs from each of them in the last bit."""
    values = np.random.default_rng(1).normal(size=(128, 4))
    values[:, 2:] = (0.1, 0.7)
    values[::7, 0] = np.nan
    result = impute_target(make_panel(values), selection="MANUAL", predictors=["d-1", "d-2", "d-3"])
    assert np.array_equal(result.correlation, np.eye(3))
    assert not np.signbit(result.correlation).any()
    alone = impute_target(make_panel(values), selection="MANUAL", predictors=["d-1"])
    assert result.rmse == pytest.approx(alone.rmse, rel=0.05)


def test_a_perfect_model_still_reports_an_error_above_zero(make_panel: MakePanel, impute_target: Impute) -> None:
    values = np.repeat(np.random.default_rng(1).integers(0, 2, (128, 1)).astype(float), 3, axis=1)
    values[::7, 0] = np.nan
    result = impute_target(make_panel(values), selection="MANUAL", predictors=["d-1"])
    assert 0 < result.rmse < 1e-9
    assert 0 < result.rmse_deviation < 1e-9


def noise(**changes: float) -> NDArray[np.float64]:
    values = np.random.default_rng(2).normal(size=(128, 6))
    values[::7, 0] = np.nan
    for column, value in changes.items():
        values[:, int(column[1:])] = np.where(np.isnan(values[:, int(column[1:])]), np.nan, value)
    return values


@pytest.mark.parametrize(
    ("changes", "kind", "parameter", "words"),
    [
        ({"year": 1850}, "unknown_year", "year", ["1850", "allowed: 2001"]),
        ({"dataset": "wdi"}, "unknown_dataset", "dataset", ["'wdi'", "allowed: d"]),
        ({"indicator": "d-9"}, "unknown_indicator", "indicator", ["'d-9'", "d-0"]),
        ({"indicator": "d-1"}, "not_a_target", "indicator", ["'d-1'", "2001", "every country has a value"]),
        ({"n_predictors": 6}, "too_many_predictors", "n_predictors", ["6", "5 indicators"]),
        (
            {"selection": "MANUAL", "predictors": ["d-1", "d-77"]},
            "unknown_predictors",
            "predictors",
            ["'d-77'", "d-1, d-2"],
        ),
        ({"selection": "MANUAL"}, "missing", "predictors", ["'MANUAL'"]),
        ({"selection": "MANUAL", "predictors": ["d-0"]}, "target_as_predictor", "predictors", ["'d-0'"]),
        ({"predictors": ["d-1"]}, "predictors_not_used", "predictors", ["'AFS'", "MANUAL"]),
        ({"ensemble": "svm"}, "unknown_ensemble", "ensemble", ["'svm'", "allowed: rfr, gbr, etr, all"]),
        ({"selection": "afs"}, "unknown_selection", "selection", ["'afs'", "MANUAL, AFS, PCA"]),
        ({"base_imputer": "mean"}, "unknown_base_imputer", "base_imputer", ["'mean'", "SimpleImputer"]),
        ({"interval": "none"}, "unknown_interval", "interval", ["'none'", "quantile, bootstrap"]),
        ({"n_predictors": 51}, "out_of_range", "n_predictors", ["51", "1 to 50"]),
        ({"n_estimators": 0}, "out_of_range", "n_estimators", ["0", "1 to 1000"]),
        ({"n_estimators": 10.5}, "out_of_range", "n_estimators", ["10.5", "whole number"]),
        ({"n_folds": 1}, "out_of_range", "n_folds", ["1", "at least 2"]),
        ({"n_neighbors": 0}, "out_of_range", "n_neighbors", ["0", "at least 1"]),
        ({"target_missing_percent": 0}, "out_of_range", "target_missing_percent", ["0", "100"]),
        ({"predictor_missing_percent": 101}, "out_of_range", "predictor_missing_percent", ["101", "100"]),
        ({"predictor_missing_percent": "x"}, "out_of_range", "predictor_missing_percent", ["'x'", "100"]),
    ],
)
def test_what_cannot_be_imputed_is_named(
    make_panel: MakePanel, impute_target: Impute, changes: dict[str, Any], kind: str, parameter: str, words: list[str]
) -> None:
    with pytest.raises(RequestError) as caught:
        impute_target(make_panel(noise()), **changes)
    assert (caught.value.kind, caught.value.parameter) == (kind, parameter)
    assert all(word in str(caught.value) for word in words)


def test_a_target_with_too_few_countries(make_panel: MakePanel, impute_target: Impute) -> None:
    values = noise()
    values[20:, 0] = np.nan
    with pytest.raises(RequestError, match="17 of 128 countries have a value, 26 are needed"):
        impute_target(make_panel(values))
    values[9:, 0] = np.nan
    with pytest.raises(RequestError, match="7 countries in 2001; at least 8 are needed"):
        impute_target(make_panel(values), target_missing_percent=100)


def test_a_constant_target(make_panel: MakePanel, impute_target: Impute) -> None:
    with pytest.raises(RequestError, match="'d-0' is 4 in every country with a value in 2001"):
        impute_target(make_panel(noise(c0=4)))
    with pytest.raises(RequestError, match="so it needs no model"):
        imputation_workload(make_panel(noise(c0=4)), "d-0", 2001)


def test_no_predictor(make_panel: MakePanel, impute_target: Impute) -> None:
    values = noise(c1=1, c2=1, c3=1)
    values[::2, 4:] = np.nan
    with pytest.raises(RequestError, match="no indicator has enough values in 2001 to predict 'd-0'"):
        impute_target(make_panel(values))


def test_a_predictor_that_no_training_country_has(make_panel: MakePanel, impute_target: Impute) -> None:
    values = noise()
    values[36:, 0] = np.nan
    values[:36, 2] = np.nan
    with pytest.raises(RequestError, match="predictor 'd-2' has no value in 2001 in any country that has 'd-0'"):
        impute_target(make_panel(values), selection="MANUAL", predictors=["d-1", "d-2"])


def test_another_datasets_target(linear_panel: Panel, impute_target: Impute) -> None:
    panel = Panel(
        linear_panel.version,
        linear_panel.countries,
        linear_panel.indicators,
        {"d": "D", "e": "E"},
        linear_panel.years,
        linear_panel.values,
        linear_panel.observed,
    )
    with pytest.raises(RequestError, match="'d-0' is in dataset 'd', not in 'e'"):
        impute_target(panel, dataset="e")


def test_unknown_values_offer_the_closest() -> None:
    codes = [f"wdi-{number}" for number in range(50)]
    assert "closest of 50 allowed ones: wdi-4" in str(UnknownValueError("indicator", "wdi_4", codes))


@pytest.mark.parametrize(
    ("percent", "rows", "fewest"), [(80, 223, 45), (30, 223, 157), (80, 10, 3), (30, 10, 8), (100, 5, 1)]
)
def test_the_fewest_observed_rows(percent: float, rows: int, fewest: int) -> None:
    assert fewest_observed(percent, rows) == fewest
    assert 100 * (rows - fewest) < percent * rows <= 100 * (rows - fewest + 1)
