"""What `GapFiller` fills, with what, and what it leaves as it is."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import sids_core as sids
from sids_core.panel.panel import SIDS, Indicator, Panel

FAST: dict[str, Any] = {"n_estimators": 5, "n_predictors": 3, "n_folds": 2}
Matrix = NDArray[np.float64]


def models(filler: sids.GapFiller) -> list[Any]:
    """What fills each column; None for those left out."""
    return list(filler.models_)


def related(rows: int, columns: int, seed: int = 0, noise: float = 0.3) -> Matrix:
    """Columns that three factors explain."""
    random = np.random.default_rng(seed)
    loadings = np.random.default_rng(columns).normal(size=(3, columns))
    values = random.normal(size=(rows, 3)) @ loadings + noise * random.normal(size=(rows, columns))
    return np.asarray(values)


def with_gaps(full: Matrix, share: float = 0.1, seed: int = 1) -> Matrix:
    return np.where(np.random.default_rng(seed).random(full.shape) < share, np.nan, full)


def test_a_column_is_filled_as_sids_impute_fills_it() -> None:
    """On a table whose index says which rows are SIDS, and whose other rows have the indicator."""
    countries = tuple(sorted((*SIDS, *(f"Q{letter}X" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))))
    values = with_gaps(related(len(countries), 12))
    values[:, 0] = related(len(countries), 12)[:, 0]
    frame = pd.DataFrame(values, index=list(countries), columns=[f"d-{number:02}" for number in range(12)])
    frame.iloc[np.flatnonzero(frame.index.isin(SIDS))[::4], 0] = np.nan
    values = frame.to_numpy()[None]
    indicators = tuple(Indicator(code, code, "d") for code in map(str, frame))
    observed = np.isfinite(values).sum(axis=1).astype(np.int32)
    panel = Panel("version", countries, indicators, {"d": "Dataset"}, (2000,), values, observed)

    result = sids.impute(panel, "d-00", 2000, n_estimators=10, n_predictors=3)
    filler = sids.GapFiller(n_estimators=10, n_predictors=3).fit(frame)
    filled = pd.DataFrame(filler.transform(frame), index=frame.index)
    lower, upper = filler.predict_interval(frame)
    codes = list(result.countries)
    assert len(codes) == 13
    assert np.array_equal(filled.loc[codes, 0], result.values)
    assert np.array_equal(lower.loc[codes, "d-00"], result.lower)
    assert np.array_equal(upper.loc[codes, "d-00"], result.upper)
    model = models(filler)[0]
    assert model.rmse == pytest.approx(result.rmse)
    assert model.coverage == result.coverage
    assert list(model.importances) == list(result.predictors)
    assert (model.method, model.n_training, model.ensemble) == ("model", result.n_training, "etr")


def test_gaps_are_filled_far_better_than_by_the_mean_and_intervals_hold_also_for_new_rows() -> None:
    full = related(220, 12)
    X = with_gaps(full)
    filler = sids.GapFiller(n_estimators=20).fit(X[:110])
    for rows in (slice(0, 110), slice(110, 220)):
        hidden = np.isnan(X[rows])
        filled, (lower, upper) = filler.transform(X[rows]), filler.predict_interval(X[rows])
        error = (filled - full[rows])[hidden]
        plain = (np.nanmean(X[:110], axis=0) - full[rows])[hidden]
        assert np.sqrt(np.mean(error**2)) < 0.4 * np.sqrt(np.mean(plain**2))
        assert hidden.sum() > 100
        assert 0.84 < np.mean((lower <= full[rows]) & (full[rows] <= upper), where=hidden) < 0.97
        assert ((lower <= filled) & (filled <= upper)).all()


def test_nothing_is_learnt_from_the_rows_to_transform() -> None:
    X = with_gaps(related(60, 8))
    new = with_gaps(related(30, 8, seed=5), share=0.3, seed=6)
    filler = sids.GapFiller(**FAST).fit(X)
    together = filler.transform(new)
    alone = np.vstack([filler.transform(new[row : row + 1]) for row in range(30)])
    assert np.allclose(alone, together, rtol=1e-9, atol=1e-9)
    # Only the gaps of other rows shape a row's interval, not their values.
    others = np.where(np.arange(30)[:, None] == 0, new, 100 * new)
    for before, after in zip(filler.predict_interval(new), filler.predict_interval(others), strict=True):
        assert np.allclose(before[0], after[0], rtol=1e-9, atol=1e-9)


def test_a_row_without_any_value_is_filled() -> None:
    filler = sids.GapFiller(**FAST).fit(with_gaps(related(60, 8)))
    row = np.full((1, 8), np.nan)
    lower, upper = filler.predict_interval(row)
    assert ((lower < filler.transform(row)) & (filler.transform(row) < upper)).all()


ANY = st.one_of(
    st.just(np.nan),
    st.floats(-1e30, 1e30),
    st.sampled_from([-0.0, 0.0, 1.0, 5e-324, 1e-300, 3.4e38, 0.1 + 0.2]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(st.integers(1, 14), st.integers(1, 4)).flatmap(
        lambda shape: st.lists(
            st.lists(ANY, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        )
    ),
    st.booleans(),
)
def test_observed_values_stay_to_the_bit_and_no_gap_is_left(rows: list[list[float]], keep: bool) -> None:
    X = np.array(rows)
    given = X.copy()
    filler = sids.GapFiller(**FAST, keep_empty_features=keep)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        filled = filler.fit_transform(X)
    kept = np.isfinite(X).any(axis=0) | keep
    seen = np.isfinite(X[:, kept])
    assert X.tobytes() == given.tobytes()
    assert filled[seen].tobytes() == X[:, kept][seen].tobytes()
    assert np.isfinite(filled).all()
    lower, upper = filler.predict_interval(X)
    assert lower[seen].tobytes() == upper[seen].tobytes() == X[:, kept][seen].tobytes()
    assert len(filler.get_feature_names_out()) == filled.shape[1] == kept.sum()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "object", "Float64"])
def test_every_kind_of_number_is_taken(dtype: Any) -> None:
    frame = pd.DataFrame(np.round(100 * related(20, 5)).astype("int64")).astype(dtype)
    if dtype != "int64":
        frame.iloc[0, 0] = pd.NA if dtype == "Float64" else None
    filled = sids.GapFiller(**FAST).fit_transform(frame)
    assert filled.dtype == (np.float32 if dtype == "float32" else np.float64)
    assert np.array_equal(filled[1:], frame.iloc[1:].astype(float))
    assert np.isfinite(filled).all()


@pytest.fixture
def odd() -> pd.DataFrame:
    """Columns without values, with one, with seven, and with one value throughout."""
    frame = pd.DataFrame(related(20, 5), columns=list("abcde"))
    frame["empty"] = np.nan
    frame["single"] = [3.0] + [np.nan] * 19
    frame["seven"] = [*range(7), *[np.nan] * 13]
    frame["constant"] = [4.0] * 10 + [np.nan] * 10
    frame.iloc[0, 0] = np.nan
    return frame


def test_columns_without_values_are_left_out_by_name(odd: pd.DataFrame) -> None:
    filler = sids.GapFiller(**FAST)
    with pytest.warns(UserWarning, match="Skipping|median") as caught:
        filled = filler.fit_transform(odd)
    messages = [str(each.message) for each in caught]
    assert "Skipping features without any observed values: ['empty']" in messages[0]
    assert "['single', 'seven', 'constant']" in messages[1]
    assert filler.get_feature_names_out().tolist() == [*"abcde", "single", "seven", "constant"]
    assert filled[:, 5:].tolist()[-1] == [3.0, 3.0, 4.0]
    assert filled[0, 6] == 0.0
    lower, upper = filler.predict_interval(odd)
    assert list(lower) == list(upper) == filler.get_feature_names_out().tolist()
    assert lower.iloc[-1].isna().tolist() == [False] * 5 + [True] * 3
    assert [None if model is None else model.method for model in models(filler)][4:] == [
        "model", None, "median", "median", "median",
    ]  # fmt: skip


def test_columns_without_values_can_be_kept(odd: pd.DataFrame) -> None:
    filler = sids.GapFiller(**FAST, keep_empty_features=True)
    with pytest.warns(UserWarning, match="single"):
        filled = filler.set_output(transform="pandas").fit_transform(odd)
    assert list(filled) == list(odd)
    assert (filled["empty"] == 0).all()
    new = odd.iloc[:2].copy()
    new["empty"] = [7.0, np.nan]
    assert filler.transform(new)["empty"].tolist() == [7.0, 0.0]


def test_a_column_of_its_own_is_filled_with_its_median() -> None:
    with pytest.warns(UserWarning, match=r"median.*\['x0'\]"):
        filled = sids.GapFiller().fit_transform([[1.0], [2.0], [9.0], [np.nan]])
    assert filled.tolist() == [[1.0], [2.0], [9.0], [2.0]]


@pytest.mark.parametrize("selection", ["AFS", "PCA"])
@pytest.mark.parametrize("rare", [[1.0] + [0.0] * 19, [1e9 + 1e-6] + [1e9] * 19])
def test_predictors_that_hardly_vary_do_no_harm(selection: str, rare: list[float]) -> None:
    """Without the first row, the only predictor does not vary."""
    X = np.column_stack([related(20, 1)[:, 0], rare])
    X[5, 0] = np.nan
    filled = sids.GapFiller(**FAST, selection=selection).fit_transform(X)
    assert np.nanmin(X[:, 0]) < filled[5, 0] < np.nanmax(X[:, 0])


def test_complete_columns_can_be_skipped() -> None:
    X = related(60, 6)
    X[0, 0] = np.nan
    filler = sids.GapFiller(**FAST, skip_complete=True).fit(X)
    assert [model.method for model in models(filler)] == ["model"] + ["median"] * 5
    everything = sids.GapFiller(**FAST).fit(X)
    assert {model.method for model in models(everything)} == {"model"}
    assert np.array_equal(filler.transform(X), everything.transform(X))
    new = np.where(np.arange(6) == 3, np.nan, X[1:2])
    assert filler.transform(new)[0, 3] == np.median(X[:, 3])


def test_weights_say_whom_to_learn_from() -> None:
    """Two groups of rows in which the columns are related in opposite ways."""
    random = np.random.default_rng(0)
    x, first = random.normal(size=200), np.arange(200) % 2 == 0
    X = np.column_stack([np.where(first, x, -x), x + 0.01 * random.normal(size=200), random.normal(size=200)])
    filled = np.array([[np.nan, 2.0, 0.0]])
    for group, expected in ((first, 2.0), (~first, -2.0)):
        filler = sids.GapFiller(**FAST).fit(X, sample_weight=group.astype(float))
        assert filler.transform(filled)[0, 0] == pytest.approx(expected, abs=0.3)
        assert models(filler)[0].n_training == 100
    scaled = [sids.GapFiller(**FAST).fit(X, sample_weight=np.full(200, weight)).transform(filled) for weight in (1, 64)]
    assert np.array_equal(*scaled)


def test_a_column_known_in_rows_without_weight_only_is_kept() -> None:
    X = related(20, 4)
    X[1:, 0] = np.nan
    with pytest.warns(UserWarning, match=r"median.*\['x0'\]"):
        filled = sids.GapFiller(**FAST).fit(X, sample_weight=np.arange(20) > 0).transform(X)
    assert filled[:, 0].tolist() == [X[0, 0]] * 20


def test_small_islands_in_the_index_weigh_as_much_as_all_others() -> None:
    random = np.random.default_rng(0)
    index = [*SIDS[:20], *(f"row {number}" for number in range(180))]
    x = random.normal(size=200)
    small = np.arange(200) < 20
    X = np.column_stack([np.where(small, x + 3, x), x + 0.01 * random.normal(size=200), random.normal(size=200)])
    gap = np.array([[np.nan, 0.0, 0.0]])
    plain, weighted = (sids.GapFiller(**FAST).fit(each) for each in (X, pd.DataFrame(X, index=index)))
    assert plain.transform(gap)[0, 0] < 0.9 < 1.2 < weighted.transform(pd.DataFrame(gap))[0, 0]


@pytest.mark.parametrize(
    "index", [pd.MultiIndex.from_product([["FJI"], range(12)]), pd.Index([pd.NA] * 12), ["FJI"] * 12]
)
def test_any_index_is_taken(index: Any) -> None:
    frame = pd.DataFrame(with_gaps(related(12, 4)), index=index)
    filler = sids.GapFiller(**FAST).fit(frame)
    assert np.isfinite(filler.transform(frame)).all()
    assert filler.predict_interval(frame)[0].index.equals(frame.index)


def test_a_share_stays_below_a_hundred_and_counts_above_zero() -> None:
    full = related(80, 4, noise=0.5)
    shares = 100 / (1 + np.exp(-2 * full))
    frame = pd.DataFrame(with_gaps(shares), columns=["access, %", "b", "c", "d"])
    filler = sids.GapFiller(**FAST).fit(frame)
    lower, upper = filler.predict_interval(frame)
    assert lower.min().min() >= 0
    assert upper["access, %"].max() <= 100


def test_what_was_fitted_does_not_change_with_the_table() -> None:
    X = with_gaps(related(40, 5))
    filler = sids.GapFiller(**FAST).fit(X)
    before = filler.transform(X), *filler.predict_interval(X)
    given = X.copy()
    X[:] = 0.0
    after = filler.transform(given), *filler.predict_interval(given)
    for one, other in zip(before, after, strict=True):
        assert np.array_equal(one, other)
