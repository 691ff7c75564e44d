"""`sids.evaluate` as its users see it."""

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sids_core as sids
from sids_core.errors import RequestError, UnknownValueError
from sids_core.evaluation.hiding import HIDING
from sids_core.panel.panel import SIDS, Panel
from sids_core.panel.sparse import SparseValues
from tests.library.evaluation.conftest import NEVER, of

TARGET, YEAR = "d-00", 2001
FAST: dict[str, Any] = {"n_estimators": 10, "n_predictors": 3, "n_folds": 3}
BASELINES = ["interpolation of the own series", "SIDS median", "mean"]


@pytest.fixture(scope="module")
def found(panel: Panel) -> sids.Evaluation:
    return sids.evaluate(panel, TARGET, YEAR, rounds=2, interval=["quantile", "bootstrap"], **FAST)


def test_every_way_has_a_row_for_each_setting_and_baseline(found: sids.Evaluation) -> None:
    frame = found.to_frame()
    methods = ["AFS etr quantile", "AFS etr bootstrap", *BASELINES]
    assert frame[["hiding", "method"]].to_numpy().tolist() == [[way, each] for way in HIDING for each in methods]
    assert list(found.settings) == methods[:2]
    intervals = frame[frame["method"].isin(methods[:2])]
    assert not intervals.isna().to_numpy().any()
    assert frame.loc[~frame.index.isin(intervals.index), "coverage":].isna().to_numpy().all()


def test_the_scores_are_those_of_the_values(found: sids.Evaluation) -> None:
    values = found.values_to_frame()
    for record in found.to_frame().to_dict(orient="records"):
        row = SimpleNamespace(**{str(name): value for name, value in record.items()})
        of_row = values[(values["hiding"] == row.hiding) & (values["method"] == row.method)]
        error = of_row["imputed"] - of_row["hidden"]
        assert row.values == len(of_row)
        assert row.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
        assert row.error == pytest.approx(np.sqrt(np.mean((error / of_row["deviation"]) ** 2)))
        if row.method in found.settings:
            width = of_row["upper"] - of_row["lower"]
            inside = (of_row["lower"] <= of_row["hidden"]) & (of_row["hidden"] <= of_row["upper"])
            assert row.coverage == inside.mean()
            assert row.coverage_low <= row.coverage <= row.coverage_high
            assert row.width_in_units == pytest.approx(width.median())
            assert row.width == pytest.approx((width / of_row["deviation"]).median())
            assert row.reported_error == pytest.approx(np.sqrt(np.mean(of_row["expected_error"] ** 2)) / row.rmse)


def test_every_method_has_the_same_hidden_values_each_once(found: sids.Evaluation) -> None:
    values = found.values_to_frame()
    for way, of_way in values.groupby("hiding"):
        cells = [each[["country", "year", "hidden"]].to_numpy().tolist() for _, each in of_way.groupby("method")]
        assert all(each == cells[0] for each in cells), way
        codes = [code for code, _, _ in cells[0]]
        assert len(codes) == len(set(codes))
        assert set(codes) <= set(SIDS) - set(NEVER)


def test_four_rounds_hide_every_country_once(panel: Panel) -> None:
    frame = sids.evaluate(panel, TARGET, YEAR, hiding=["one year"], **FAST).values_to_frame()
    known = panel.is_sids & np.isfinite(panel.values[panel.year_index(YEAR), :, panel.indicator_index[TARGET]])
    countries = frame.loc[frame["method"] == "mean", "country"].tolist()
    assert sorted(countries) == sorted(np.array(panel.countries)[known])


def test_baselines_fill_by_what_is_left(found: sids.Evaluation, panel: Panel) -> None:
    values = found.values_to_frame().set_index(["hiding", "method", "country"])["imputed"].sort_index()
    series = panel.values[:, :, 0]
    for country in values["one year", BASELINES[0]].index:
        own = series[[0, 2], panel.country_index[country]]
        if np.isfinite(own).all():
            assert values["one year", BASELINES[0], country] == pytest.approx(own.mean())
    assert values["never", BASELINES[0]].equals(values["never", BASELINES[1]])


