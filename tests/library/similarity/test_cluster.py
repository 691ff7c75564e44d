"""Clustering with gaps: planted clusters are found, and the criterion is what it says."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from sids_core.errors import RequestError
from sids_core.panel.panel import SIDS, Panel
from sids_core.similarity.cluster import CountryClusters, cluster_countries, silhouette
from sids_core.similarity.k_means import k_means
from tests.library.similarity.conftest import CODES, MakePanel

Table = NDArray[np.float64]
UNITS = 10.0 ** np.arange(-4, 8)


def cluster(panel: Panel, **changes: Any) -> CountryClusters:
    arguments: dict[str, Any] = {"dataset": "d", "category": "c", "year": 2001, "k": 4}
    return cluster_countries(panel, **arguments | changes)


def planted(seed: int, *, missing: float = 0.3) -> tuple[Table, NDArray[np.intp]]:
    """Four clusters of the 50 SIDS in 12 indicators, each in units of its own."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(len(SIDS)) % 4)
    table = (rng.normal(size=(4, 12)) * 2)[labels] + rng.normal(size=(len(SIDS), 12))
    table[rng.random(table.shape) < missing] = np.nan
    return table * UNITS, labels


def agreement(clusters: CountryClusters, truth: NDArray[np.intp]) -> float:
    true_label = dict(zip(CODES, truth, strict=True))
    return float(adjusted_rand_score([true_label[code] for code in clusters.countries], clusters.labels))


def cost(table: Table, labels: NDArray[np.intp]) -> float:
    """Sum of squared differences of the observed values to their cluster's mean, cell by cell."""
    total = 0.0
    for label, column in product(np.unique(labels), range(table.shape[1])):
        cells = table[labels == label, column]
        cells = cells[~np.isnan(cells)]
        total += float(((cells - cells.mean()) ** 2).sum()) if cells.size else 0.0
    return total


def test_planted_clusters_are_found_with_three_cells_in_ten_missing(make_panel: MakePanel) -> None:
    scores = []
    for seed in range(20):
        table, truth = planted(seed)
        scores.append(agreement(cluster(make_panel(table)), truth))
    assert np.mean(scores) >= 0.93, scores
    assert np.median(scores) >= 0.95, scores


def test_the_criterion_is_as_low_as_the_planted_clusters_one() -> None:
    better = []
    for seed in range(20):
        table, truth = planted(seed)
        scaled = table / UNITS
        labels, inertia = k_means(scaled, 4)
        assert inertia == pytest.approx(cost(scaled, labels))
        better.append(inertia <= cost(scaled, truth) * (1 + 1e-9))
    assert sum(better) >= 18


def test_without_gaps_it_is_k_means() -> None:
    for seed in range(5):
        table, _ = planted(seed, missing=0)
        _, inertia = k_means(table / UNITS, 4)
        reference = KMeans(4, n_init=50, random_state=seed).fit(table / UNITS)
        assert inertia <= reference.inertia_ * (1 + 1e-9)


def test_units_decide_only_where_values_are_not_standardised(make_panel: MakePanel) -> None:
    table, truth = planted(3)
    panel, other_units = make_panel(table), make_panel(table / UNITS)
    standardised = cluster(panel)
    np.testing.assert_array_equal(standardised.labels, cluster(other_units).labels)
    raw = cluster(panel, standardize=False)
    assert agreement(raw, truth) < agreement(standardised, truth)


def test_centroids_are_means_in_the_indicators_units(make_panel: MakePanel) -> None:
    table, _ = planted(1)
    clusters = cluster(make_panel(table), k=5)
    assert clusters.k == len(clusters.centroids) == 5
    assert clusters.indicators == tuple(f"d-{number:02}" for number in range(12))
    for label, centroid in enumerate(clusters.centroids):
        np.testing.assert_allclose(centroid, np.nanmean(table[clusters.labels == label], axis=0))
    assert clusters.silhouette is not None
    assert -1 <= clusters.silhouette <= 1
    assert clusters.to_frame()["cluster"].tolist() == clusters.labels.tolist()


def test_the_silhouette_tells_planted_clusters_from_none(make_panel: MakePanel) -> None:
    noise = np.random.default_rng(0).normal(size=(len(SIDS), 12))
    apart = cluster(make_panel(planted(0)[0])).silhouette
    assert apart is not None
    assert apart > 2 * (cluster(make_panel(noise)).silhouette or 0)


