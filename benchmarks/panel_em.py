"""Expectation-maximisation for a multivariate normal with missing values.

Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm, JRSS B 39(1), as used by
Amelia II (Honaker, King & Blackwell 2011, Journal of Statistical Software 45(7)).
"""

import numpy as np
from numpy.typing import NDArray

RIDGE = 0.003
ITERATIONS = 60
TOLERANCE = 2e-3


def conditional_means(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The matrix with its gaps replaced by their expectation given the observed values of the row.

    The steps are those of the textbook, for all patterns of missingness at once. The prior is Amelia's, as if `RIDGE`
    times as many rows more had been seen, of uncorrelated columns. Stops when no covariance changes by more than
    `TOLERANCE`, after `ITERATIONS` at most.

    Args:
        matrix: float64 (rows, columns), columns of mean 0 and variance 1 or 0, NaN where missing; at most 62 columns.

    Returns:
        float64 (rows, columns) without NaN.

    >>> pairs = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, -1.0], [1.0, 1.0], [1.0, np.nan]])
    >>> conditional_means(pairs)[4].round(1).tolist()
    [1.0, 1.0]
    """
    rows, columns = matrix.shape
    if not rows:
        return matrix.copy()
    known = np.isfinite(matrix)
    _, first, group, counts = np.unique(
        known @ (1 << np.arange(columns)), return_index=True, return_inverse=True, return_counts=True
    )
    patterns = known[first]
    expected = np.where(known, matrix, 0.0)
    mean, covariance = np.zeros(columns), np.eye(columns)
    for _ in range(ITERATIONS):
        weights, unexplained = _regressions(patterns, covariance)
        centred = np.where(known, matrix - mean, 0.0)
        expected = mean + np.matmul(centred[:, None], weights[group])[:, 0]
        mean = expected.mean(axis=0)
        centred = expected - mean
        total = centred.T @ centred + np.tensordot(counts, unexplained, axes=1)
        # Rounding errors of the antisymmetric part would grow from step to step.
        before, covariance = covariance, ((total + total.T) / (2 * rows) + RIDGE * np.eye(columns)) / (1 + RIDGE)
        if np.abs(covariance - before).max() < TOLERANCE:
            break
    return np.where(known, matrix, expected)


def _regressions(
    patterns: NDArray[np.bool_], covariance: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of all columns on a pattern's observed ones: coefficients, and the covariance they leave, (patterns, …, …)."""
    given = np.where(patterns[:, :, None], covariance, 0.0)
    # Missing columns get the identity, so that every pattern's system has the same size.
    system = np.where(patterns[:, None, :], given, 0.0) + np.eye(patterns.shape[1]) * ~patterns[:, :, None]
    weights = np.linalg.solve(system, given).astype(np.float64, copy=False)
    unexplained: NDArray[np.float64] = covariance - np.matmul(given.transpose(0, 2, 1), weights)
    return weights, unexplained
