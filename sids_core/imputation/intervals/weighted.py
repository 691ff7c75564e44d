"""Quantiles of a weighted sample, with the correction that a new observation asks for."""

import numpy as np
from numpy.typing import NDArray


def conformal_quantile(values: NDArray[np.float64], weight: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """The quantile that a new value stays below with at least the probability `level`.

    The new value counts as one more observation, of the largest weight, at infinity; where it alone exceeds 1 - level,
    the largest value is returned. Vovk et al. (2005), Algorithmic learning in a random world; weighted as in
    Tibshirani et al. (2019).

    Args:
        values: (…, sample).
        weight: of each value (sample,).
        level: between 0 and 1.

    Returns:
        The quantiles (…,).
    """
    order = np.argsort(values, axis=-1, kind="stable")
    cumulated = np.cumsum(weight[order], axis=-1)
    total = cumulated[..., -1:] + weight.max()
    position = np.minimum((cumulated < level * total - 1e-9).sum(axis=-1, keepdims=True), values.shape[-1] - 1)
    return np.take_along_axis(np.take_along_axis(values, order, axis=-1), position, axis=-1)[..., 0]
