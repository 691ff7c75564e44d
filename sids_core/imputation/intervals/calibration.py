"""Calibration on out-of-fold rows: conformal quantiles, and the coverage of the resulting intervals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sids_core.imputation.intervals import Interval


def conformal_quantile(
    values: NDArray[np.float64], sample_weight: NDArray[np.float64], level: float
) -> NDArray[np.float64]:
    """Conformal quantile: a new value does not exceed it with probability at least `level`.

    The new value counts as one more observation at infinity, with the largest weight; if its share alone exceeds
    1 - level, the largest value is returned. Vovk et al. (2005), Algorithmic learning in a random world; weighted as
    in Tibshirani et al. (2019).

    Args:
        values: (…, sample).
        sample_weight: weight of each value (sample,).
        level: between 0 and 1.

    Returns:
        The quantiles (…,).

    >>> float(conformal_quantile(np.arange(1.0, 20.0), np.ones(19), 0.9))
    18.0
    """
    order = np.argsort(values, axis=-1, kind="stable")
    cumulated = np.cumsum(sample_weight[order], axis=-1)
    total = cumulated[..., -1:] + sample_weight.max()
    position = np.minimum((cumulated < level * total - 1e-9).sum(axis=-1, keepdims=True), values.shape[-1] - 1)
    return np.take_along_axis(np.take_along_axis(values, order, axis=-1), position, axis=-1)[..., 0]


def cross_covered(
    make_interval: Callable[[], Interval],
    y: NDArray[np.float64],
    predicted: NDArray[np.float64],
    quantiles: NDArray[np.float64],
    sample_weight: NDArray[np.float64],
    fold: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether each target (rows,) lies in its out-of-fold interval, calibrated on the other folds."""
    covered = np.empty(len(y), dtype=bool)
    for number in range(fold.max() + 1):
        held_out = fold == number
        kept = ~held_out
        interval = make_interval().fit(y[kept], predicted[kept], quantiles[:, kept], sample_weight[kept])
        lower, upper = interval.bounds(predicted[held_out], quantiles[:, held_out])
        covered[held_out] = (lower <= y[held_out]) & (y[held_out] <= upper)
    return covered
