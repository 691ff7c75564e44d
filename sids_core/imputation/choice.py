"""Which ensemble, and which setting of it: the grid search's decision, from errors on rows not seen.

Settings of an ensemble are compared by their squared errors. Between ensembles a standard-error rule decides, like that
of Breiman et al. (1984), Classification and Regression Trees, section 3.4.3: the first one, which varies least from
sample to sample, stays unless another's absolute errors are smaller by more than two standard errors of the
difference. To take the smallest error outright is to take the ensemble that was lucky, which does worse on hidden cells
than the first one (docs/performance.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.ensembles.setting import Setting

CLEAR = 2.0
"""Standard errors by which an ensemble must be better: by chance, one of two rivals is so once in twenty times."""


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
    best: dict[str, int] = {}
    for position, configuration in enumerate(configurations):
        rival = best.get(configuration.ensemble, position)
        best[configuration.ensemble] = position if squared[position] < squared[rival] else rival
    preferred, *others = best.values()
    gains = [_standard_errors(weight * (np.abs(error[preferred]) - np.abs(error[other]))) for other in others]
    return others[int(np.argmax(gains))] if gains and max(gains) > CLEAR else preferred


def _standard_errors(gain: NDArray[np.float64]) -> float:
    """The mean gain in units of its standard error."""
    deviation = float(gain.std())
    return float(gain.mean()) / (deviation / np.sqrt(len(gain))) if deviation > 0 else 0.0
