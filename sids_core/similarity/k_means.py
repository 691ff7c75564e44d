"""k-means of rows with gaps, by expectation maximisation.

Gaps are filled with the column's mean, k-means is fitted, gaps are filled again from the row's own centroid, until no
row changes its cluster. This lowers the sum of squared differences over the cells that are there: k-POD, J. Chi,
E. Chi and R. Baraniuk (2016), k-POD: A Method for k-Means Clustering of Missing Data, The American Statistician 70(1).
It stops early where many cells are missing; moving rows by their own cells alone then lowers the same sum further.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.single_thread import use_one_thread

SEED = 0
# The criterion has many local minima, the more the more gaps there are.
STARTS = 20
MOST_PASSES = 100

Matrix = NDArray[np.float64]
Labels = NDArray[np.intp]


def k_means(values: Matrix, k: int) -> tuple[Labels, float]:
    """The best of several seeded starts.

    Args:
        values: (n, m), NaN where there is no figure; every row and every column has one.
        k: number of clusters; capped at the number of different rows.

    Returns:
        Labels (n,), numbered in the order of their first rows, and the sum of squared differences of the figures to
        the mean of their cluster.
    """
    # Rows in an order of their own, so that the result does not depend on how they were handed in.
    filled = np.where(np.isnan(values), means(values, np.zeros(len(values), np.intp)), values)
    order = np.lexsort(filled.T)
    # On one thread, since the last digits of a product depend on how it was split.
    use_one_thread()
    candidates = [_refine(values[order], filled[order], k, SEED + start) for start in range(STARTS)]
    costs = [_cost(values[order], labels) for labels in candidates]
    best = int(np.argmin(costs))
    labels = np.empty(len(values), np.intp)
    labels[order] = candidates[best]
    return _by_appearance(labels), costs[best]


def means(values: Matrix, labels: Labels) -> Matrix:
    """Mean (k, m) of the figures of each cluster's rows; NaN where a cluster has none."""
    totals = np.zeros((labels.max() + 1, values.shape[1]))
    counts = np.zeros_like(totals)
    np.add.at(totals, labels, np.nan_to_num(values))
    np.add.at(counts, labels, ~np.isnan(values))
    return np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)


def _refine(values: Matrix, filled: Matrix, k: int, seed: int) -> Labels:
    from sklearn.cluster import KMeans

    missing = np.isnan(values)
    size = min(k, len(np.unique(filled, axis=0)))
    model = KMeans(size, n_init=1, random_state=seed).fit(filled)
    for _ in range(MOST_PASSES):
        refilled = np.where(missing, model.cluster_centers_[model.labels_], values)
        if len(np.unique(refilled, axis=0)) < size:  # rows that the gaps alone kept apart
            break
        refitted = KMeans(size, init=model.cluster_centers_, n_init=1, random_state=seed).fit(refilled)
        stable = np.array_equal(refitted.labels_, model.labels_)
        model = refitted
        if stable:
            break
    return _reassign(values, model.labels_.astype(np.intp))


def _reassign(values: Matrix, labels: Labels) -> Labels:
    """Move rows to the centroid that is nearest over their own cells, until none moves.

    A filled gap equals its own centroid's value exactly, which holds rows where they are longer than their figures do.
    """
    average = means(values, np.zeros(len(values), np.intp))
    for _ in range(MOST_PASSES):
        centroids = means(values, labels)
        centroids = np.where(np.isnan(centroids), average, centroids)
        distances = np.nansum((values[:, None] - centroids) ** 2, axis=2)
        nearest = distances.argmin(axis=1)
        if len(np.unique(nearest)) <= labels.max() or _cost(values, nearest) >= _cost(values, labels):
            break
        labels = nearest
    return labels


def _cost(values: Matrix, labels: Labels) -> float:
    return float(np.nansum((values - means(values, labels)[labels]) ** 2))


def _by_appearance(labels: Labels) -> Labels:
    _, first = np.unique(labels, return_index=True)
    number = np.empty(labels.max() + 1, np.intp)
    number[labels[np.sort(first)]] = np.arange(len(first))
    return number[labels]
