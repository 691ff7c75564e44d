"""Dissimilarity of rows and centroids, assignment of all rows, and the silhouette.

Dissimilarity uses plain sums instead of matrix products, whose last digits depend on the number of threads.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.stages import checkpoint
from sids_core.survey.points import Centroids, Points

MAX_ITERATIONS = 100
SILHOUETTE_ROWS = 1000
ROWS_AT_ONCE = 4096
"""Rows whose differences from a centroid are in memory at the same time."""


def dissimilarity(points: Points, centroids: Centroids) -> NDArray[np.float64]:
    """Float64 (clusters, rows): squared Euclidean distance of the numbers + gamma × number of differing categories.

    Z. Huang (1998), Extensions to the k-means algorithm for clustering large data sets with categorical values.
    """
    result = np.empty((len(centroids), len(points)))
    for start in range(0, len(points), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        checkpoint()
        numbers, codes = points.numbers[rows], points.codes[rows]
        for cluster, (mean, mode) in enumerate(zip(centroids.means, centroids.modes, strict=True)):
            differing = (codes != mode).sum(axis=1)
            result[cluster, rows] = np.square(numbers - mean).sum(axis=1) + points.gamma * differing
    return result


def assign(points: Points, centroids: Centroids) -> tuple[NDArray[np.intp], float]:
    """Nearest centroid of each row (rows,), the first of equally near ones, and the total cost."""
    distances = dissimilarity(points, centroids)
    labels = distances.argmin(axis=0)
    return labels, float(distances.min(axis=0).sum())


def refine(points: Points, centroids: Centroids) -> tuple[NDArray[np.intp], Centroids, float]:
    """Assign all rows and move the centroids, in turn, until the cost stops falling.

    Returns:
        Labels (rows,), centroids and cost. Clusters are numbered by decreasing size; empty ones are dropped.
    """
    labels, cost = assign(points, centroids)
    for _ in range(MAX_ITERATIONS):
        moved = _move(points, labels, centroids)
        new_labels, new_cost = assign(points, moved)
        if new_cost >= cost:
            break
        labels, centroids, cost = new_labels, moved, new_cost
    return _largest_first(labels, centroids, cost)


def silhouette(points: Points, labels: NDArray[np.intp], rng: np.random.Generator) -> float | None:
    """Mean silhouette of a sample of rows, -1 to 1, on the square root of their dissimilarity.

    The root makes it a distance: the Euclidean one for continuous questions.
    P. Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.

    Returns:
        None if the sample has a single cluster, or as many as rows.
    """
    from scipy.spatial.distance import cdist
    from sklearn.metrics import silhouette_score

    rows = np.sort(rng.choice(len(points), size=min(len(points), SILHOUETTE_ROWS), replace=False))
    sample, sampled_labels = points.take(rows), labels[rows]
    if not 2 <= len(np.unique(sampled_labels)) < len(rows):
        return None
    distances = np.zeros((len(rows), len(rows)))
    if sample.numbers.shape[1]:
        distances += cdist(sample.numbers, sample.numbers, "sqeuclidean")
    if n_questions := sample.codes.shape[1]:
        distances += sample.gamma * n_questions * cdist(sample.codes, sample.codes, "hamming")
    return float(silhouette_score(np.sqrt(distances), sampled_labels, metric="precomputed"))


def _move(points: Points, labels: NDArray[np.intp], centroids: Centroids) -> Centroids:
    """Means and modes of the clusters; a centroid without rows stays where it is."""
    k = len(centroids)
    sizes = np.bincount(labels, minlength=k)
    filled = sizes > 0
    means, modes = centroids.means.copy(), centroids.modes.copy()
    for question, numbers in enumerate(points.numbers.T):
        means[filled, question] = np.bincount(labels, numbers, k)[filled] / sizes[filled]
    for question, codes in enumerate(points.codes.T):
        levels = int(codes.max()) + 1
        counts = np.bincount(labels * levels + codes, minlength=k * levels).reshape(k, levels)
        modes[filled, question] = counts.argmax(axis=1)[filled]
    return Centroids(means, modes)


def _largest_first(
    labels: NDArray[np.intp], centroids: Centroids, cost: float
) -> tuple[NDArray[np.intp], Centroids, float]:
    sizes = np.bincount(labels, minlength=len(centroids))
    order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    new_label = np.empty(len(centroids), dtype=np.intp)
    new_label[order] = np.arange(len(order))
    return new_label[labels], centroids.take(order), cost
