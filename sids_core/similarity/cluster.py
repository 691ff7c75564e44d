"""Clusters of countries: k-means of rows with missing values, by expectation maximisation.

Missing values are filled with the column's mean, k-means is fitted, missing values are filled again from the row's
centroid, until no row changes its cluster. This reduces the sum of squared differences over the observed values: k-POD,
J. Chi, E. Chi and R. Baraniuk (2016), k-POD: A Method for k-Means Clustering of Missing Data, The American Statistician
70(1). It stops early where many values are missing; moving rows by their own values alone then lowers the sum further.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.panel.panel import Panel
from sids_core.similarity.catalogue import Matrix, read_category, standardized
from sids_core.single_thread import use_one_thread
from sids_core.stages import stage

if TYPE_CHECKING:
    from pandas import DataFrame

RANDOM_STATE = 0
# The criterion has many local minima, more with more missing values.
STARTS = 20
MAX_ITERATIONS = 100
SIGNIFICANT_DIGITS = 10

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class CountryClusters:
    """The SIDS with a value in a category, by cluster.

    Attributes:
        countries: codes (n,), ascending.
        labels: int (n,), 0 to k - 1, numbered in the order of appearance.
        indicators: codes (m,) of the category's indicators.
        centroids: float64 (k, m), means of the members' values in each indicator's unit; NaN where no member has one.
        inertia: sum of squared differences of all values (scaled if `standardize`) from their cluster's mean.
        silhouette: mean silhouette, -1 to 1; None for one cluster, or if every country is its own.
    """

    countries: tuple[str, ...]
    labels: Labels
    indicators: tuple[str, ...]
    centroids: Matrix
    inertia: float
    silhouette: float | None

    @property
    def k(self) -> int:
        """Number of clusters."""
        return len(self.centroids)

    def to_frame(self) -> "DataFrame":
        """One row per country: country, cluster."""
        from pandas import DataFrame

        return DataFrame({"country": self.countries, "cluster": self.labels})


def cluster_countries(
    panel: Panel, *, dataset: str, category: str, year: int, k: int, standardize: bool = True
) -> CountryClusters:
    """Cluster the SIDS by the indicators of a category in a year; countries without a value are left out.

    k-means over the observed values: k-POD, see the module.

    Args:
        panel: the data.
        dataset: code of a dataset.
        category: one of its categories, whose indicators are compared.
        year: year of the values.
        k: number of clusters; fewer if there are fewer distinct countries.
        standardize: scale each indicator to mean 0 and standard deviation 1 over the SIDS first; otherwise the
            indicators with the largest units dominate.

    Returns:
        Countries, labels, centroids and measures of separation.

    Raises:
        UnknownValueError: the panel does not have the year, dataset or category.
        RequestError: there is no value in the category and year, or `k` is below 1.

    >>> from sids_core.panel.demo import demo_panel
    >>> clusters = cluster_countries(demo_panel(), dataset="key", category="Economy", year=2001, k=3)
    >>> clusters.k
    3
    >>> list(clusters.to_frame())
    ['country', 'cluster']
    """
    if k < 1:
        raise RequestError(f"k is {k}; it must be at least 1", parameter="k")
    with stage("slice"):
        table = read_category(panel, dataset, category, year)
        values = table.values[table.has_values]
        scaled = standardized(values) if standardize else values
    with stage("cluster"):
        labels, inertia = k_means(scaled, k)
    with stage("silhouette"):
        score = silhouette(scaled, labels)
    return CountryClusters(
        countries=tuple(table.countries_with_values()),
        labels=labels,
        indicators=table.indicators,
        centroids=cluster_means(values, labels),
        inertia=_rounded(inertia),
        silhouette=None if score is None else _rounded(score),
    )


def k_means(values: Matrix, k: int) -> tuple[Labels, float]:
    """Cluster rows with missing values, best of several seeded starts.

    Args:
        values: (n, m), NaN where a value is missing; every row and every column has at least one.
        k: number of clusters; capped at the number of distinct rows.

    Returns:
        Labels (n,), numbered in the order of their first rows, and the sum of squared differences of the values to the
        mean of their cluster.
    """
    # Rows in a canonical order, so that the result does not depend on the order of the input.
    filled = np.where(np.isnan(values), cluster_means(values, np.zeros(len(values), np.intp)), values)
    order = np.lexsort(filled.T)
    # On one thread, since the last digits of a product depend on how it was split.
    use_one_thread()
    candidates = [_fit(values[order], filled[order], k, RANDOM_STATE + start) for start in range(STARTS)]
    costs = [_cost(values[order], labels) for labels in candidates]
    best = int(np.argmin(costs))
    labels = np.empty(len(values), np.intp)
    labels[order] = candidates[best]
    return _by_appearance(labels), costs[best]


def cluster_means(values: Matrix, labels: Labels) -> Matrix:
    """Mean (k, m) of the values of each cluster's rows; NaN for a cluster without values."""
    totals = np.zeros((labels.max() + 1, values.shape[1]))
    counts = np.zeros_like(totals)
    np.add.at(totals, labels, np.nan_to_num(values))
    np.add.at(counts, labels, ~np.isnan(values))
    return np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)


