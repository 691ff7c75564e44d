"""How well the clusters are apart."""

import numpy as np
from numpy.typing import NDArray

from sids_core.survey.points import Points

SAMPLE_ROWS = 1000


def silhouette(points: Points, labels: NDArray[np.intp], rng: np.random.Generator) -> float | None:
    """Mean silhouette of a sample of rows, -1 to 1, on the square root of their dissimilarity.

    The root makes it a distance: the Euclidean one for continuous questions.
    P. Rousseeuw (1987), Silhouettes: a graphical aid to the interpretation and validation of cluster analysis.

    Returns:
        None where the sample has one cluster only, or as many as rows.
    """
    from scipy.spatial.distance import cdist
    from sklearn.metrics import silhouette_score

    rows = np.sort(rng.choice(len(points), size=min(len(points), SAMPLE_ROWS), replace=False))
    sample, sampled_labels = points.take(rows), labels[rows]
    if not 2 <= len(np.unique(sampled_labels)) < len(rows):
        return None
    unlike = np.zeros((len(rows), len(rows)))
    if sample.numbers.shape[1]:
        unlike += cdist(sample.numbers, sample.numbers, "sqeuclidean")
    if n_questions := sample.codes.shape[1]:
        unlike += sample.gamma * n_questions * cdist(sample.codes, sample.codes, "hamming")
    return float(silhouette_score(np.sqrt(unlike), sampled_labels, metric="precomputed"))
