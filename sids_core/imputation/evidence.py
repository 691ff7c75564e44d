"""What an imputed value rests on, and when it should not be used without care."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import FEWEST_SIDS
from sids_core.imputation.imputed_values import ImputedValue
from sids_core.imputation.scaling import TargetScaler
from sids_core.imputation.training_data import TrainingData

WIDEST = 1.5
"""Width of an interval, in standard deviations of the target, above which a value is unreliable.

On a logarithmic scale for a target with a long tail: among millions, no small country's interval would ever be wide.
"""

LEAST_EVIDENCE = 0.2
"""Evidence below which a value is unreliable."""

NEAR_DUPLICATE = 0.999
"""Absolute correlation with the target above which a predictor is the same indicator under another code."""

FEW_ROWS = 30
"""Training countries, with fewer of which error and coverage are themselves rough estimates."""

FEWEST_SHARED = 5
"""Countries with both values, with fewer of which a correlation says nothing."""


def unreliable(imputed: Mapping[str, ImputedValue], data: TrainingData) -> tuple[str, ...]:
    """Codes of the countries whose value (by code) should not be used without care.

    docs/performance.md has the errors of those and of the others.
    """
    if data.is_sids.sum() < FEWEST_SIDS:
        return tuple(imputed)
    scaler = TargetScaler.fit(data.y, shorten=True)
    bounds = np.array([(value.lower, value.upper) for value in imputed.values()]).reshape(-1, 2)
    widths = np.diff(scaler.transform(bounds), axis=1)[:, 0]
    return tuple(
        code
        for (code, value), width in zip(imputed.items(), widths, strict=True)
        if width > WIDEST or value.evidence < LEAST_EVIDENCE
    )


def warnings(data: TrainingData) -> tuple[str, ...]:
    """What limits every value of an imputation, in words."""
    found = []
    if len(data.y) < FEW_ROWS:
        found.append(
            f"only {len(data.y)} countries have a value: predictions, errors and intervals rest on few observations"
        )
    if (sids := int(data.is_sids.sum())) < FEWEST_SIDS:
        found.append(f"only {sids} SIDS have a value: errors and intervals are those of other countries")
    return tuple(found)


def near_duplicates(data: TrainingData, columns: NDArray[np.intp]) -> tuple[str, ...]:
    """Codes of the candidates (columns,) that correlate nearly ±1 with the target over the countries with both."""
    correlation = correlation_with(data.X[:, columns], data.y)
    return tuple(data.candidates[column].code for column in columns[np.abs(correlation) > NEAR_DUPLICATE])


def correlation_with(X: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r (columns,) of X (rows, columns) and y (rows,) over the rows with both; 0 where it says nothing.

    >>> X = np.array([[1.0, 3.0], [2.0, np.nan], [3.0, 1.0], [4.0, 2.0], [5.0, 4.0]])
    >>> correlation_with(X, np.array([2.0, 4.0, 6.0, 8.0, 10.0])).round(3)
    array([1., 0.])
    """
    both = np.isfinite(X) & np.isfinite(y)[:, None]
    shared = both.sum(axis=0)
    count = np.maximum(shared, 1)
    x, z = np.where(both, X, 0.0), np.where(both, np.nan_to_num(y)[:, None], 0.0)
    x, z = (np.where(both, values - values.sum(axis=0) / count, 0.0) for values in (x, z))
    scale = np.sqrt((x**2).sum(axis=0)) * np.sqrt((z**2).sum(axis=0))
    r = np.divide((x * z).sum(axis=0), scale, out=np.zeros(len(shared)), where=scale > 0)
    return np.where(shared >= FEWEST_SHARED, r, 0.0)