def silhouette(values: Matrix, labels: Labels) -> float | None:
    """Mean silhouette of the rows of (n, m), -1 to 1.

    Distances are Euclidean over the values observed in both rows, scaled up for the missing ones (J. Dixon, 1979,
    Pattern Recognition with Partly Missing Data), so that imputed values do not make clusters look better than they
    are. Two rows that share no value get the mean distance of all pairs.
    P. Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.

    Returns:
        None for one cluster, for as many as rows, or if no two rows share a value.
    """
    from sklearn.metrics import silhouette_score
    from sklearn.metrics.pairwise import nan_euclidean_distances

    if not 2 <= len(np.unique(labels)) < len(labels):
        return None
    distances = nan_euclidean_distances(values)
    known = np.isfinite(distances) & ~np.eye(len(values), dtype=np.bool_)
    if not known.any():
        return None
    distances = np.where(known, distances, distances[known].mean())
    np.fill_diagonal(distances, 0)
    return float(silhouette_score(distances, labels, metric="precomputed"))


def _fit(values: Matrix, filled: Matrix, k: int, random_state: int) -> Labels:
    from sklearn.cluster import KMeans

    missing = np.isnan(values)
    n_clusters = min(k, len(np.unique(filled, axis=0)))
    model = KMeans(n_clusters, n_init=1, random_state=random_state).fit(filled)
    for _ in range(MAX_ITERATIONS):
        refilled = np.where(missing, model.cluster_centers_[model.labels_], values)
        if len(np.unique(refilled, axis=0)) < n_clusters:  # only their missing values kept these rows apart
            break
        refitted = KMeans(n_clusters, init=model.cluster_centers_, n_init=1, random_state=random_state).fit(refilled)
        stable = np.array_equal(refitted.labels_, model.labels_)
        model = refitted
        if stable:
            break
    return _reassign(values, model.labels_.astype(np.intp))


def _reassign(values: Matrix, labels: Labels) -> Labels:
    """Move rows to the nearest centroid over their observed values, until none moves.

    An imputed value equals its centroid's exactly, which can hold a row in a cluster that is not nearest to its
    observed values.
    """
    average = cluster_means(values, np.zeros(len(values), np.intp))
    for _ in range(MAX_ITERATIONS):
        centroids = cluster_means(values, labels)
        centroids = np.where(np.isnan(centroids), average, centroids)
        distances = np.nansum((values[:, None] - centroids) ** 2, axis=2)
        nearest = distances.argmin(axis=1)
        if len(np.unique(nearest)) <= labels.max() or _cost(values, nearest) >= _cost(values, labels):
            break
        labels = nearest
    return labels


def _cost(values: Matrix, labels: Labels) -> float:
    return float(np.nansum((values - cluster_means(values, labels)[labels]) ** 2))


def _by_appearance(labels: Labels) -> Labels:
    _, first = np.unique(labels, return_index=True)
    number = np.empty(labels.max() + 1, np.intp)
    number[labels[np.sort(first)]] = np.arange(len(first))
    return number[labels]


def _rounded(number: float) -> float:
    """Rounded: the last digits depend on the order of sums."""
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")
