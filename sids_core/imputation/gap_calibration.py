"""Calibration under the gaps of the countries to predict.

A country that misses the target usually misses its relatives too, which the training countries have. So each training
country is predicted once more, out of fold, with the gaps of countries to predict: Zaffran et al. (2023), Conformal
prediction with missing values, ICML. Countries are grouped by the share of the predictors' importance that they miss,
since one pooled distance would be too wide for some of them and too narrow for others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.intervals.calibration import cross_covered
from sids_core.imputation.scaling import rounded

LIMITS = (0.1, 0.5, 0.9)
"""Shares of missing importance that separate the bins."""

EDGES = (0.0, *LIMITS, 1.0)

REPEATS = 2
"""Countries to predict whose gaps each training country gets."""

FEWEST_SIDS = 5
"""With fewer training SIDS, the error to expect is taken over all training countries."""


@dataclass(frozen=True)
class GapBin:
    """Countries to predict that miss about the same share of the predictors' importance.

    Attributes:
        lowest: smallest share of missing importance.
        highest: largest one.
        members: positions among the countries to predict.
        missing_share: float64 (members,), the share each misses.
        values: float64 (members,), the predictions.
        bounds: float64 (2, members), lower and upper.
        predicted: float64 (repeats × training countries,), out-of-fold predictions under the members' gaps.
        covered: bool, likewise, whether the target lies in an interval calibrated on the other folds.
        expected_error: root mean squared error to expect for a member, in the target's unit.
    """

    lowest: float
    highest: float
    members: NDArray[np.intp]
    missing_share: NDArray[np.float64]
    values: NDArray[np.float64]
    bounds: NDArray[np.float64]
    predicted: NDArray[np.float64]
    covered: NDArray[np.bool_]
    expected_error: float


def predict_under_gaps(section: CrossSection, members: NDArray[np.intp], random_state: int = 0) -> list[GapBin]:
    """Predict countries, with intervals calibrated on training countries that are given the same gaps.

    Args:
        section: the fitted model.
        members: positions among the countries to predict.
        random_state: seed of the draw of gaps.
    """
    if not len(members):
        return []
    data = section.data
    X = data.X_missing[members]
    share = section.missing_share(X)
    in_bin = np.searchsorted(LIMITS, share, side="right")
    bins = np.unique(in_bin)
    rows = np.tile(np.arange(len(data.y)), REPEATS)
    random = np.random.default_rng(random_state)
    donors = [data.missing_rows[_spread(members[in_bin == number], len(rows), random)] for number in bins]
    rows_of_bins = np.tile(rows, len(bins))
    worn = data.slice.with_gaps_of(np.concatenate(donors), data.training[rows_of_bins])
    predicted, quantiles = section.predict_held_out(worn, rows_of_bins)
    values, levels = section.predict(X)
    scaler, weight, fold = section.fitted.scaler, section.sample_weight[rows], section.fold[rows]
    y = scaler.transform(data.y[rows])
    found = []
    for position, number in enumerate(bins):
        inside, part = in_bin == number, slice(position * len(rows), (position + 1) * len(rows))
        held_out = scaler.transform(predicted[part]), scaler.transform(quantiles[:, part])
        interval = section.make_interval().fit(y, *held_out, weight)
        bounds = interval.bounds(scaler.transform(values[inside]), scaler.transform(levels[:, inside]))
        found.append(
            GapBin(
                lowest=EDGES[number],
                highest=EDGES[number + 1],
                members=members[inside],
                missing_share=share[inside],
                values=values[inside],
                bounds=scaler.inverse_transform(bounds),
                predicted=predicted[part],
                covered=cross_covered(section.make_interval, y, *held_out, weight, fold),
                expected_error=rounded(
                    expected_error(predicted[part] - data.y[rows], weight, data.is_sids[rows]), float(data.y.std())
                ),
            )
        )
    return found


def expected_error(error: NDArray[np.float64], sample_weight: NDArray[np.float64], is_sids: NDArray[np.bool_]) -> float:
    """Root mean squared error (rows,) over SIDS, or, with few of them, weighted over all rows."""
    weight = is_sids.astype(float) if is_sids.sum() >= FEWEST_SIDS * REPEATS else sample_weight
    return float(np.sqrt(np.average(error**2, weights=weight)))


def _spread(members: NDArray[np.intp], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Members (count,) in random order, each equally often."""
    spread: NDArray[np.intp] = members[random.permutation(np.arange(count) % len(members))]
    return spread
