"""Calibration under the gaps of the countries to predict.

A country that misses the target usually misses its relatives too, which the training countries have. So each training
country is predicted once more, out of fold, with the gaps of countries to predict: Zaffran et al. (2023), Conformal
prediction with missing values, ICML. Countries are grouped by the share of the predictors' importance that they miss,
since one pooled distance would be too wide for some of them and too narrow for others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import FEWEST_SIDS
from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.intervals.calibration import cross_covered
from sids_core.imputation.scaling import rounded

LIMITS = (0.1, 0.5, 0.9)
"""Shares of missing importance that separate the bins."""

EDGES = (0.0, *LIMITS, 1.0)

REPEATS = 2
"""Countries to predict whose gaps each training country gets."""


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
        predicted: float64 (repeats, training countries), out-of-fold predictions under the members' gaps.
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
    data, n_rows = section.data, len(section.data.y)
    X = data.X_missing[members]
    share = section.missing_share(X)
    in_bin = np.searchsorted(LIMITS, share, side="right")
    bins = np.unique(in_bin)
    random = np.random.default_rng(random_state)
    donors = [_spread(members[in_bin == number], REPEATS * n_rows, random) for number in bins]
    rows = np.tile(np.arange(n_rows), REPEATS * len(bins))
    worn = data.slice.with_gaps_of(data.missing_rows[np.concatenate(donors)], data.training[rows])
    predicted, quantiles = section.predict_held_out(worn, rows)
    predicted_of_bins = predicted.reshape(len(bins), REPEATS, n_rows)
    quantiles_of_bins = np.moveaxis(quantiles.reshape(-1, len(bins), REPEATS, n_rows), 0, 2)
    values, levels = section.predict(X)
    found = []
    for number, held_out, held_out_levels in zip(bins, predicted_of_bins, quantiles_of_bins, strict=True):
        inside = in_bin == number
        bounds, covered = _calibrated(section, held_out, held_out_levels, values[inside], levels[:, inside])
        error = expected_error(held_out - data.y, section.sample_weight, data.is_sids)
        found.append(
            GapBin(
                lowest=EDGES[number],
                highest=EDGES[number + 1],
                members=members[inside],
                missing_share=share[inside],
                values=values[inside],
                bounds=bounds,
                predicted=held_out,
                covered=covered,
                expected_error=rounded(error, float(data.y.std())),
            )
        )
    return found


def _calibrated(
    section: CrossSection,
    held_out: NDArray[np.float64],
    held_out_levels: NDArray[np.float64],
    values: NDArray[np.float64],
    levels: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Bounds (2, members), and whether each training country is covered (repeats, rows).

    Each repeat is calibrated by itself, since a country must not count as two; the bounds are their mean.
    """
    scaler = section.fitted.scaler
    y = scaler.transform(section.data.y)
    bounds, covered = [], []
    for repeat in zip(scaler.transform(held_out), scaler.transform(held_out_levels), strict=True):
        interval = section.make_interval().fit(y, *repeat, section.sample_weight)
        bounds.append(interval.bounds(scaler.transform(values), scaler.transform(levels)))
        covered.append(cross_covered(section.make_interval, y, *repeat, section.sample_weight, section.fold))
    return scaler.inverse_transform(np.mean(bounds, axis=0)), np.stack(covered)


def expected_error(error: NDArray[np.float64], sample_weight: NDArray[np.float64], is_sids: NDArray[np.bool_]) -> float:
    """Root mean square of the errors (repeats, rows) of SIDS, or, with few of them, weighted over all rows."""
    weight = is_sids.astype(float) if is_sids.sum() >= FEWEST_SIDS else sample_weight
    return float(np.sqrt(np.average((error**2).mean(axis=0), weights=weight)))


def _spread(members: NDArray[np.intp], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Members (count,) in random order, each equally often."""
    spread: NDArray[np.intp] = members[random.permutation(np.arange(count) % len(members))]
    return spread
