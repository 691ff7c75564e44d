"""What an imputed value rests on, and when it should not be used without care."""

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.imputed_values import ImputedValue
from sids_core.imputation.training_data import TrainingData

WIDEST = 1.5
"""Width of an interval, in standard deviations of the target, above which a value is unreliable."""

LEAST_EVIDENCE = 0.2
"""Evidence below which a value is unreliable."""

FEWEST_SIDS = 5
"""Training SIDS, with fewer of which no value is reliable."""

NEAR_DUPLICATE = 0.999
"""Absolute correlation with the target above which a predictor is the same indicator under another code."""

FEWEST_SHARED = 5
"""Countries with both values, with fewer of which a correlation says nothing."""


def is_unreliable(imputed: ImputedValue, standard_deviation: float, n_training_sids: int) -> bool:
    """Whether a value should not be used without care (docs/imputation.md has what the rule was measured on).

    Args:
        imputed: the imputed value.
        standard_deviation: of the target over the training countries.
        n_training_sids: number of SIDS among them.
    """
    return (
        imputed.upper - imputed.lower > WIDEST * standard_deviation
        or imputed.evidence < LEAST_EVIDENCE
        or n_training_sids < FEWEST_SIDS
    )


def near_duplicates(data: TrainingData, columns: NDArray[np.intp]) -> tuple[str, ...]:
    """Codes of the candidates (columns,) that correlate nearly ±1 with the target over the countries with both."""
    X = data.slice.observed[np.ix_(data.training, columns)]
    both = np.isfinite(X)
    shared = np.maximum(both.sum(axis=0), 1)
    x, y = np.where(both, X, 0.0), np.where(both, data.y[:, None], 0.0)
    x, y = (np.where(both, column - column.sum(axis=0) / shared, 0.0) for column in (x, y))
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    correlation = np.divide((x * y).sum(axis=0), scale, out=np.zeros(len(shared)), where=scale > 0)
    same = columns[(np.abs(correlation) > NEAR_DUPLICATE) & (shared >= FEWEST_SHARED)]
    return tuple(data.candidates[column].code for column in same)