def test_equal_arguments_give_equal_results_and_another_seed_hides_others(panel: Panel) -> None:
    first, same, other = (
        sids.evaluate(panel, TARGET, YEAR, hiding=["mixed"], rounds=1, seed=seed, **FAST).values_to_frame()
        for seed in (5, 5, 6)
    )
    pd.testing.assert_frame_equal(first, same)
    assert set(first["country"]) != set(other["country"])


def test_a_panel_that_is_held_sparsely_gives_the_same(panel: Panel) -> None:
    shape = (len(panel.years), len(panel.countries), len(panel.indicators))
    sparse = replace(panel, values=SparseValues.of(shape, panel.values).as_array())
    one, other = (
        sids.evaluate(each, TARGET, YEAR, hiding=["mixed"], rounds=1, **FAST).values_to_frame()
        for each in (panel, sparse)
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_chosen_predictors_are_evaluated(panel: Panel) -> None:
    found = sids.evaluate(
        panel, TARGET, YEAR, hiding=["all years"], rounds=1, selection="MANUAL", predictors=["d-01"], n_estimators=10
    )
    score = found.scores["all years", "MANUAL etr quantile"]
    assert score.error < 0.05  # the same indicator under another code
    with pytest.raises(UnknownValueError, match="predictors 'd-77' is unknown"):
        sids.evaluate(panel, TARGET, YEAR, rounds=1, selection="MANUAL", predictors=["d-77"])


def test_every_combination_of_lists_is_a_setting(panel: Panel) -> None:
    options = {**FAST, "n_predictors": [2, 3]}
    found = sids.evaluate(
        panel, TARGET, YEAR, hiding="one year", rounds=1, ensemble=["etr", "gbr"], selection=("PCA",), **options
    )
    assert sorted(found.settings) == sorted(
        f"PCA {ensemble} quantile n_predictors={count}" for ensemble in ("etr", "gbr") for count in (2, 3)
    )
    assert {config.n_estimators for config in found.settings.values()} == {10}


def test_several_years_are_pooled(panel: Panel) -> None:
    found = sids.evaluate(panel, TARGET, [2002, 2000, 2002], hiding=["one year"], rounds=1, **FAST)
    assert found.years == (2002, 2000)
    assert set(found.values_to_frame()["year"]) == {2000, 2002}
    alone = sids.evaluate(panel, TARGET, 2000, hiding=["one year"], rounds=1, **FAST)
    both = found.values_to_frame()
    pd.testing.assert_frame_equal(
        both[both["year"] == 2000].reset_index(drop=True), alone.values_to_frame(), check_exact=True
    )


def test_what_the_data_does_not_allow_is_left_out_and_named(panel: Panel) -> None:
    one_year = of(replace(panel, years=(YEAR,)), panel.values[1:2])
    found = sids.evaluate(one_year, TARGET, YEAR, hiding=["gap", "never"], rounds=1, **FAST)
    assert list(found.left_out) == [("gap", YEAR)]
    assert "no SIDS misses 'd-00' in 2001 and has it in another year" in found.warnings[-1]
    assert set(found.to_frame()["hiding"]) == {"never"}
    with pytest.raises(RequestError, match=r"'d-00' cannot be evaluated: .* in another year"):
        sids.evaluate(one_year, TARGET, YEAR, hiding=["gap"], **FAST)


@pytest.mark.parametrize("known", [12, 9])
def test_a_region_of_twelve_countries_is_evaluated_as_far_as_it_goes(panel: Panel, known: int) -> None:
    """Eight countries with a value are needed to impute: of nine, one is hidden at a time."""
    region = np.isin(panel.countries, sorted(set(SIDS) - set(NEVER))[:12])
    values = np.where(region[None, :, None], np.nan_to_num(panel.values, nan=0.5), np.nan)
    values[:, np.flatnonzero(region)[known:], 0] = np.nan
    found = sids.evaluate(of(panel, values), TARGET, YEAR, hiding=["all years"], **FAST)
    score = found.to_frame().iloc[0]
    assert score["values"] == (12 if known == 12 else 4)
    assert f"'all years' rests on {score['values']} hidden values only" in found.warnings


def test_too_few_values_say_how_many_are_needed(panel: Panel) -> None:
    region = np.isin(panel.countries, SIDS[-8:])
    values = np.where(region[None, :, None], panel.values, np.nan)
    with pytest.raises(RequestError, match=r"of 128 countries have 'd-00' in 2001; to hide a value, 9 are needed"):
        sids.evaluate(of(panel, values), TARGET, YEAR, **FAST)


def test_an_impossible_setting_says_why(panel: Panel) -> None:
    with pytest.raises(RequestError, match="cannot be evaluated: n_predictors 50 is too large"):
        sids.evaluate(panel, TARGET, YEAR, hiding=["one year"], rounds=1, n_predictors=50)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"indicator": "d-99"}, UnknownValueError, "indicator 'd-99' is unknown"),
        ({"years": 1999}, UnknownValueError, "years '1999' is unknown"),
        ({"years": "2001"}, UnknownValueError, "years '2' is unknown"),
        ({"years": []}, RequestError, "years is empty"),
        ({"hiding": ["gaps"]}, UnknownValueError, "hiding 'gaps' is unknown; allowed: all years, one year, gap"),
        ({"hiding": []}, RequestError, "hiding is empty"),
        ({"rounds": 5}, RequestError, "rounds 5 is not a whole number, 1 to 4"),
        ({"rounds": 0.5}, RequestError, "rounds 0.5 is not"),
        ({"seed": -1}, RequestError, "seed -1 is not a whole number"),
        ({"ensemble": []}, RequestError, "ensemble is an empty list"),
        ({"ensemble": ["etr", "svm"]}, UnknownValueError, "ensemble 'svm' is unknown"),
        ({"trees": 5}, TypeError, "unexpected keyword argument 'trees'"),
    ],
)
def test_bad_arguments_are_named(panel: Panel, arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sids.evaluate(**{"panel": panel, "indicator": TARGET, "years": YEAR, **arguments})


def test_progress_reaches_its_total(panel: Panel) -> None:
    calls: list[tuple[int, int]] = []
    sids.evaluate(
        panel, TARGET, YEAR, hiding=["gap", "one year"], rounds=4, progress=lambda *call: calls.append(call), **FAST
    )
    assert {total for _, total in calls} == {8}
    assert sum(done for done, _ in calls) == 8
    assert min(done for done, _ in calls) >= 1


def test_the_picture_shows_every_method(found: sids.Evaluation) -> None:
    from matplotlib import pyplot as plt

    error, coverage, width = found.plot()
    try:
        assert [text.get_text() for text in error.get_yticklabels()] == found.to_frame()["method"].tolist()
        assert len(coverage.collections[-1].get_offsets()) == len(width.collections[0].get_offsets()) == 2 * len(HIDING)
        assert {text.get_text() for text in error.texts} == set(HIDING)
    finally:
        plt.close(error.figure)


def test_without_matplotlib_the_extra_is_named(found: sids.Evaluation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pip install "sids-ml-backend\[plot\]"'):
        found.plot()


def test_imputations_beat_the_mean_and_intervals_hold(panel: Panel) -> None:
    frame = sids.evaluate(panel, "d-02", YEAR, rounds=3, n_estimators=20).to_frame()
    error = frame.pivot(index="hiding", columns="method", values="error")
    assert (error["AFS etr quantile"] < 0.8 * error["mean"]).all()
    ours = frame[frame["method"] == "AFS etr quantile"]
    assert ours["values"].sum() > 60
    assert 0.8 < np.average(ours["coverage"], weights=ours["values"]) < 0.99
