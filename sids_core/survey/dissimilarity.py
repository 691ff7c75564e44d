"""How unlike a row is to a centroid, and which centroid is nearest.

Written without matrix products: their last digits depend on the number of threads, those of plain sums do not.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.survey.points import Centroids, Points


def dissimilarity(points: Points, centroids: Centroids) -> NDArray[np.float64]:
    """Float64 (clusters, rows): squared Euclidean distance of the numbers + gamma × number of differing categories.

    Z. Huang (1998), Extensions to the k-means algorithm for clustering large data sets with categorical values.
    """
    result = np.empty((len(centroids), len(points)))
    for cluster, (mean, mode) in enumerate(zip(centroids.means, centroids.modes, strict=True)):
        differing = (points.codes != mode).sum(axis=1)
        result[cluster] = np.square(points.numbers - mean).sum(axis=1) + points.gamma * differing
    return result


def assign(points: Points, centroids: Centroids) -> tuple[NDArray[np.intp], float]:
    """The nearest centroid of each row (rows,), the first of equally near ones, and the cost: the sum over rows."""
    unlike = dissimilarity(points, centroids)
    labels = unlike.argmin(axis=0)
    return labels, float(unlike.min(axis=0).sum())