def test_countries_without_a_value_are_left_out_and_k_is_capped(make_panel: MakePanel) -> None:
    table = np.full((len(SIDS), 3), np.nan)
    table[[4, 7, 9]] = [[1, 2, np.nan], [5, np.nan, 1], [np.nan, np.nan, 3]]
    clusters = cluster(make_panel(table), k=50)
    assert clusters.countries == (CODES[4], CODES[7], CODES[9])
    assert clusters.labels.tolist() == [0, 1, 2]
    assert (clusters.k, clusters.inertia, clusters.silhouette) == (3, 0, None)
    assert np.isnan(clusters.centroids[0, 2])
    one = cluster(make_panel(table), k=1)
    assert one.labels.tolist() == [0, 0, 0]


def test_the_order_of_countries_does_not_matter_where_there_are_no_clusters() -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        table = np.where(rng.random((50, 10)) < 0.3, np.nan, rng.normal(size=(50, 10)))
        rows = rng.permutation(len(table))
        (labels, inertia), (permuted, same) = k_means(table, 8), k_means(table[rows], 8)
        assert same == pytest.approx(inertia)
        assert adjusted_rand_score(labels[rows], permuted) == 1


def test_the_silhouette_is_over_the_cells_that_both_countries_have() -> None:
    table = np.array([[0, 1, np.nan], [1, np.nan, 2], [9, 8, np.nan], [np.nan, 7, 9], [8, 9, 9.0]])
    labels = np.array([0, 0, 1, 1, 1])

    def distance(one: Table, other: Table) -> float:
        shared = ~np.isnan(one) & ~np.isnan(other)
        return float(np.sqrt(((one - other)[shared] ** 2).sum() * table.shape[1] / shared.sum()))

    scores = []
    for row, label in enumerate(labels):
        to = {
            other: np.mean([distance(table[row], table[j]) for j in np.flatnonzero(labels == other) if j != row])
            for other in (0, 1)
        }
        own, nearest = to[int(label)], to[1 - int(label)]
        scores.append((nearest - own) / max(own, nearest))
    assert silhouette(table, labels) == pytest.approx(np.mean(scores))


def test_countries_that_share_nothing_have_a_neutral_distance() -> None:
    apart = np.array([[1.0, np.nan], [np.nan, 1.0], [1.0, np.nan]])
    assert silhouette(apart, np.array([0, 1, 0])) == 0
    assert silhouette(apart[:2], np.array([0, 1])) is None


CELLS = st.one_of(st.just(np.nan), st.integers(-2, 2).map(float))


@settings(max_examples=40, deadline=None)
@given(
    table=st.tuples(st.integers(1, 8), st.integers(1, 4)).flatmap(lambda s: arrays(np.float64, s, elements=CELLS)),
    k=st.integers(1, 10),
    seed=st.integers(0, 99),
)
def test_any_table_has_clusters_whatever_its_order(table: Table, k: int, seed: int) -> None:
    table = table[~np.isnan(table).all(axis=1)]
    table = table[:, ~np.isnan(table).all(axis=0)]
    if not table.size:
        return
    labels, inertia = k_means(table, k)
    assert sorted(set(labels.tolist())) == list(range(labels.max() + 1))
    assert labels.max() < min(k, len(table))
    assert [label for index, label in enumerate(labels) if label not in labels[:index]] == sorted(set(labels.tolist()))
    assert inertia == pytest.approx(cost(table, labels), abs=1e-9)
    rows = np.random.default_rng(seed).permutation(len(table))
    permuted, same = k_means(table[rows], k)
    assert same == pytest.approx(inertia, abs=1e-9)
    assert adjusted_rand_score(labels[rows], permuted) == 1


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"year": 1999}, "unknown_year"),
        ({"dataset": "x"}, "unknown_dataset"),
        ({"category": "x"}, "unknown_category"),
        ({"year": 2000}, "no_data"),
        ({"k": 0}, "value_error"),
    ],
)
def test_refusals(make_panel: MakePanel, changes: dict[str, Any], kind: str) -> None:
    with pytest.raises(RequestError) as caught:
        cluster(make_panel(planted(0)[0]), **changes)
    assert caught.value.kind == kind
    assert caught.value.parameter in {"year", "dataset", "category", "k"}
