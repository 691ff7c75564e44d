import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import inverse_class_weights, stratified_folds
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.intervals.calibration import conformal_quantile

SAMPLE = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(SAMPLE, st.floats(0.01, 0.99))
def test_the_conformal_quantile_is_the_order_statistic(values: list[float], level: float) -> None:
    count = len(values)
    rank = min(int(np.ceil(level * (count + 1) - 1e-9)), count)
    assert conformal_quantile(np.array(values), np.ones(count), level) == sorted(values)[max(rank, 1) - 1]


@given(SAMPLE, st.floats(0.01, 0.99), st.integers(2, 5))
def test_weights_count_like_copies(values: list[float], level: float, copies: int) -> None:
    """Up to the new observation's share, which copies make smaller: so never a larger quantile than with weights."""
    weighted = conformal_quantile(np.array(values), np.full(len(values), copies), level)
    assert weighted == conformal_quantile(np.array(values), np.ones(len(values)), level)
    assert weighted >= conformal_quantile(np.repeat(values, copies), np.ones(len(values) * copies), level)


def simulated(random: np.random.Generator, rows: int) -> tuple[NDArray[np.float64], ...]:
    """Target, predictions and too narrow quantiles (2, rows), with heavy-tailed errors of varying size."""
    predicted = random.normal(size=rows)
    scale = 0.5 + random.random(rows)
    y = predicted + scale * random.standard_t(4, size=rows)
    return y, predicted, np.stack([predicted - scale, predicted + scale])


@pytest.mark.parametrize("name", INTERVALS)
def test_intervals_cover_nine_of_ten_new_observations(name: str) -> None:
    random = np.random.default_rng(20)
    covered = []
    for _ in range(200):
        y, predicted, quantiles = simulated(random, 100)
        interval = INTERVALS.load(name)(0.9).fit(y, predicted, quantiles, np.ones(100))
        truth, predicted, quantiles = simulated(random, 100)
        lower, upper = interval.bounds(predicted, quantiles)
        assert (lower <= predicted).all()
        assert (predicted <= upper).all()
        covered.append(np.mean((lower <= truth) & (truth <= upper)))
    assert 0.89 < np.mean(covered) < 0.925


def test_the_rows_that_weigh_more_decide_the_width() -> None:
    random = np.random.default_rng(21)
    is_sids = np.arange(200) < 40
    error = np.where(is_sids, 5.0, 1.0) * random.normal(size=200)
    weight = inverse_class_weights(is_sids)
    for name in INTERVALS:
        quantiles = np.zeros((2, 200))
        even = INTERVALS.load(name)(0.9).fit(error, np.zeros(200), quantiles, np.ones(200))
        weighted = INTERVALS.load(name)(0.9).fit(error, np.zeros(200), quantiles, weight)
        one = np.zeros(1), np.zeros((2, 1))
        assert np.diff(weighted.bounds(*one), axis=0) > 1.3 * np.diff(even.bounds(*one), axis=0)


@given(st.lists(st.booleans(), min_size=10, max_size=80), st.integers(2, 10))
def test_folds_share_sids_evenly(sids: list[bool], folds: int) -> None:
    is_sids = np.array(sids)
    fold = stratified_folds(is_sids, folds)
    for group in (is_sids, ~is_sids, np.ones_like(is_sids)):
        sizes = np.bincount(fold[group], minlength=folds)
        assert sizes.max() - sizes.min() <= 1


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_weights_balance_the_classes(sids: list[bool]) -> None:
    is_sids = np.array(sids)
    weight = inverse_class_weights(is_sids)
    assert weight.mean() == pytest.approx(1)
    if is_sids.any() and not is_sids.all():
        assert weight[is_sids].sum() == pytest.approx(weight[~is_sids].sum())
