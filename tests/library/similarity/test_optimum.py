"""The criterion of clustering with gaps: as low as known, no exchange lowers it, and equal rows stay together."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from sids_core.panel.panel import SIDS, Panel
from sids_core.similarity.catalogue import standardized
from sids_core.similarity.cluster import cluster_countries
from sids_core.similarity.k_means import k_means
from sids_core.similarity.observed import distinct_rows, inertia

Table = NDArray[np.float64]

CELLS = st.one_of(st.just(np.nan), st.integers(-3, 3).map(float), st.floats(-3, 3, allow_subnormal=False))
TABLES = st.tuples(st.integers(2, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=CELLS)
)


def without_empty(table: Table) -> Table:
    table = table[~np.isnan(table).all(axis=1)]
    return table[:, ~np.isnan(table).all(axis=0)]


def with_gaps(seed: int, rows: int = len(SIDS), columns: int = 10) -> Table:
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, columns))
    table[rng.random(table.shape) < 0.4] = np.nan
    return without_empty(table)


@pytest.mark.parametrize("far", [1e6, 1e9, 1e10, 1e11])
def test_groups_beside_one_row_far_away_are_found(far: float) -> None:
    table = np.array([far, 0, 0.1, 0.2, 10, 10.1, 10.2, 20, 20.1, 20.2])[:, None]
    assert k_means(table, 4)[0].tolist() == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


@pytest.mark.parametrize("name", ["irena-2013-k5", "irena-2015-k4", "sdg-2002-k6", "wdi-2020-k5"])
def test_partitions_that_were_missed_are_found(cases: Path, real_panel: Panel, name: str) -> None:
    case = json.loads((cases / "cluster-local-optimum" / f"{name}.json").read_text())
    assert cluster_countries(real_panel, **case["request"]).inertia <= 1.01 * case["better_inertia"]


@settings(max_examples=60, deadline=None)
@given(TABLES, st.integers(1, 3))
def test_no_partition_of_a_small_table_is_better(table: Table, k: int) -> None:
    table = without_empty(table)
    if not table.size:
        return
    _, found = k_means(table, k)
    best = min(inertia(table, np.array(labels)) for labels in product(range(k), repeat=len(table)))
    assert found <= best + 1e-9 * (inertia(table, np.zeros(len(table), np.intp)) + 1e-300)


@pytest.mark.parametrize("seed", range(5))
def test_no_row_is_better_off_in_another_cluster(seed: int) -> None:
    table = with_gaps(seed)
    labels, found = k_means(table, 5)
    for row, cluster in product(range(len(table)), range(5)):
        moved = labels.copy()
        moved[row] = cluster
        assert inertia(table, moved) >= found * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_change_of_an_exchange_is_that_of_the_criterion(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = np.vstack([with_gaps(seed, 12, 4)] * 2 + [with_gaps(seed + 50, 8, 4)])
    rows, places = distinct_rows(table)
    labels = rng.integers(3, size=len(rows))
    labels[:3] = range(3)
    sums = rows.sums(labels[None], 3)
    entering, leaving = (change[0] for change in rows.changes(sums))
    scale = inertia(table, np.zeros(len(table), np.intp))
    assert rows.costs(labels[None], sums)[0] * scale == pytest.approx(inertia(table, labels[places]))
    for row, cluster in product(range(len(rows)), range(3)):
        if cluster == labels[row]:
            continue
        moved = labels.copy()
        moved[row] = cluster
        change = inertia(table, moved[places]) - inertia(table, labels[places])
        assert (entering[cluster, row] - leaving[labels[row], row]) * scale == pytest.approx(change, abs=1e-9)


def test_rows_that_differ_only_by_rounding_are_one() -> None:
    table = np.array([[0.3, 1e9], [0.1 + 0.2, np.nextafter(1e9, 0)], [7.0, np.nan], [7.0, np.nan], [0.3, 2e9]])
    labels, found = k_means(table, 5)
    assert labels.tolist() == [0, 0, 1, 1, 2]
    assert found == pytest.approx(0, abs=1e-9)


def test_an_indicator_that_varies_only_by_rounding_counts_for_nothing() -> None:
    table = np.array([[1e6 + 0.3, 1], [np.nextafter(1e6 + 0.3, 0), 2], [np.nan, 9]])
    np.testing.assert_array_equal(standardized(table)[:, 0], [0, 0, np.nan])


@pytest.mark.parametrize("value", [1e30, -1e30, 1e-308, 5e-324, 0.0, -0.0])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_largest_and_smallest_values_have_clusters(value: float, k: int) -> None:
    table = np.array([[value, np.nan], [1.0, value], [value, -value], [value, np.nan], [np.nan, 1.0]])
    for each in (table, standardized(table)):
        labels, found = k_means(each, k)
        assert sorted(set(labels.tolist())) == list(range(k))
        assert np.isfinite(found)
    assert k_means(np.full((4, 2), value), k)[0].tolist() == [0] * 4
    assert k_means(np.full((1, 1), value), k)[0].tolist() == [0]


@pytest.mark.parametrize("distance", [1e3, 1e5, 1e6])
def test_a_country_far_from_all_others_does_not_blur_their_clusters(distance: float) -> None:
    table = with_gaps(7, columns=5)
    far = np.full((1, table.shape[1]), distance)
    _, found = k_means(np.vstack([table, far]), 6)
    assert found <= k_means(table, 5)[1] * 1.0001
