"""Centroids for every k up to a largest one, fitted on a sample of the rows.

kmodes takes about 25 microseconds per row and pass whatever the number of clusters, which for 20,000 rows, ten k and
ten starts adds up to half an hour. A thousand rows show the same clusters, unless one has less than about one row in a
hundred; two starts that are chosen with care do as well as many random ones.
"""

import numpy as np

from sids_core.stages import counted
from sids_core.survey.algorithms import Fit
from sids_core.survey.dissimilarity import assign
from sids_core.survey.points import Centroids, Points, count_distinct
from sids_core.survey.seeding import add_seed, spread_seeds

SAMPLE_ROWS = 1000


def search(points: Points, fit: Fit, largest: int, rng: np.random.Generator) -> list[Centroids]:
    """The best centroids found for 1, 2 … `largest` clusters; fewer where the sample has fewer distinct rows.

    Each k is tried from rows that are spread anew, and from the centroids of k - 1 with one more row.
    """
    sample = sample_points(points, SAMPLE_ROWS, rng)
    found: list[Centroids] = []
    most = min(largest, count_distinct(sample))
    for k in counted(range(1, most + 1), most):
        starts = [spread_seeds(sample, k, rng)]
        if found:
            starts.append(add_seed(sample, found[-1], rng))
        fitted = [fit(sample, start) for start in starts]
        found.append(min(fitted, key=lambda centroids: assign(sample, centroids)[1]))
    return found


def sample_points(points: Points, size: int, rng: np.random.Generator) -> Points:
    """At most `size` rows, drawn without replacement."""
    if len(points) <= size:
        return points
    return points.take(np.sort(rng.choice(len(points), size=size, replace=False)))
