"""k-means of rows with missing values: the sum of squared differences over the observed values, minimised.

The criterion is that of k-POD: J. Chi, E. Chi and R. Baraniuk (2016), k-POD: A Method for k-Means Clustering of Missing
Data, The American Statistician 70(1). It has many local minima, more with more missing values. All starts are improved
side by side: by k-means steps over the observed values, then by the best exchange of a single row until none helps,
which leaves minima that k-means steps cannot. The best then jump: a cluster is dissolved and another one divided.

Of costs that differ only by rounding the first is taken, so that the result does not depend on the processor's last
digits. Rounding instead would leave costs on either side of a rounding boundary.
"""

import numpy as np
from numpy.typing import NDArray

from sids_core.similarity.observed import Labels, Matrix, Rows, Sums, distinct_rows, inertia, members_of
from sids_core.single_thread import use_one_thread
from sids_core.stages import checkpoint

RANDOM_STATE = 0
STARTS = 100
# The partitions that jump, and how often. Three jumps of 20 came within 0.4 % of the best known on 404 real requests.
KEPT = 20
JUMPS = 8
JUMPS_MAGNIFIED = 4
CELLS_MAGNIFIED = 1_000_000
MAX_STEPS = 1000
# Costs are shares of the cost of a single cluster; smaller differences are rounding.
LEAST_GAIN = 1e-12
DROWNING = 1e-4


def k_means(values: Matrix, k: int) -> tuple[Labels, float]:
    """Cluster rows with missing values; the order of rows does not matter.

    Args:
        values: (n, m), NaN where a value is missing; every row and every column has at least one.
        k: number of clusters; capped at the number of distinct rows.

    Returns:
        Labels (n,), numbered in the order of their first rows, equal for equal rows; and the sum of squared
        differences of the values from the mean of their cluster.

    >>> labels, inertia = k_means(np.array([[5.0, 9.0], [1.0, 1.0], [5.2, np.nan], [np.nan, 1.2], [1.2, 1.1]]), 2)
    >>> labels.tolist(), round(inertia, 2)
    ([0, 1, 0, 1, 1], 0.06)
    """
    use_one_thread()  # the last digits of a product depend on how it was split
    rows, places = distinct_rows(values)
    labels = _by_appearance(_best_partition(rows, k)[places] if k < len(rows) else places)
    return labels, inertia(values, labels)


