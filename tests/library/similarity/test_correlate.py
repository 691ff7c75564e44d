"""Correlation against pandas and scipy, on tables with random gaps."""

import warnings
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy import stats

from sids_core.errors import RequestError, UnknownValueError
from sids_core.panel.panel import SIDS, Panel
from sids_core.similarity import COEFFICIENTS
from sids_core.similarity.correlate import CorrelationResult, correlate, correlations_with
from tests.library.similarity.conftest import CODES, MakePanel

Table = NDArray[np.float64]
REFERENCES = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}
# Few distinct values, so that ties, constant rows and equal rows are frequent.
CELLS = st.one_of(st.just(np.nan), st.integers(-3, 3).map(float), st.floats(-1e3, 1e3).map(lambda x: round(x, 3)))
TABLES = st.tuples(st.integers(2, 6), st.integers(2, 9)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=CELLS)
)


def correlated(panel: Panel, **changes: Any) -> CorrelationResult:
    arguments: dict[str, Any] = {"dataset": "d", "category": "c", "country": CODES[0], "year": 2001}
    return correlate(panel, **arguments | changes)


def by_country(result: CorrelationResult) -> dict[str, float]:
    return dict(zip(result.countries, result.correlations.tolist(), strict=True))


def reference(method: str, one: Table, other: Table) -> float:
    shared = np.isfinite(one) & np.isfinite(other)
    if shared.sum() < 2 or np.ptp(one[shared]) == 0 or np.ptp(other[shared]) == 0:
        return float("nan")
    return float(REFERENCES[method](one[shared], other[shared]).statistic)


@pytest.mark.parametrize("method", COEFFICIENTS)
@settings(max_examples=150, deadline=None)
@given(table=TABLES)
def test_each_pair_is_as_scipy_has_it(method: str, table: Table) -> None:
    found = correlations_with(table[0], table, method)
    np.testing.assert_allclose(found, [reference(method, table[0], row) for row in table], atol=1e-7)


@pytest.mark.parametrize("method", COEFFICIENTS)
@settings(max_examples=100, deadline=None)
@given(table=TABLES, seed=st.integers(0, 99))
def test_order_of_countries_and_indicators_does_not_matter(method: str, table: Table, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(table)), rng.permutation(table.shape[1])
    found = correlations_with(table[0], table, method)
    permuted = correlations_with(table[0][columns], table[rows][:, columns], method)
    np.testing.assert_allclose(permuted, found[rows], atol=1e-11)


@pytest.mark.parametrize("method", COEFFICIENTS)
def test_huge_and_tiny_values_have_a_correlation(method: str) -> None:
    table = np.array([[1.0, 2, 4, 3], [1e300, 2e300, 4e300, 3e300], [-1e-300, -2e-300, -4e-300, -3e-300]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(correlations_with(table[0], table, method), [1, 1, -1])


def planted(seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(len(SIDS), 12)) * 10.0 ** rng.integers(-3, 6, size=12)
    table[rng.random(table.shape) < 0.4] = np.nan
    table[3] = np.nan
    return table


@pytest.mark.parametrize("method", COEFFICIENTS)
@pytest.mark.parametrize("standardize", [False, True])
def test_the_answer_is_what_pandas_says_in_falling_order(
    make_panel: MakePanel, method: Literal["pearson", "spearman"], standardize: bool
) -> None:
    import pandas as pd

    table = pd.DataFrame(planted(), index=list(CODES))
    scaled = (table - table.mean()) / table.std(ddof=0) if standardize else table
    expected = scaled.T.corr(method=method, min_periods=4)[CODES[0]].drop(CODES[0])
    shared = (table.notna() & table.loc[CODES[0]].notna()).sum(axis=1).drop(CODES[0])
    result = correlated(make_panel(planted()), method=method, standardize=standardize, min_shared=4)
    found = by_country(result)
    assert set(found) == set(SIDS) - {CODES[0]}
    frame = result.to_frame().set_index("country")
    assert frame["shared_indicators"].to_dict() == shared.to_dict()
    assert frame["correlation"].to_dict() == pytest.approx(found, nan_ok=True)
    assert result.n_indicators == np.isfinite(planted()[0]).sum()
    for code, correlation in found.items():
        assert correlation == pytest.approx(expected[code], abs=1e-9, nan_ok=True), code
    order = [(np.isnan(r), -np.nan_to_num(r), code) for code, r in found.items()]
    assert order == sorted(order)
    assert np.isnan(found[CODES[3]])
    assert np.isfinite(result.correlations[:20]).all()


def test_too_few_shared_indicators_are_undefined(make_panel: MakePanel) -> None:
    table = np.full((len(SIDS), 4), np.nan)
    table[0] = [1, 2, 3, 5]
    table[1, :3] = [1, 2, 4]
    table[2, :2] = [2, 1]
    panel = make_panel(table)
    assert [np.isnan(by_country(correlated(panel))[code]) for code in CODES[1:4]] == [False, True, True]
    assert by_country(correlated(panel, min_shared=2))[CODES[2]] == -1
    assert np.isnan(by_country(correlated(panel, min_shared=4))[CODES[1]])


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"year": 1999}, "unknown_year", "year '1999' is unknown; allowed: 2000, 2001"),
        ({"dataset": "x"}, "unknown_dataset", "dataset 'x' is unknown; allowed: d, e"),
        ({"category": "x"}, "unknown_category", "category 'x' is unknown; allowed: c, empty"),
        ({"country": "USA"}, "unknown_country", "country 'USA' is unknown; "),
        ({"country": CODES[3]}, "no_data", f"country '{CODES[3]}' has no value in category 'c' of dataset 'd'"),
        ({"year": 2000}, "no_data", "no SIDS has a value in category 'c' of dataset 'd' in 2000; years with"),
        ({"method": "kendall"}, "unknown_method", "method 'kendall' is unknown; allowed: pearson, spearman"),
        ({"min_shared": 1}, "value_error", "min_shared is 1; it must be at least 2"),
        ({"category": "empty"}, "no_data", "in 2001; years with values: none"),
    ],
)
def test_refusals_name_the_value_and_the_allowed_ones(
    make_panel: MakePanel, changes: dict[str, Any], kind: str, message: str
) -> None:
    with pytest.raises(RequestError) as caught:
        correlated(make_panel(planted()), **changes)
    assert caught.value.kind == kind
    assert message in str(caught.value)
    assert isinstance(caught.value, UnknownValueError) == kind.startswith("unknown")
    if changes.get("country") == CODES[3]:
        assert ", ".join(code for code in CODES if code != CODES[3]) in str(caught.value)
