from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.ensembles import ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.schemas import PredictRequest
from sids_core.imputation.service import impute
from sids_core.imputation.thresholds import Thresholds, fewest_observed
from sids_core.panel.countries import SIDS
from sids_core.panel.panel import Panel

MakePanel = Callable[[NDArray[np.float64]], Panel]
MakeRequest = Callable[..., PredictRequest]


@pytest.mark.parametrize("interpolator", BASE_IMPUTERS)
@pytest.mark.parametrize("scheme", ["AFS", "PCA", "MANUAL"])
@pytest.mark.parametrize("interval", INTERVALS)
def test_every_option_answers_every_sids(
    linear_panel: Panel, make_request: MakeRequest, interpolator: str, scheme: str, interval: str
) -> None:
    request = make_request(
        interpolator=interpolator,
        scheme=scheme,
        interval=interval,
        manual_predictors=["d-1", "d-2"],
        model="rfr",
        estimators=5,
    )
    answer = impute(linear_panel, request)
    observed = dict(zip(linear_panel.countries, linear_panel.values[0, :, 0], strict=True))
    figures = answer.indicatorJson.data["2001"]
    assert set(figures) == set(SIDS)
    imputed = answer.prediction.countries
    assert imputed == [code for code in linear_panel.countries if code in SIDS and np.isnan(observed[code])]
    assert len(imputed) >= 10
    assert all(figures[code] == observed[code] for code in SIDS if code not in imputed)
    assert [figures[code] for code in imputed] == answer.prediction.prediction
    for code, low, value, high in zip(
        imputed, answer.prediction.lower, answer.prediction.prediction, answer.prediction.upper, strict=True
    ):
        assert low <= value <= high
        assert answer.indicatorJson.lowerIntervals["2001"][code] == low
        assert answer.indicatorJson.upperIntervals["2001"][code] == high
    assert sum(answer.model_feature_importance) == pytest.approx(1)
    assert sum(answer.feature_importance_pie.value) == pytest.approx(1)
    assert len(answer.model_feature_names) == (2 if scheme == "MANUAL" else 3)
    assert np.diag(answer.correlation.data).tolist() == [1.0] * len(answer.model_feature_names)
    assert answer.rmse > 0
    assert 0 < answer.rmse_deviation <= 1


@pytest.mark.parametrize("model", ENSEMBLES)
def test_finds_the_predictors_and_most_of_the_target(
    linear_panel: Panel, make_request: MakeRequest, model: str
) -> None:
    answer = impute(linear_panel, make_request(model=model, estimators=60))
    assert set(answer.model_feature_names) == {"d-1", "d-2", "d-3"}
    target = linear_panel.values[0, :, 0]
    assert answer.rmse < 0.7 * np.nanstd(target)


def test_the_best_of_all_is_one_of_them_and_names_itself(linear_panel: Panel, make_request: MakeRequest) -> None:
    single = {model: impute(linear_panel, make_request(model=model)) for model in ENSEMBLES}
    best = impute(linear_panel, make_request(model="all"))
    assert best.diagnostics.model in single
    assert best.prediction == single[best.diagnostics.model].prediction


def test_the_reported_error_is_the_error_on_countries_not_seen(
    make_panel: MakePanel, make_request: MakeRequest
) -> None:
    """With forty columns of pure noise, selection outside the folds reports an error well below the target's spread."""
    reported, spread = [], []
    for seed in range(12):
        values = np.random.default_rng(seed).normal(size=(128, 41))
        values[::9, 0] = np.nan
        answer = impute(make_panel(values), make_request(model="rfr", estimators=30))
        reported.append(answer.rmse)
        spread.append(np.nanstd(values[:, 0]))
    assert np.mean(reported) > 0.97 * np.mean(spread)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("model", ["rfr", "gbr"])
