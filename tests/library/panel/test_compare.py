"""What changed between two datasets: counted from changes that the tests made."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sids_core import open_panel
from sids_core.panel.compare import Codes, compare
from sids_core.panel.panel import Panel

Cells = Mapping[tuple[str, str, int], float]
COUNTRIES, INDICATORS, YEARS = ("FJI", "TON", "DEU"), ("wdi-A", "wdi-B", "sdg-C"), (2000, 2001)
OLD: Cells = {("FJI", "wdi-A", 2000): 10.0, ("TON", "wdi-A", 2000): 0.0, ("FJI", "wdi-B", 2001): 5.0}


def panel(cells: Cells, **names: str) -> Panel:
    rows = [(country, indicator, year, value) for (country, indicator, year), value in cells.items()]
    data = pd.DataFrame(rows, columns=["Country Code", "Indicator Code", "year", "value"])
    wide = data.pivot(index=["Country Code", "Indicator Code"], columns="year", values="value").reset_index()
    codes = sorted({indicator for _, indicator, _ in cells})
    meta = pd.DataFrame(
        [
            {"Indicator Code": c, "Indicator": names.get(c[-1], c), "Category": "", "Dimension": "", "Dataset": c[:3]}
            for c in codes
        ]
    )
    datasets = pd.DataFrame({"Dataset Code": ["wdi", "sdg"], "Dataset Name": [names.get("wdi", "WDI"), "SDG"]})
    wide.columns = [str(column) for column in wide.columns]
    return open_panel({"indicatorMeta": meta, "datasetMeta": datasets, "indicatorData": wide})


def test_nothing_changed() -> None:
    found = compare(panel(OLD), panel(OLD))
    assert found.versions[0] == found.versions[1]
    assert (found.values, found.metadata, found.same) == ((), (), 3)
    assert found.indicators == found.countries == found.years == found.datasets == Codes((), ())


def test_values_are_counted_by_indicator_with_the_largest_relative_change() -> None:
    new = {**OLD, ("FJI", "wdi-A", 2000): 15.0, ("TON", "wdi-A", 2000): 1e-9, ("FJI", "wdi-A", 2001): 1.0}
    (change,) = compare(panel(OLD), panel(new)).values
    assert (change.code, change.added, change.removed, change.changed, change.same) == ("wdi-A", 1, 0, 2, 0)
    assert change.largest is not None
    assert (change.largest.country, change.largest.before, change.largest.relative) == ("TON", 0.0, math.inf)
    (change,) = compare(panel(new), panel({**new, ("FJI", "wdi-A", 2000): 3.0})).values
    assert change.largest is not None
    assert (change.largest.year, change.largest.after, change.largest.relative) == (2000, 3.0, -0.8)


def test_codes_that_only_one_has() -> None:
    new = {key: value for key, value in OLD.items() if key[1] != "wdi-B"} | {("DEU", "sdg-C", 1999): 1.0}
    found = compare(panel(OLD), panel(new))
    assert found.indicators == Codes(("sdg-C",), ("wdi-B",))
    assert found.datasets == Codes(("sdg",), ())
    assert found.countries == Codes(("DEU",), ())
    assert found.years == Codes(("1999",), ("2001",))
    counts = {change.code: (change.added, change.removed) for change in found.values}
    assert counts == {"sdg-C": (1, 0), "wdi-B": (0, 1)}


def test_texts_that_changed() -> None:
    found = compare(panel(OLD, A="Access"), panel(OLD, A="Access to water", wdi="World"))
    assert [(each.code, each.what, each.before, each.after) for each in found.metadata] == [
        ("wdi-A", "name", "Access", "Access to water"),
        ("wdi", "dataset name", "WDI", "World"),
    ]
    assert found.values == ()


@pytest.mark.parametrize(("before", "after"), [(9e29, -9e29), (2e-30, 9e29), (1.0, 1.0 + 2**-52), (9e29, 8e29)])
def test_extreme_values(before: float, after: float) -> None:
    key = ("FJI", "wdi-A", 2000)
    (change,) = compare(panel({key: before}), panel({key: after})).values
    assert change.largest is not None
    assert (change.changed, change.largest.before, change.largest.after) == (1, before, after)


cells = st.dictionaries(
    st.tuples(st.sampled_from(COUNTRIES), st.sampled_from(INDICATORS), st.sampled_from(YEARS)),
    st.sampled_from([0.0, 1.0, -2.5, 1e6]),
    min_size=1,
)


@settings(max_examples=25, deadline=None)
@given(cells, cells)
def test_every_cell_is_counted_once(old: Cells, new: Cells) -> None:
    found = compare(panel(old), panel(new))
    both = old.keys() & new.keys()
    assert found.total("added") == len(new.keys() - old.keys())
    assert found.total("removed") == len(old.keys() - new.keys())
    assert found.total("changed") == sum(old[key] != new[key] for key in both)
    assert found.same == sum(old[key] == new[key] for key in both)
    back = compare(panel(new), panel(old))
    assert (back.total("added"), back.total("removed")) == (found.total("removed"), found.total("added"))
    for change in found.values:
        if change.largest is not None:
            key = (change.largest.country, change.code, change.largest.year)
            assert (old[key], new[key]) == (change.largest.before, change.largest.after)
            with np.errstate(divide="ignore"):
                every = [
                    np.abs(new[each] - old[each]) / np.abs(np.float64(old[each]))
                    for each in both
                    if each[1] == change.code and old[each] != new[each]
                ]
            assert abs(change.largest.relative) == max(every)
