"""Smoothing splines against pandas, whose compiled ones may end the process and therefore run in a child."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.interpolation import filled_by_pandas, is_equal
from sids_core.interpolation.interpolate import fill, interpolate
from sids_core.interpolation.smoothing_spline import fit_smoothing_spline
from sids_core.panel.open import open_panel
from sids_core.panel.panel import Panel

ORDERS = (1, 2, 3)
EVERY = 150
"""Of the real series; `python -m benchmarks.interpolation` takes every one."""

DIFFERENT = 0.01
"""Share of the series in which intervals tie but for rounding errors, so that pandas puts a knot elsewhere."""


def drawn_series(count: int) -> list[NDArray[np.float64]]:
    """Noise and random walks of all sizes with gaps."""
    random = np.random.default_rng(5)
    drawn = []
    for _ in range(count):
        values = random.normal(size=40) * random.choice([0.3, 5.0, 100.0, 1e6])
        values = np.cumsum(values) if random.random() < 0.5 else values
        drawn.append(np.where(random.random(40) < random.uniform(0.1, 0.8), np.nan, values))
    return [values for values in drawn if np.isfinite(values).sum() > max(ORDERS)]


def different(years: tuple[int, ...], series: list[NDArray[np.float64]], order: int) -> list[bool]:
    """Whether each filled series differs from that of pandas, where it has one."""
    ours = [fill(years, values, "spline", "both", order) for values in series]
    assert np.isfinite(ours).all()
    known = filled_by_pandas(years, series, "spline", order)
    return [each is not None and not is_equal(own, each) for own, each in zip(ours, known, strict=True)]


@pytest.mark.parametrize("order", ORDERS)
def test_drawn_series_get_the_values_of_pandas(order: int) -> None:
    assert np.mean(different(tuple(range(1980, 2020)), drawn_series(200), order)) <= DIFFERENT


@pytest.mark.parametrize("order", ORDERS)
def test_real_series_get_the_values_of_pandas_where_it_has_some(real_panel: Panel, order: int) -> None:
    sids = real_panel.values[:, real_panel.is_sids].reshape(len(real_panel.years), -1).T
    observed = np.isfinite(sids).sum(axis=1)
    series = list(sids[(observed > order) & (observed < len(real_panel.years))][::EVERY])
    assert np.mean(different(real_panel.years, series, order)) <= DIFFERENT


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.0, 1.0, 70.0, 1e4, -1e9, 1e30]), min_size=4, max_size=40),
    steps=st.integers(1, 4),
)
def test_zeros_and_spikes_are_answered(values: list[float], steps: int, order: int) -> None:
    x = np.arange(len(values), dtype=np.float64) * steps
    spline = fit_smoothing_spline(x, np.array(values), order)
    assert np.isfinite(spline(np.array([x[0] - 1, *x, x[-1] + 1]))).all()


@pytest.mark.parametrize("order", ORDERS)
def test_the_series_that_ended_the_process_is_answered(cases: Path, order: int) -> None:
    panel = open_panel(cases / "spline-crash" / "data")
    result = interpolate(panel, "d-a", "FJI", method="spline", order=order)
    assert np.isfinite(result.values).all()


def test_a_spline_that_runs_away_says_so(cases: Path) -> None:
    result = interpolate(open_panel(cases / "spline-wild" / "data"), "d-pct", "FJI", method="spline", order=3)
    seen, filled = result.values[result.observed], result.values[~result.observed]
    beyond = max(filled.max() - seen.max(), seen.min() - filled.min())
    assert result.excess == pytest.approx(beyond / np.ptp(seen))
    assert result.excess > 1
    (warning,) = result.warnings
    assert f"{result.excess:.3g} times the range of the observed ones" in warning
