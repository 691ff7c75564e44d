"""Interpolation against pandas' DataFrame.interpolate, and what no method may do."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.interpolation import VARIANTS
from sids_core.errors import RequestError, UnknownValueError
from sids_core.interpolation import METHODS, Outside
from sids_core.interpolation.interpolate import InterpolationResult, countries, indicators, interpolate
from sids_core.panel.panel import Panel
from tests.library.interpolation.conftest import MakePanel

Observations = NDArray[np.float64]
GAP = np.nan
DIRECTIONS = ("forward", "backward", "both")
VALUES = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))


@st.composite
def a_series(draw: st.DrawFn, fewest: int) -> Observations:
    """At least `fewest` values, with gaps before, between and after them."""
    values = draw(st.lists(VALUES, min_size=fewest, max_size=20))
    gaps = draw(st.lists(st.integers(0, len(values)), min_size=0 if values else 1, max_size=11))
    return np.insert(np.array(values), gaps, GAP)


def fill(panel: Panel, **changes: Any) -> InterpolationResult:
    arguments: dict[str, Any] = {"indicator": "d-1", "country": "FJI", "method": "linear"}
    return interpolate(panel, **arguments | changes)


def by_pandas(
    years: tuple[int, ...], series: Observations, method: str, direction: str, order: int | None
) -> Observations:
    frame = pd.DataFrame([series], index=["row"], columns=list(years))
    options: dict[str, Any] = {"method": method, "limit_direction": direction, "axis": 1}
    if order is not None:
        options["order"] = order
    return frame.interpolate(**options).loc["row"].to_numpy(np.float64)


# The spline of pandas may end the process: test_smoothing_spline.py has it.
@pytest.mark.parametrize(("method", "order"), [(name, order) for name, order in VARIANTS if name != "spline"])
@settings(max_examples=40, deadline=None)
@given(data=st.data(), direction=st.sampled_from(DIRECTIONS), widest=st.integers(1, 3))
def test_it_is_pandas_interpolate(
    make_panel: MakePanel, method: str, order: int | None, data: st.DataObject, direction: str, widest: int
) -> None:
    series = data.draw(a_series(METHODS[method].fewest_observations(order)))
    observed = np.isfinite(series)
    steps = np.random.default_rng(len(series)).integers(1, widest + 1, size=len(series))
    years = tuple((1990 + steps.cumsum()).tolist())
    result = fill(make_panel(years, FJI=series), method=method, direction=direction, order=order)
    expected = by_pandas(years, series, method, direction, order)
    np.testing.assert_array_equal(result.values, expected)
    np.testing.assert_array_equal(result.values[observed], series[observed])
    np.testing.assert_array_equal(result.observed, observed)
    assert result.missing_years == tuple(year for year, seen in zip(years, observed, strict=True) if not seen)
    assert (result.indicator, result.country) == ("d-1", "FJI")
    assert result.years == years
    assert result.to_frame()["value"].tolist() == pytest.approx(expected.tolist(), nan_ok=True)


@pytest.mark.parametrize(("method", "order"), VARIANTS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), direction=st.sampled_from(DIRECTIONS))
def test_nothing_is_filled_where_method_or_direction_define_nothing(
    make_panel: MakePanel, method: str, order: int | None, data: st.DataObject, direction: str
) -> None:
    series = data.draw(a_series(METHODS[method].fewest_observations(order)))
    seen = np.flatnonzero(np.isfinite(series))
    got = fill(make_panel(FJI=series), method=method, direction=direction, order=order).values
    before, inside, after = got[: seen[0]], got[seen[0] : seen[-1] + 1], got[seen[-1] + 1 :]
    assert np.isfinite(inside).all()
    for end, opposite, nearest in ((before, "forward", got[seen[0]]), (after, "backward", got[seen[-1]])):
        if direction == opposite or METHODS[method].outside is Outside.MISSING:
            assert np.isnan(end).all()
        else:
            assert np.isfinite(end).all()
            assert METHODS[method].outside is Outside.EXTRAPOLATED or (end == nearest).all()


@pytest.mark.parametrize("method", ["linear", "nearest", "zero", "slinear", "piecewise_polynomial", "pchip"])
@settings(max_examples=30, deadline=None)
@given(series=a_series(2))
def test_between_two_observations_these_methods_stay_between_them(
    make_panel: MakePanel, method: str, series: Observations
) -> None:
    seen = np.flatnonzero(np.isfinite(series))
    got = fill(make_panel(FJI=series), method=method).values
    for left, right in pairwise(seen):
        low, high = sorted((series[left], series[right]))
        slack = 1e-9 * max(abs(low), abs(high))
        assert ((got[left : right + 1] >= low - slack) & (got[left : right + 1] <= high + slack)).all()


@pytest.mark.parametrize(("method", "order"), VARIANTS)
def test_the_fewest_observations_are_those_that_pandas_needs(
    make_panel: MakePanel, method: str, order: int | None
) -> None:
    needed = METHODS[method].fewest_observations(order)
    series = np.full(12, GAP)
    series[2 : 2 + needed] = np.arange(needed) ** 2.0
    fill(make_panel(FJI=series), method=method, order=order)
    series[2] = GAP
    if needed > 1:
        with pytest.raises(
            RequestError, match=rf"'{method}'.* needs at least {needed} observed years; .*{needed - 1} in"
        ) as caught:
            fill(make_panel(FJI=series), method=method, order=order)
        assert caught.value.kind == "too_few_observations"
        with pytest.raises(Exception, match=r"."):
            by_pandas(tuple(range(12)), series, method, "both", order)


def test_a_complete_series_comes_back_whatever_the_method_needs(make_panel: MakePanel) -> None:
    result = fill(make_panel(FJI=np.array([0.1, 0.3])), method="cubic")
    assert result.missing_years == ()
    assert result.values.tolist() == [0.1, 0.3]


@pytest.mark.parametrize(
    ("series", "excess"),
    [
        ([GAP, 50.0, GAP, 90.0, GAP], 0.0),
        ([0.0, 1.0, GAP, GAP], 2.0),
        ([GAP, 1.0, 0.0, GAP, GAP], 2.0),
        ([5.0, 5.0, GAP], 0.0),
    ],
)
def test_it_says_how_far_filled_values_go_beyond_the_observed_ones(
    make_panel: MakePanel, series: list[float], excess: float
) -> None:
    method = "linear" if excess == 0 else "cubicspline"
    result = fill(make_panel(FJI=np.array(series)), method=method)
    assert result.excess == pytest.approx(excess)
    assert bool(result.warnings) == (excess > 1)


def test_both_is_the_default_direction(make_panel: MakePanel) -> None:
    result = interpolate(make_panel(FJI=np.array([GAP, 1.0, GAP, 3.0, GAP])), "d-1", "FJI")
    assert result.values.tolist() == [1, 1, 2, 3, 3]
    assert result.missing_years == (1990, 1992, 1994)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"indicator": "d-9"}, "unknown_indicator", "indicator 'd-9' is unknown; allowed: d-1, d-2"),
        ({"country": "AUS"}, "unknown_country", "country 'AUS' is unknown; allowed: FJI, TON"),
        (
            {"country": "TUV"},
            "no_data",
            "country 'TUV' has no value of indicator 'd-1'; countries with values: FJI, TON",
        ),
        ({"indicator": "d-2"}, "no_data", "country 'FJI' has no value of indicator 'd-2'; countries with values: none"),
        ({"direction": "up"}, "unknown_direction", "direction 'up' is unknown; allowed: forward, backward, both"),
        ({"method": "spline"}, "value_error", "method 'spline' needs an order, 1 to 3; got None"),
        ({"method": "polynomial", "order": 4}, "value_error", "method 'polynomial' needs an order, 1 to 3; got 4"),
    ],
)
def test_refusals_name_the_value_and_the_allowed_ones(
    make_panel: MakePanel, changes: dict[str, str], kind: str, message: str
) -> None:
    panel = make_panel(FJI=np.array([1.0, GAP]), TON=np.array([GAP, 2.0]))
    with pytest.raises(RequestError) as caught:
        fill(panel, **changes)
    assert (caught.value.kind, str(caught.value)) == (kind, message)
    assert isinstance(caught.value, UnknownValueError) == kind.startswith("unknown")


def test_an_unknown_method_lists_the_closest(make_panel: MakePanel) -> None:
    with pytest.raises(UnknownValueError, match=r"method 'cubicsplin' is unknown; .*cubicspline"):
        fill(make_panel(FJI=np.array([1.0, GAP])), method="cubicsplin")


def test_the_catalogue_lists_what_can_be_interpolated(make_panel: MakePanel) -> None:
    panel = make_panel(FJI=np.array([1.0, GAP]), TON=np.array([GAP, 2.0]), TUV=np.array([GAP, GAP]))
    assert indicators(panel) == {"d-1": "One-total"}
    assert countries(panel, "d-1") == ["FJI", "TON"]
    assert countries(panel, "d-2") == []
    with pytest.raises(UnknownValueError):
        countries(panel, "d-9")
