"""Centroids for every k up to a largest one, fitted on a sample of the rows, and the elbow that chooses among them.

kmodes takes about 25 microseconds per row and iteration for any number of clusters: half an hour for 20,000 rows, ten k
and ten starts. A thousand rows show the same clusters, unless one has less than about 1 % of the rows; two carefully
chosen starts do as well as many random ones.

A start is a set of rows far from each other. Its clusters are never empty, since each contains at least its own row;
random starts of k-prototypes fail on empty clusters for large k (nicodv/kmodes#127).
"""

from collections.abc import Sequence

import numpy as np

from sids_core.stages import counted
from sids_core.survey.algorithms import Fit
from sids_core.survey.assignment import assign, dissimilarity
from sids_core.survey.points import Centroids, Points, count_distinct

SAMPLE_ROWS = 1000
# More than the usual 2 + log(k): a question with all answers different puts every row far from every other, so that
# half of the draws miss the cluster that still lacks a seed.
TRIALS = 8
STARTS = 2
# More than asked for, so that an elbow at the largest one is visible.
FURTHER_K = 2
# A gain below this share of the whole fall of the curve is noise.
NOISE = 0.01
# The gain must drop to half at an elbow; otherwise the curve is smooth and shows no clusters.
LEAST_DROP = 2.0


def search(points: Points, fit: Fit, largest: int, rng: np.random.Generator) -> list[Centroids]:
    """Find the best centroids for 1, 2 … `largest` clusters; fewer where the sample has fewer distinct rows.

    Each k starts from newly drawn rows, and from the centroids of k - 1 plus one row.
    """
    sample = _sample(points, SAMPLE_ROWS, rng)
    best: list[Centroids] = []
    most = min(largest, count_distinct(sample))
    for k in counted(range(1, most + 1), most):
        starts = [_spread_seeds(sample, k, rng)]
        if best:
            starts.append(_add_seed(sample, best[-1], rng))
        fitted = [fit(sample, start) for start in starts]
        best.append(min(fitted, key=lambda centroids: assign(sample, centroids)[1]))
    return best


def find_elbow(costs: Sequence[float], largest: int) -> int:
    """Find the k after which the gain of a further cluster drops most.

    Compares the gain of the k-th cluster with that of the next, (c[k-1] − c[k] + e) / (c[k] − c[k+1] + e), where e is
    noise. The usual Kneedle criterion (Satopää et al. 2011) looks for the point farthest below the curve's chord; with
    clusters that are unequally far apart it stops too early, at the clusters of clusters. Where the curve rises, it is
    taken as flat.

    Args:
        costs: for 1, 2, 3 … clusters. One more than `largest` is needed to see an elbow at `largest`.
        largest: the largest k to return.

    Returns:
        1 to `largest`; 1 without an elbow or with fewer than three costs.
    """
    curve = np.minimum.accumulate(np.asarray(costs, dtype=np.float64))
    gains = -np.diff(curve)
    fall = float(curve[0] - curve[-1]) if curve.size else 0.0
    noise = NOISE * fall
    if gains.size < 2 or largest < 2 or noise <= 0:  # flat, or a fall so small that its noise underflows
        return 1
    drops = ((gains[:-1] + noise) / (gains[1:] + noise))[: largest - 1]
    best = int(drops.argmax())
    return best + 2 if drops[best] >= LEAST_DROP else 1


def _sample(points: Points, size: int, rng: np.random.Generator) -> Points:
    """At most `size` rows, drawn without replacement."""
    if len(points) <= size:
        return points
    return points.take(np.sort(rng.choice(len(points), size=size, replace=False)))


def _spread_seeds(points: Points, k: int, rng: np.random.Generator) -> Centroids:
    """Choose `k` distinct rows (of at least `k`) by greedy k-means++ on the dissimilarity.

    D. Arthur and S. Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    seeds = points.at(rng.integers(len(points), size=1))
    while len(seeds) < k:
        seeds = _add_seed(points, seeds, rng)
    return seeds


def _add_seed(points: Points, centroids: Centroids, rng: np.random.Generator) -> Centroids:
    """Add a centroid: of a few rows drawn by their dissimilarity, the one that lowers the cost most."""
    nearest = dissimilarity(points, centroids).min(axis=0)
    drawn = rng.choice(len(points), size=TRIALS, p=nearest / nearest.sum())
    costs = np.minimum(nearest, dissimilarity(points, points.at(drawn))).sum(axis=1)
    return centroids.joined(points.at(drawn[[costs.argmin()]]))
