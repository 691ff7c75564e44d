"""From centroids of a sample to clusters of all rows."""

import numpy as np
from numpy.typing import NDArray

from sids_core.survey.dissimilarity import assign
from sids_core.survey.points import Centroids, Points

MOST_PASSES = 100


def refine(points: Points, centroids: Centroids) -> tuple[NDArray[np.intp], Centroids, float]:
    """Assign all rows and move the centroids, in turn, until the cost falls no more.

    Returns:
        Labels (rows,), the centroids they belong to, and the cost. Labels count from 0 by falling size of the clusters;
        clusters that end up empty are dropped.
    """
    labels, cost = assign(points, centroids)
    for _ in range(MOST_PASSES):
        moved = move(points, labels, centroids)
        new_labels, new_cost = assign(points, moved)
        if new_cost >= cost:
            break
        labels, centroids, cost = new_labels, moved, new_cost
    return _largest_first(labels, centroids, cost)


def move(points: Points, labels: NDArray[np.intp], centroids: Centroids) -> Centroids:
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