def test_intervals_cover_hidden_sids(
    make_panel: MakePanel, make_request: MakeRequest, interval: str, model: str
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
        answer = impute(
            make_panel(values),
            make_request(scheme="MANUAL", manual_predictors=["d-1", "d-2", "d-3"], model=model, interval=interval),
        )
        for code, low, high in zip(
            answer.prediction.countries, answer.prediction.lower, answer.prediction.upper, strict=True
        ):
            covered.append(bool(low <= truth[panel.country_index[code]] <= high))
    assert len(covered) == 240
    assert 0.85 < np.mean(covered) < 0.96


def test_the_same_request_gives_the_same_bytes(linear_panel: Panel, make_request: MakeRequest) -> None:
    first, second = (impute(linear_panel, make_request()).model_dump_json() for _ in range(2))
    assert first == second


def test_the_number_of_threads_changes_nothing(
    linear_panel: Panel, make_request: MakeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = set()
    for threads in (1, 2, 7):
        monkeypatch.setattr("sids_core.imputation.cross_fitting.cpu_count", lambda threads=threads: threads)
        answers.add(impute(linear_panel, make_request(model="all", scheme="PCA")).model_dump_json())
    assert len(answers) == 1


def test_a_target_that_no_sids_misses(make_panel: MakePanel, make_request: MakeRequest) -> None:
    values = np.random.default_rng(1).normal(size=(128, 8))
    panel = make_panel(values)
    values[np.flatnonzero(~panel.is_sids)[:5], 0] = np.nan
    answer = impute(make_panel(values), make_request())
    prediction = answer.prediction
    assert not any((prediction.countries, prediction.prediction, prediction.lower, prediction.upper))
    assert answer.indicatorJson.lowerIntervals == {"2001": {}}
    assert set(answer.indicatorJson.data["2001"]) == set(SIDS)
    assert answer.rmse > 0


def test_countries_without_any_figure_are_imputed_and_named(
    linear_panel: Panel, make_panel: MakePanel, make_request: MakeRequest
) -> None:
    values = linear_panel.values[0].copy()
    values[linear_panel.country_index["TKL"]] = np.nan
    answer = impute(make_panel(values), make_request())
    assert answer.diagnostics.countries_without_predictors == ["TKL"]
    assert np.isfinite(answer.indicatorJson.data["2001"]["TKL"])


def test_predictors_that_never_vary_have_no_correlation_and_say_nothing(
    make_panel: MakePanel, make_request: MakeRequest
) -> None:
    """Tenths are no binary fractions: their mean differs from each of them in the last bit."""
    values = np.random.default_rng(1).normal(size=(128, 4))
    values[:, 2:] = (0.1, 0.7)
    values[::7, 0] = np.nan
    manual = {"scheme": "MANUAL", "model": "etr"}
    answer = impute(make_panel(values), make_request(**manual, manual_predictors=["d-1", "d-2", "d-3"]))
    assert np.array_equal(answer.correlation.data, np.eye(3))
    assert not np.signbit(answer.correlation.data).any()
    alone = impute(make_panel(values), make_request(**manual, manual_predictors=["d-1"]))
    assert answer.rmse == pytest.approx(alone.rmse, rel=0.05)


def test_a_perfect_model_still_reports_an_error_above_zero(make_panel: MakePanel, make_request: MakeRequest) -> None:
    values = np.repeat(np.random.default_rng(1).integers(0, 2, (128, 1)).astype(float), 3, axis=1)
    values[::7, 0] = np.nan
    answer = impute(make_panel(values), make_request(scheme="MANUAL", manual_predictors=["d-1"]))
    assert 0 < answer.rmse < 1e-9
    assert 0 < answer.rmse_deviation < 1e-9


def noise(**changes: float) -> NDArray[np.float64]:
    values = np.random.default_rng(2).normal(size=(128, 6))
    values[::7, 0] = np.nan
    for column, value in changes.items():
        values[:, int(column[1:])] = np.where(np.isnan(values[:, int(column[1:])]), np.nan, value)
    return values


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"target_year": 1850}, "unknown_target_year", ["1850", "allowed: 2001"]),
        ({"dataset": "wdi"}, "unknown_dataset", ["'wdi'", "allowed: d"]),
        ({"target": "d-9", "dataset": None}, "unknown_target", ["'d-9'", "d-0"]),
        ({"target": "d-1"}, "not_a_target", ["'d-1'", "2001", "no country misses it"]),
        ({"number_predictor": 6}, "too_many_predictors", ["6", "5 indicators"]),
        (
            {"scheme": "MANUAL", "manual_predictors": ["d-1", "d-77"]},
            "unknown_manual_predictors",
            ["'d-77'", "d-1, d-2"],
        ),
    ],
)
def test_what_the_data_cannot_serve_is_named(
    make_panel: MakePanel, make_request: MakeRequest, changes: dict[str, object], kind: str, words: list[str]
) -> None:
    with pytest.raises(RequestError) as caught:
        impute(make_panel(noise()), make_request(**changes))
    assert caught.value.kind == kind
    assert all(word in str(caught.value) for word in words)


def test_a_target_with_too_few_countries(make_panel: MakePanel, make_request: MakeRequest) -> None:
    values = noise()
    values[20:, 0] = np.nan
    with pytest.raises(RequestError, match="17 of 128 countries have a value, 26 are needed"):
        impute(make_panel(values), make_request())
    values[9:, 0] = np.nan
    with pytest.raises(RequestError, match="7 countries in 2001; 5-fold cross-validation needs at least 10"):
        impute(make_panel(values), make_request(), Thresholds(target_missing_percent=100))


def test_a_constant_target(make_panel: MakePanel, make_request: MakeRequest) -> None:
    with pytest.raises(RequestError, match="'d-0' is 4 in every country that has it in 2001"):
        impute(make_panel(noise(c0=4)), make_request())


def test_no_predictor(make_panel: MakePanel, make_request: MakeRequest) -> None:
    values = noise(c1=1, c2=1, c3=1)
    values[::2, 4:] = np.nan
    with pytest.raises(RequestError, match="no indicator has enough values in 2001 to predict 'd-0'"):
        impute(make_panel(values), make_request())


def test_a_predictor_that_no_training_country_has(make_panel: MakePanel, make_request: MakeRequest) -> None:
    values = noise()
    values[36:, 0] = np.nan
    values[:36, 2] = np.nan
    with pytest.raises(RequestError, match="predictor 'd-2' has no value in 2001 in any country that has 'd-0'"):
        impute(make_panel(values), make_request(scheme="MANUAL", manual_predictors=["d-1", "d-2"]))


def test_another_datasets_target(linear_panel: Panel, make_request: MakeRequest) -> None:
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
        impute(panel, make_request(dataset="e"))


def test_unknown_values_offer_the_closest() -> None:
    codes = [f"wdi-{number}" for number in range(50)]
    assert "closest of 50 allowed ones: wdi-4" in str(UnknownValueError("target", "wdi_4", codes))


@pytest.mark.parametrize(
    ("percent", "rows", "fewest"), [(80, 223, 45), (30, 223, 157), (80, 10, 3), (30, 10, 8), (100, 5, 1)]
)
def test_the_fewest_observed_rows(percent: float, rows: int, fewest: int) -> None:
    assert fewest_observed(percent, rows) == fewest
    assert 100 * (rows - fewest) < percent * rows <= 100 * (rows - fewest + 1)