def _best_partition(rows: Rows, k: int) -> Labels:
    rng = np.random.default_rng(RANDOM_STATE)
    labels, costs = _searched(rows, _spread_starts(rows, k, rng), k, KEPT, JUMPS, rng)
    # Where single rows are far from all others, the digits of what is left drown in those of their squares.
    if costs[0] < DROWNING:
        affordable = max(1, CELLS_MAGNIFIED // (k * rows.values.size))
        starts = np.vstack([labels, _spread_starts(rows, k, rng)])[: min(STARTS, affordable)]
        magnified = rows.magnified(max(costs[0], LEAST_GAIN))
        labels, _ = _searched(magnified, starts, k, min(KEPT, affordable), JUMPS_MAGNIFIED, rng)
    best: Labels = labels[0]
    return best


def _searched(
    rows: Rows, labels: Labels, k: int, kept: int, jumps: int, rng: np.random.Generator
) -> tuple[Labels, Matrix]:
    """The best partitions reached from others, and their costs, by rising cost."""
    labels, costs = _improved(rows, labels, k)
    for _ in range(jumps if k > 1 else 0):
        jumped, jumped_costs = _improved(rows, _jump(rows, labels, k, rng), k)
        labels, costs = np.vstack([labels, jumped]), np.concatenate([costs, jumped_costs])
        best = _best_distinct(costs)[:kept]
        labels, costs = labels[best], costs[best]
    return labels, costs


def _best_distinct(costs: Matrix) -> Labels:
    """Indices by rising cost, without those of equal cost, which mostly are the same partition."""
    order = np.argsort(costs, kind="stable")
    rank = np.empty(len(costs), dtype=np.intp)
    rank[order] = np.cumsum(np.diff(costs[order], prepend=costs[order[0]]) > LEAST_GAIN)
    _, first = np.unique(rank, return_index=True)
    return first


def _improved(rows: Rows, labels: Labels, k: int) -> tuple[Labels, Matrix]:
    """Local minima (r, n) reached from partitions (r, n), and their costs (r,)."""
    labels = _exchange(rows, _assign(rows, labels, k), k)
    return labels, rows.costs(labels, rows.sums(labels, k))


def _spread_starts(rows: Rows, k: int, rng: np.random.Generator) -> Labels:
    """Partitions by the nearest of k rows that are far apart, over the observed values.

    D. Arthur and S. Vassilvitskii (2007), k-means++: the advantages of careful seeding.
    """
    between = rows.between()
    starts = np.arange(STARTS)[:, None]
    seeds: Labels = rng.integers(len(rows), size=(STARTS, 1)).astype(np.intp)
    while seeds.shape[1] < k:
        checkpoint()
        nearest = between[seeds].min(axis=1)
        # Rows that share no value may have distance 0: every row that is no seed keeps a small chance.
        chances = nearest * rows.weights + between.mean() * LEAST_GAIN + LEAST_GAIN
        chances[starts, seeds] = 0
        seeds = np.hstack([seeds, _drawn(chances, rng)[:, None]])
    labels = _first_least(between[seeds])
    labels[starts, seeds] = np.arange(k)
    return labels


def _assign(rows: Rows, labels: Labels, k: int) -> Labels:
    """Move all rows to the nearest mean, while that lowers the cost and empties no cluster."""
    labels = labels.copy()
    costs = rows.costs(labels, rows.sums(labels, k))
    active = np.arange(len(labels))
    for _ in range(MAX_STEPS):
        checkpoint()
        moved = _first_least(rows.distances(rows.sums(labels[active], k)))
        new_costs = rows.costs(moved, rows.sums(moved, k))
        better = _without_empty(moved, k) & (new_costs < costs[active] - LEAST_GAIN)
        active = active[better]
        if not active.size:
            break
        labels[active], costs[active] = moved[better], new_costs[better]
    return labels


def _exchange(rows: Rows, labels: Labels, k: int) -> Labels:
    """Move one row at a time, in each partition the one that lowers its cost most, until none does."""
    labels = labels.copy()
    sums = rows.sums(labels, k)
    sizes = members_of(labels, k).sum(axis=2)
    entering, leaving = rows.changes(sums)
    active = np.arange(len(labels))
    for _ in range(MAX_STEPS):
        checkpoint()
        own = labels[active][:, None]
        gains = np.take_along_axis(leaving[active], own, axis=1)
        alone = np.take_along_axis(sizes[active], labels[active], axis=1) == 1
        changes = entering[active] - np.where(alone[:, None], -np.inf, gains)
        np.put_along_axis(changes, own, np.inf, axis=1)
        changes = changes.reshape(len(active), -1)
        best = _first_least(changes)
        better = changes[np.arange(len(active)), best] < -LEAST_GAIN
        active = active[better]
        if not active.size:
            break
        cluster, row = np.divmod(best[better], len(rows))
        pair = active[:, None], np.column_stack([labels[active, row], cluster])
        labels[active, row] = cluster
        sign = np.array([-1, 1])
        sizes[pair] += sign
        by_row = sign[:, None] * rows.weights[row, None, None]
        sums.totals[pair] += by_row * rows.values[row, None]
        sums.counts[pair] += by_row * rows.observed[row, None]
        entering[pair], leaving[pair] = rows.changes(Sums(sums.totals[pair], sums.counts[pair]))
    return labels


def _jump(rows: Rows, labels: Labels, k: int, rng: np.random.Generator) -> Labels:
    """Dissolve a cluster of each partition into the nearest others, and found one around a row far from its mean.

    P. Fränti and J. Kivijärvi (2000), Randomised local search algorithm for the clustering problem, Pattern Analysis
    and Applications 3.
    """
    partitions = np.arange(len(labels))
    distances = rows.distances(rows.sums(labels, k))
    founded = rng.integers(k, size=len(labels))
    distances[partitions, founded] = np.inf
    jumped = np.where(labels == founded[:, None], _first_least(distances), labels)
    own = np.take_along_axis(distances, jumped[:, None], axis=1)[:, 0]
    sizes = members_of(jumped, k).sum(axis=2)
    divisible = np.take_along_axis(sizes, jumped, axis=1) > 1
    seeds = _drawn((np.maximum(own, 0) * rows.weights + LEAST_GAIN) * divisible, rng)
    # Distances to the seed are scaled to all columns, those to the mean are over the row's own.
    scale = rows.values.shape[1] / rows.observed.sum(axis=1)
    joining = np.where(rows.between()[seeds] < own * scale - LEAST_GAIN, founded[:, None], jumped)
    joining[partitions, seeds] = founded
    jumped[partitions, seeds] = founded
    return np.where(_without_empty(joining, k)[:, None], joining, jumped)


def _without_empty(labels: Labels, k: int) -> NDArray[np.bool_]:
    """Bool (r,): which partitions have no empty cluster."""
    full: NDArray[np.bool_] = np.all(np.any(members_of(labels, k), axis=2), axis=1)
    return full


def _first_least(values: Matrix) -> Labels:
    """Index along axis 1 of the smallest value, the first of those that differ only by rounding."""
    first: Labels = (values <= values.min(axis=1, keepdims=True) + LEAST_GAIN).argmax(axis=1)
    return first


def _drawn(chances: Matrix, rng: np.random.Generator) -> Labels:
    """One column for each row of (r, n), drawn in proportion to its chances."""
    cumulated = chances.cumsum(axis=1)
    drawn: Labels = (cumulated[:, :-1] <= rng.random((len(chances), 1)) * cumulated[:, -1:]).sum(axis=1)
    return drawn


def _by_appearance(labels: Labels) -> Labels:
    _, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.intp)
    number[np.argsort(first)] = np.arange(len(first))
    return number[numbers.reshape(-1)]
