"""Clusters of countries by the values of a category, with the clusters' means and measures of separation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sids_core.errors import RequestError
from sids_core.export import Exportable
from sids_core.panel.panel import Panel
from sids_core.similarity.catalogue import read_category, standardized
from sids_core.similarity.k_means import k_means
from sids_core.similarity.observed import Labels, Matrix, cluster_means
from sids_core.stages import stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

SIGNIFICANT_DIGITS = 10


@dataclass(frozen=True, slots=True, eq=False)
class CountryClusters(Exportable):
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

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the clusters as columns of their countries.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_members

        members = [
            [code for code, label in zip(self.countries, self.labels, strict=True) if label == cluster]
            for cluster in range(self.k)
        ]
        return plot_members(members, ax=ax)


def cluster_countries(
    panel: Panel, *, dataset: str, category: str, year: int, k: int, standardize: bool = True
) -> CountryClusters:
    """Cluster the SIDS by the indicators of a category in a year; countries without a value are left out.

    k-means over the observed values: `sids_core.similarity.k_means`.

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


def _rounded(number: float) -> float:
    """Rounded: the last digits depend on the order of sums."""
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")
