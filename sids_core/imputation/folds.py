"""Folds that hold their share of SIDS each, and the weights that make SIDS count."""

import numpy as np
from numpy.typing import NDArray


def stratified_folds(is_sids: NDArray[np.bool_], folds: int, seed: int = 0) -> NDArray[np.intp]:
    """The fold (rows,) of each row: SIDS and the others are shuffled and dealt out separately."""
    random = np.random.default_rng(seed)
    fold = np.empty(len(is_sids), dtype=np.intp)
    shuffled = [random.permutation(np.flatnonzero(group)) for group in (is_sids, ~is_sids)]
    fold[np.concatenate(shuffled)] = np.arange(len(is_sids)) % folds
    return fold


def inverse_class_weights(is_sids: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights (rows,) by which SIDS and the others count the same in total; their mean is 1.

    King and Zeng (2001), Logistic regression in rare events data, Political Analysis 9(2).
    """
    rows, sids = len(is_sids), int(is_sids.sum())
    if sids in (0, rows):
        return np.ones(rows)
    return np.where(is_sids, rows / (2 * sids), rows / (2 * (rows - sids)))
