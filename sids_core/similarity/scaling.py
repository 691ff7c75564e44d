"""Indicators on one scale."""

from typing import cast

import numpy as np
from numpy.typing import NDArray


def standardise(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each column of (n, m) at mean 0 and standard deviation 1 over its figures; equal figures become 0, NaN stays."""
    from sklearn.preprocessing import StandardScaler

    return cast("NDArray[np.float64]", StandardScaler().fit_transform(values))
