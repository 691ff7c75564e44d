"""How often the intervals hold what they promise, on rows they were not calibrated with."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import CrossFit
from sids_core.imputation.intervals import Interval


def cross_covered(
    make_interval: Callable[[], Interval],
    y: NDArray[np.float64],
    fitted: CrossFit,
    weight: NDArray[np.float64],
    fold: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether each target (rows,) lies in its out-of-fold interval, calibrated on the rows of the other folds."""
    covered = np.empty(len(y), dtype=bool)
    for number in range(fold.max() + 1):
        held_out = fold == number
        kept = ~held_out
        interval = make_interval().fit(y[kept], fitted.predicted[kept], fitted.quantiles[:, kept], weight[kept])
        lower, upper = interval.bounds(fitted.predicted[held_out], fitted.quantiles[:, held_out])
        covered[held_out] = (lower <= y[held_out]) & (y[held_out] <= upper)
    return covered
