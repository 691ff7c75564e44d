"""Filling along time, and the gaps of one country worn by another."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sids_core.imputation.year_slice import YearSlice
from sids_core.panel.panel import Panel
from sids_core.panel.sparse import SparseValues

MakeYears = Callable[[NDArray[np.float64]], Panel]
CELLS = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6))


def slice_of(panel: Panel, year: int, *, along_time: bool = True) -> YearSlice:
    return YearSlice.of(panel, year, np.arange(len(panel.indicators)), along_time=along_time)


@given(values=arrays(np.float64, (6, 2, 2), elements=CELLS), year=st.integers(0, 5))
def test_it_is_pandas_linear_interpolation_with_nearest_values_at_the_ends(
    make_years: MakeYears, values: NDArray[np.float64], year: int
) -> None:
    panel = make_years(values)
    found = slice_of(panel, year).values
    series = pd.DataFrame(panel.values.reshape(6, -1), index=panel.years)
    expected = series.interpolate("index", limit_direction="both").iloc[year].to_numpy().reshape(found.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-6)


def test_without_other_years_the_slice_is_the_year(make_years: MakeYears) -> None:
    panel = make_years(np.array([[[1.0, 5.0]], [[np.nan, 6.0]]]))
    alone = slice_of(panel, 1, along_time=False)
    assert np.isnan(alone.values[0, 0])
    assert alone.values[0, 1] == 6
    assert slice_of(panel, 1).values[0].tolist() == [1, 6]


def test_a_row_takes_its_donors_values_from_the_years_the_donor_takes_them_from(make_years: MakeYears) -> None:
    donor = [[10.0, np.nan, np.nan], [np.nan, np.nan, 30.0], [np.nan, np.nan, np.nan]]
    row = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    panel = make_years(np.array([donor, row]).swapaxes(0, 1))
    year = slice_of(panel, 1)
    worn = year.with_gaps_of(np.array([0]), np.array([1]))
    # Carried from the first year, missing in every year, and observed in the year itself.
    assert worn[0, 0] == 1
    assert np.isnan(worn[0, 1])
    assert worn[0, 2] == 6
    assert year.with_gaps_of(np.array([1]), np.array([1]))[0].tolist() == [4, 5, 6]


@given(values=arrays(np.float64, (5, 3, 3), elements=CELLS), year=st.integers(0, 4))
def test_it_is_the_same_of_sparse_values(make_years: MakeYears, values: NDArray[np.float64], year: int) -> None:
    panel = make_years(values)
    whole = slice_of(panel, year)
    sparse = slice_of(replace(panel, values=SparseValues.of(values.shape, iter(values)).as_array()), year)
    for name in ("observed", "before", "after", "values"):
        np.testing.assert_array_equal(getattr(sparse, name), getattr(whole, name))


@given(values=arrays(np.float64, (4, 3, 3), elements=CELLS), data=st.data())
def test_a_row_never_has_what_its_donor_lacks_and_its_own_gaps_stay(
    make_years: MakeYears, values: NDArray[np.float64], data: st.DataObject
) -> None:
    year = slice_of(make_years(values), data.draw(st.integers(0, 3)))
    donor, row = (np.array([data.draw(st.integers(0, 2))]) for _ in range(2))
    worn = year.with_gaps_of(donor, row)
    assert np.isnan(worn[np.isnan(year.values[donor])]).all()
    same_years = np.isfinite(year.observed[donor])
    assert np.array_equal(worn[same_years], year.values[row][same_years], equal_nan=True)


def test_the_years_own_value_never_stands_in_for_an_older_one(make_years: MakeYears) -> None:
    """The donor has the first year alone, the row the last alone: the row's value is newer than the donor's."""
    panel = make_years(np.array([[[10.0], [np.nan]], [[np.nan], [np.nan]], [[np.nan], [4.0]]]))
    assert np.isnan(slice_of(panel, 2).with_gaps_of(np.array([0]), np.array([1]))).all()


@pytest.fixture(scope="session")
def make_years() -> MakeYears:
    """Builds a panel from values (years, countries, indicators), with a year missing between the second and third."""

    def make(values: NDArray[np.float64]) -> Panel:
        from sids_core.panel.panel import SIDS, Indicator

        years = tuple(2000 + year + (year > 1) for year in range(len(values)))
        indicators = tuple(Indicator(f"d-{number}", "", "d") for number in range(values.shape[2]))
        observed = np.isfinite(values).sum(axis=1).astype(np.int32)
        return Panel("version", SIDS[: values.shape[1]], indicators, {"d": "Dataset"}, years, values, observed)

    return make
