"""Model selection: choose the ensemble and its setting by their out-of-fold errors.

Depths are compared by their squared errors. Everything else follows a standard-error rule, like that of Breiman et al.
(1984), Classification and Regression Trees, section 3.4.3: the preferred choice is kept unless another's absolute
errors are clearly smaller. So the leaf mean must beat the regression, and an ensemble the preferred one. Always taking
the smallest error picks lucky configurations and does worse on held-out values (docs/performance.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles import Setting

CLEAR_SETTING = 1.0
CLEAR_ENSEMBLE = 2.0
"""Standard errors by which another must be better; by chance, two are exceeded once in forty."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """An ensemble by name and its setting: one point of the grid search."""

    ensemble: str
    setting: Setting


def select_configuration(
    configurations: Sequence[Configuration], error: NDArray[np.float64], sample_weight: NDArray[np.float64]
) -> int:
    """Position of the best configuration.

    Args:
        configurations: grouped by ensemble, the preferred one first.
        error: (configurations, rows), prediction minus target on held-out rows.
        sample_weight: (rows,).
    """
    squared = (sample_weight * error**2).sum(axis=1)
    depths: dict[tuple[str, bool], int] = {}
    for position, configuration in enumerate(configurations):
        key = configuration.ensemble, configuration.setting.regression_in_leaves
        rival = depths.get(key, position)
        depths[key] = position if squared[position] < squared[rival] else rival
    ensembles: dict[str, list[int]] = {}
    for (ensemble, _), position in depths.items():
        ensembles.setdefault(ensemble, []).append(position)
    weighted = sample_weight * np.abs(error)
    best = [_clearly_best(rivals, weighted, CLEAR_SETTING) for rivals in ensembles.values()]
    return _clearly_best(best, weighted, CLEAR_ENSEMBLE)


def _clearly_best(positions: Sequence[int], error: NDArray[np.float64], clear: float) -> int:
    """Position 0, unless another's mean error (…, rows) is lower by more than `clear` standard errors."""
    preferred, *others = positions
    gains = [_standard_errors(error[preferred] - error[other]) for other in others]
    return others[int(np.argmax(gains))] if gains and max(gains) > clear else preferred


def _standard_errors(gain: NDArray[np.float64]) -> float:
    """The mean gain in units of its standard error."""
    standard_deviation = float(gain.std())
    return float(gain.mean()) / (standard_deviation / np.sqrt(len(gain))) if standard_deviation > 0 else 0.0
