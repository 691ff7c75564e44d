"""The elbow: the number of clusters after which more of them gain little."""

from collections.abc import Sequence

import numpy as np

# A gain below this share of the whole fall of the curve is noise.
NOISE = 0.01
# The gain has to drop to half at an elbow; else the curve is smooth, and the rows have no clusters it could show.
LEAST_DROP = 2.0


def find_elbow(costs: Sequence[float], largest: int) -> int:
    """The k after which the gain of a further cluster drops most.

    Compares the gain of the k-th cluster with that of the next, (c[k-1] − c[k] + e) / (c[k] − c[k+1] + e), where e is
    noise. The usual Kneedle criterion (Satopää et al. 2011) looks for the point farthest below the curve's chord; with
    clusters that are unequally far apart it stops too early, at the clusters of clusters. A curve that rises
    somewhere is read as flat there.

    Args:
        costs: of 1, 2, 3 … clusters. One more than `largest` is needed to see an elbow at `largest`.
        largest: the largest k to return.

    Returns:
        1 to `largest`; 1 where there is no elbow, or fewer than three costs.
    """
    curve = np.minimum.accumulate(np.asarray(costs, dtype=np.float64))
    gains = -np.diff(curve)
    fall = float(curve[0] - curve[-1]) if curve.size else 0.0
    if gains.size < 2 or largest < 2 or fall <= 0:
        return 1
    noise = NOISE * fall
    drops = ((gains[:-1] + noise) / (gains[1:] + noise))[: largest - 1]
    best = int(drops.argmax())
    return best + 2 if drops[best] >= LEAST_DROP else 1
