"""Rows with missing values, their clusters' means, and what a change of cluster costs, for many partitions at once.

All sums are matrix products over observed cells. A partition of n rows is a vector of labels; r of them are a matrix
(r, n), whose clusters have sums and counts (r, k, m).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Labels = NDArray[np.intp]

# Digits of a column's largest value by which rows are told apart: the rest is rounding.
DIGITS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums and numbers of the observed values, by cluster.

    Attributes:
        totals: float64 (…, m).
        counts: float64 (…, m).
    """

    totals: Matrix
    counts: Matrix

    @property
    def means(self) -> Matrix:
        """Mean (…, m) by cluster; 0, the mean of all rows, where a cluster has no value."""
        return _quotient(self.totals, self.counts)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The distinct rows of a table.

    Columns have mean 0, and the squares of all values sum to 1: costs are shares of the cost of a single cluster.

    Attributes:
        values: float64 (n, m), 0 where missing.
        observed: float64 (n, m), 1 where a value is observed, else 0.
        weights: float64 (n,), the number of equal rows that each stands for.
        exact: whether differences are squared one by one, which is slower than products of matrices, but keeps the
            digits of costs that are small beside the largest values.
    """

    values: Matrix
    observed: Matrix
    weights: Matrix
    exact: bool = False

    def __len__(self) -> int:
        """Number of distinct rows."""
        return len(self.weights)

    def sums(self, labels: Labels, k: int) -> Sums:
        """Sums (r, k, m) of partitions (r, n)."""
        members = members_of(labels, k) * self.weights
        return Sums(members @ self.values, members @ self.observed)

    def magnified(self, cost: float) -> "Rows":
        """The same rows, exact, where `cost` becomes 1."""
        return Rows(self.values / np.sqrt(cost), self.observed, self.weights, exact=True)

    def costs(self, labels: Labels, sums: Sums) -> Matrix:
        """Sum of squared differences from the means (r,) of partitions (r, n) with sums (r, k, m)."""
        if self.exact:
            own: Matrix = np.take_along_axis(self.distances(sums), labels[:, None], axis=1)[:, 0]
            return own @ self.weights
        explained = (sums.totals * sums.means).sum(axis=(1, 2))
        total = float(self.weights @ np.square(self.values).sum(axis=1))
        costs: Matrix = total - explained
        return costs

    def distances(self, sums: Sums) -> Matrix:
        """Squared distance (r, k, n) of each row's observed values from each mean."""
        return self._squares(sums.means, np.ones_like(sums.counts), np.ones(len(self), dtype=np.bool_))

    def changes(self, sums: Sums) -> tuple[Matrix, Matrix]:
        """What the cost gains when a row enters a cluster, and loses when a member leaves it.

        J. Hartigan and M. Wong (1979), A k-means clustering algorithm, Applied Statistics 28(1): c / (c + w) and
        c / (c − w) times the weighted squared distance from the mean of c values, here for each column on its own.

        Returns:
            Both (…, n) for sums (…, m).
        """
        shape = (*sums.totals.shape[:-1], len(self))
        entering, leaving = np.empty(shape), np.empty(shape)
        for weight in np.unique(self.weights):
            rows = self.weights == weight
            rest = sums.counts - weight
            enter = weight * sums.counts / (sums.counts + weight)
            leave = weight * _quotient(sums.counts, np.where(rest > 0, rest, 0))
            entering[..., rows] = self._squares(sums.means, enter, rows)
            leaving[..., rows] = self._squares(sums.means, leave, rows)
        return entering, leaving

    def between(self) -> Matrix:
        """Squared distance (n, n) over the values observed in both rows, scaled up for the missing ones.

        J. Dixon (1979), Pattern Recognition with Partly Missing Data. Rows that share no value get the mean distance.
        """
        shared = self.observed @ self.observed.T
        every = self._squares(self.values, self.observed, np.ones(len(self), dtype=np.bool_))
        distances = np.maximum(every, 0) * _quotient(np.full_like(shared, self.values.shape[1]), shared)
        distances[shared == 0] = distances[shared > 0].mean()
        np.fill_diagonal(distances, 0)
        return distances

    def _squares(self, centres: Matrix, factors: Matrix, rows: NDArray[np.bool_]) -> Matrix:
        """Sum over observed columns of factor × squared difference, (…, rows), for centres and factors (…, m)."""
        flat, weights = centres.reshape(-1, centres.shape[-1]), factors.reshape(-1, factors.shape[-1])
        values, observed = self.values[rows].T, self.observed[rows].T
        if self.exact:
            differences = (flat[:, :, None] - values) * observed
            each: Matrix = (weights[:, :, None] * differences**2).sum(axis=1)
            return each.reshape(*centres.shape[:-1], each.shape[-1])
        squares: Matrix = weights * flat**2 @ observed - 2 * weights * flat @ values + weights @ values**2
        return squares.reshape(*centres.shape[:-1], squares.shape[-1])


def distinct_rows(values: Matrix) -> tuple[Rows, Labels]:
    """The distinct rows of (n, m), NaN where missing, in an order that does not depend on theirs; and each one's place.

    Rows that differ only by rounding are equal.
    """
    # By a power of two, which changes no digit: squares of the largest values then stay within floats.
    scaled = np.ldexp(values, -np.frexp(np.nanmax(np.abs(values)))[1])
    largest = np.nanmax(np.abs(scaled), axis=0)
    rounded = _quotient(scaled, np.broadcast_to(largest, scaled.shape)).round(DIGITS)
    keys = np.where(np.isnan(rounded), np.inf, rounded)  # np.unique holds NaN to differ from NaN
    keys, places, weights = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    observed = np.isfinite(keys)
    columns = np.where(observed, keys, 0) * largest
    counts = weights @ observed
    centred = np.where(observed, columns - weights @ columns / counts, 0)
    total = float(weights @ np.square(centred).sum(axis=1))
    rows = Rows(centred / np.sqrt(total or 1.0), observed.astype(np.float64), weights.astype(np.float64))
    return rows, places.reshape(-1)


def members_of(labels: Labels, k: int) -> NDArray[np.bool_]:
    """Bool (r, k, n): which rows belong to which cluster."""
    members: NDArray[np.bool_] = labels[:, None, :] == np.arange(k)[:, None]
    return members


def cluster_means(values: Matrix, labels: Labels) -> Matrix:
    """Mean (k, m) of the values of each cluster's rows; NaN for a cluster without values."""
    totals = np.zeros((labels.max() + 1, values.shape[1]))
    counts = np.zeros_like(totals)
    np.add.at(totals, labels, np.nan_to_num(values))
    np.add.at(counts, labels, ~np.isnan(values))
    return np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)


def inertia(values: Matrix, labels: Labels) -> float:
    """Sum of squared differences of the values (n, m), NaN where missing, from the mean of their cluster."""
    return float(np.nansum((values - cluster_means(values, labels)[labels]) ** 2))


def _quotient(numerators: Matrix, denominators: Matrix) -> Matrix:
    """Quotients, 0 where the denominator is."""
    quotients: Matrix = np.divide(numerators, denominators, out=np.zeros_like(numerators), where=denominators != 0)
    return quotients
