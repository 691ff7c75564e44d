"""How well clusters of rows with gaps are apart."""

import numpy as np
from numpy.typing import NDArray


def silhouette(values: NDArray[np.float64], labels: NDArray[np.intp]) -> float | None:
    """Mean silhouette of the rows of (n, m), -1 to 1.

    Distances are Euclidean over the cells that both rows have, scaled up for the others (J. Dixon, 1979, Pattern
    Recognition with Partly Missing Data), so that filled gaps do not make clusters look better than they are. Two rows
    that share no cell are as far apart as two rows are on average.
    P. Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.

    Returns:
        None for one cluster, as many as rows, or where no two rows share a cell.
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
