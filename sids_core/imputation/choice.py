"""Which ensemble, and which setting of it: the grid search's decision, from errors on rows not seen.

Depths are compared by their squared errors. Everything else follows a standard-error rule, like that of Breiman et al.
(1984), Classification and Regression Trees, section 3.4.3: what does best on most targets stays unless another's
absolute errors are clearly smaller. So a mean inside the leaves must beat the regression, and an ensemble the first
one. To take the smallest error outright is to take what was lucky, which does worse on hidden cells
(docs/performance.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.setting import Setting

CLEAR_SETTING = 1.0
CLEAR_ENSEMBLE = 2.0
"""Standard errors of the difference by which another must be better; with two, chance alone does it once in forty."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """An ensemble by name and its setting: what the grid search chooses between."""

    ensemble: str
    setting: Setting


def choose(configurations: Sequence[Configuration], error: NDArray[np.float64], weight: NDArray[np.float64]) -> int:
    """Position of the chosen configuration.

    Args:
        configurations: grouped by ensemble, the preferred one first.
        error: (configurations, rows), prediction minus target of rows not seen.
        weight: of the rows.
    """
    squared = (weight * error**2).sum(axis=1)
    depths: dict[tuple[str, bool], int] = {}
    for position, configuration in enumerate(configurations):
        key = configuration.ensemble, configuration.setting.regresses
        rival = depths.get(key, position)
        depths[key] = position if squared[position] < squared[rival] else rival
    ensembles: dict[str, list[int]] = {}
    for (ensemble, _), position in depths.items():
        ensembles.setdefault(ensemble, []).append(position)
    weighted = weight * np.abs(error)
    best = [_clearly_best(rivals, weighted, CLEAR_SETTING) for rivals in ensembles.values()]
    return _clearly_best(best, weighted, CLEAR_ENSEMBLE)


def _clearly_best(positions: Sequence[int], error: NDArray[np.float64], clear: float) -> int:
    """The first position, unless another's error (positions, rows) is smaller by so many standard errors."""
    preferred, *others = positions
    gains = [_standard_errors(error[preferred] - error[other]) for other in others]
    return others[int(np.argmax(gains))] if gains and max(gains) > clear else preferred


def _standard_errors(gain: NDArray[np.float64]) -> float:
    """The mean gain in units of its standard error."""
    deviation = float(gain.std())
    return float(gain.mean()) / (deviation / np.sqrt(len(gain))) if deviation > 0 else 0.0
