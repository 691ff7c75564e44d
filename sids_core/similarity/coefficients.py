"""Correlation of one row with many, each over the cells that both have (pairwise complete)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
# Rows whose figures differ by less than this share of the largest differ by rounding only: no variance.
NEARLY_EQUAL = 1e-12
# Sums of the same cells in another order differ in later decimals, which must not decide who comes first.
DECIMALS = 12


def pearson(row: Matrix, others: Matrix) -> Matrix:
    """Pearson's r (n,) of `row` (m,) with each of `others` (n, m); NaN where the shared cells do not vary."""
    shared = np.isfinite(row) & np.isfinite(others)
    return _correlate(np.broadcast_to(row, others.shape), others, shared)


def spearman(row: Matrix, others: Matrix) -> Matrix:
    """Spearman's rho (n,): Pearson's r of the ranks among the shared cells, ties at their mean rank."""
    from pandas import DataFrame

    shared = np.isfinite(row) & np.isfinite(others)
    of_row, of_others = (DataFrame(np.where(shared, cells, np.nan)).rank(axis=1).to_numpy() for cells in (row, others))
    return _correlate(of_row, of_others, shared)


COEFFICIENTS: Mapping[str, Callable[[Matrix, Matrix], Matrix]] = MappingProxyType(
    {"pearson": pearson, "spearman": spearman}
)


def _correlate(one: Matrix, other: Matrix, shared: NDArray[np.bool_]) -> Matrix:
    products = _unit_vectors(one, shared) * _unit_vectors(other, shared)
    coefficients: Matrix = np.clip(products.sum(axis=1), -1, 1).round(DECIMALS)
    return coefficients


def _unit_vectors(cells: Matrix, shared: NDArray[np.bool_]) -> Matrix:
    """Each row's shared cells minus their mean, divided by their length, 0 elsewhere; NaN rows where nothing varies."""
    filled = np.where(shared, cells, 0.0)
    # Divided by the largest first, so that no square overflows.
    largest = np.abs(filled).max(axis=1, initial=0, keepdims=True)
    scaled = np.divide(filled, largest, out=np.zeros_like(filled), where=largest > 0)
    count = np.maximum(shared.sum(axis=1, keepdims=True), 1)
    centred = np.where(shared, scaled - scaled.sum(axis=1, keepdims=True) / count, 0.0)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    varies = np.abs(centred).max(axis=1, initial=0, keepdims=True) > NEARLY_EQUAL
    vectors: Matrix = np.divide(centred, length, out=np.full_like(centred, np.nan), where=varies)
    return vectors
