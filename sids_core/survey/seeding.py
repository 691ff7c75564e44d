"""Where the algorithms start: rows far from each other.

A centroid that is a row has at least that row in its cluster, so no start fails for an empty cluster, as random starts
of k-prototypes do for large k (nicodv/kmodes#127).
"""

import numpy as np

from sids_core.survey.dissimilarity import dissimilarity
from sids_core.survey.points import Centroids, Points

# More than the 2 + log(k) that is usual: a question that nobody answers alike puts every row far from every other, so
# that half of the draws miss the cluster that still lacks a seed.
TRIALS = 8


def spread_seeds(points: Points, k: int, rng: np.random.Generator) -> Centroids:
    """`k` distinct rows by greedy k-means++, on the dissimilarity at hand.

    D. Arthur and S. Vassilvitskii (2007), k-means++: the advantages of careful seeding.

    Args:
        points: with at least `k` distinct rows.
        k: how many.
        rng: source of randomness.
    """
    seeds = points.at(rng.integers(len(points), size=1))
    while len(seeds) < k:
        seeds = add_seed(points, seeds, rng)
    return seeds


def add_seed(points: Points, centroids: Centroids, rng: np.random.Generator) -> Centroids:
    """The centroids and one more: of a few rows drawn by their dissimilarity, the one that lowers the cost most."""
    nearest = dissimilarity(points, centroids).min(axis=0)
    drawn = rng.choice(len(points), size=TRIALS, p=nearest / nearest.sum())
    costs = np.minimum(nearest, dissimilarity(points, points.at(drawn))).sum(axis=1)
    return centroids.joined(points.at(drawn[[costs.argmin()]]))
