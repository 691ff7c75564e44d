"""Interpolation against pandas' DataFrame.interpolate, and what no method may do."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from sids_core.errors import RequestError, UnknownValueError
from sids_core.interpolation.catalogue import countries, methods, targets
from sids_core.interpolation.methods import METHODS, Outside
from sids_core.interpolation.schemas import LARGEST_ORDER, ImputeRequest, ImputeResponse
from sids_core.interpolation.service import impute
from tests.library.interpolation.conftest import MakePanel

FigureSeries = NDArray[np.float64]
GAP = np.nan
DIRECTIONS = ("forward", "backward", "both")
VARIANTS = [
    (name, order)
    for name, method in METHODS.items()
    for order in (range(1, LARGEST_ORDER + 1) if method.takes_order else (None,))
]
# A smoothing spline says so where it stops before it is as smooth as it was told to be.
SMOOTHING = pytest.mark.filterwarnings(
    r"ignore:\s*(The maximal number of iterations|A theoretically impossible result):UserWarning"
)
FIGURES = st.floats(-1e6, 1e6).map(lambda figure: round(figure, 4))


@st.composite
def a_series(draw: st.DrawFn, fewest: int) -> FigureSeries:
    """At least so many figures, with gaps before, between and after them."""
    figures = draw(st.lists(FIGURES, min_size=fewest, max_size=20))
    gaps = draw(st.lists(st.integers(0, len(figures)), min_size=0 if figures else 1, max_size=11))
    return np.insert(np.array(figures), gaps, GAP)


def request(**changes: Any) -> ImputeRequest:
    return ImputeRequest.model_validate({"target": "d-1", "country": "FJI", "method": "linear"} | changes)


def filled(answer: ImputeResponse) -> FigureSeries:
    (row,) = answer.imputed_series.data
    return np.array(row, dtype=np.float64)


def by_pandas(years: tuple[int, ...], series: FigureSeries, method: str, direction: str, d: int | None) -> FigureSeries:
    frame = pd.DataFrame([series], index=["row"], columns=list(years))
    options: dict[str, Any] = {"method": method, "limit_direction": direction, "axis": 1}
    if d is not None:
        options["order"] = d
    return frame.interpolate(**options).loc["row"].to_numpy(np.float64)


@SMOOTHING
@pytest.mark.parametrize(("method", "d"), VARIANTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), direction=st.sampled_from(DIRECTIONS), widest=st.integers(1, 3))
def test_it_is_pandas_interpolate(
    make_panel: MakePanel, method: str, d: int | None, data: st.DataObject, direction: str, widest: int
) -> None:
    series = data.draw(a_series(METHODS[method].fewest_observations(d)))
    observed = np.isfinite(series)
    steps = np.random.default_rng(len(series)).integers(1, widest + 1, size=len(series))
    years = tuple((1990 + steps.cumsum()).tolist())
    answer = impute(make_panel(years, FJI=series), request(method=method, direction=direction, d=d))
    expected = by_pandas(years, series, method, direction, d)
    np.testing.assert_array_equal(filled(answer), np.where(np.isfinite(expected), expected, np.nan))
    np.testing.assert_array_equal(filled(answer)[observed], series[observed])
    assert answer.missing_years == [str(year) for year, seen in zip(years, observed, strict=True) if not seen]
    assert answer.imputed_series.index == [("d-1", "FJI")]
    assert answer.imputed_series.columns == list(years)


@SMOOTHING
@pytest.mark.parametrize(("method", "d"), VARIANTS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), direction=st.sampled_from(DIRECTIONS))
def test_nothing_is_filled_where_method_or_direction_define_nothing(
    make_panel: MakePanel, method: str, d: int | None, data: st.DataObject, direction: str
) -> None:
    series = data.draw(a_series(METHODS[method].fewest_observations(d)))
    seen = np.flatnonzero(np.isfinite(series))
    got = filled(impute(make_panel(FJI=series), request(method=method, direction=direction, d=d)))
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
def test_between_two_figures_these_methods_stay_between_them(
    make_panel: MakePanel, method: str, series: FigureSeries
) -> None:
    seen = np.flatnonzero(np.isfinite(series))
    got = filled(impute(make_panel(FJI=series), request(method=method)))
    for left, right in pairwise(seen):
        low, high = sorted((series[left], series[right]))
        slack = 1e-9 * max(abs(low), abs(high))
        assert ((got[left : right + 1] >= low - slack) & (got[left : right + 1] <= high + slack)).all()


@pytest.mark.parametrize(("method", "d"), VARIANTS)
def test_the_fewest_observations_are_those_that_pandas_needs(make_panel: MakePanel, method: str, d: int | None) -> None:
    needed = METHODS[method].fewest_observations(d)
    series = np.full(12, GAP)
    series[2 : 2 + needed] = np.arange(needed) ** 2.0
    impute(make_panel(FJI=series), request(method=method, d=d))
    series[2] = GAP
    if needed > 1:
        with pytest.raises(
            RequestError, match=rf"'{method}'.* needs at least {needed} observed years; .*{needed - 1} in"
        ) as caught:
            impute(make_panel(FJI=series), request(method=method, d=d))
        assert caught.value.kind == "too_few_observations"
        with pytest.raises(Exception, match=r"."):
            by_pandas(tuple(range(12)), series, method, "both", d)


def test_a_complete_series_comes_back_whatever_the_method_needs(make_panel: MakePanel) -> None:
    answer = impute(make_panel(FJI=np.array([0.1, 0.3])), request(method="cubic"))
    assert answer.missing_years == []
    assert answer.imputed_series.data == [[0.1, 0.3]]


def test_both_is_the_default_direction(make_panel: MakePanel) -> None:
    answer = impute(make_panel(FJI=np.array([GAP, 1.0, GAP, 3.0, GAP])), request())
    assert answer.imputed_series.data == [[1, 1, 2, 3, 3]]
    assert answer.missing_years == ["1990", "1992", "1994"]


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"target": "d-9"}, "unknown_target", "target 'd-9' is unknown; allowed: d-1, d-2"),
        ({"country": "AUS"}, "unknown_country", "country 'AUS' is unknown; allowed: FJI, TON"),
        ({"country": "TUV"}, "no_data", "country 'TUV' has no figure of target 'd-1'; those that have: FJI, TON"),
        ({"target": "d-2"}, "no_data", "country 'FJI' has no figure of target 'd-2'; those that have: none"),
    ],
)
def test_refusals_name_the_value_and_the_allowed_ones(
    make_panel: MakePanel, changes: dict[str, str], kind: str, message: str
) -> None:
    panel = make_panel(FJI=np.array([1.0, GAP]), TON=np.array([GAP, 2.0]))
    with pytest.raises(RequestError) as caught:
        impute(panel, request(**changes))
    assert (caught.value.kind, str(caught.value)) == (kind, message)
    assert isinstance(caught.value, UnknownValueError) == kind.startswith("unknown")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"method": "spline"}, "d"),
        ({"method": "polynomial"}, "d"),
        ({"method": "spline", "d": 4}, "d"),
        ({"method": "spline", "d": 0}, "d"),
        ({"method": "barycentric"}, "method"),
        ({"direction": "sideways"}, "direction"),
    ],
)
def test_malformed_requests_are_located(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        request(**changes)
    assert [fault["loc"] for fault in caught.value.errors()] == [(field,)]


def test_the_catalogue_lists_what_can_be_interpolated(make_panel: MakePanel) -> None:
    panel = make_panel(FJI=np.array([1.0, GAP]), TON=np.array([GAP, 2.0]), TUV=np.array([GAP, GAP]))
    assert targets(panel) == {"d-1": "One-total"}
    assert countries(panel, "d-1") == ["FJI", "TON"]
    assert countries(panel, "d-2") == []
    with pytest.raises(UnknownValueError):
        countries(panel, "d-9")


def test_the_methods_are_described() -> None:
    told = {method.value: method for method in methods()}
    assert list(told) == list(METHODS)
    assert [name for name, method in told.items() if method.takes_d] == ["spline", "polynomial"]
    assert told["spline"].fewest_observations == {"1": 2, "2": 3, "3": 4}
    assert told["cubic"].fewest_observations == 4
