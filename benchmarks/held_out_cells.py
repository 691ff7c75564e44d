"""Targets of the real data with held-out values.

A target is an indicator in a year, each indicator once, drawn at random among those observed in at least twenty SIDS. A
quarter of these values are held out, with the same country's value of every indicator whose correlation with the target
exceeds 0.999, which would reveal it. The remaining data still allows the imputation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.panel import Panel

FEWEST_SIDS = 20
HIDDEN_SHARE = 0.25
SAME_INDICATOR = 0.999
FEWEST_SHARED = 5


@dataclass(frozen=True)
class HeldOut:
    """One target.

    Attributes:
        panel: that year only, without the held-out values.
        year: the year.
        target: the indicator's code.
        truth: country code → held-out value.
        standard_deviation: standard deviation over all countries, held-out values included.
    """

    panel: Panel
    year: int
    target: str
    truth: dict[str, float]
    standard_deviation: float


def held_out(panel: Panel, count: int, seed: int) -> Iterator[HeldOut]:
    """Draw `count` targets; equal seeds give equal targets."""
    random = np.random.default_rng(seed)
    candidates = [(year, int(column)) for year in range(len(panel.years)) for column in _columns(panel, year)]
    random.shuffle(candidates)
    used: set[int] = set()
    for year, column in candidates:
        if column in used or len(used) == count:
            continue
        hidden = _hide(panel, year, column, random)
        if _is_target(hidden):
            used.add(column)
            yield hidden


def _columns(panel: Panel, year: int) -> NDArray[np.intp]:
    """Indicators that vary and are observed in enough SIDS."""
    slice_ = panel.values[year]
    known = np.isfinite(slice_[panel.is_sids]).sum(axis=0) >= FEWEST_SIDS
    known &= (panel.observed[year] >= ImputationConfig().target_sample_size(len(panel.countries))) & (
        panel.observed[year] < len(panel.countries)
    )
    columns = np.flatnonzero(known)
    varies: NDArray[np.intp] = columns[np.nanstd(slice_[:, columns], axis=0) > 0]
    return varies


def _hide(panel: Panel, year: int, column: int, random: np.random.Generator) -> HeldOut:
    values = panel.values[[year]].copy()
    slice_ = values[0]
    target = slice_[:, column].copy()
    known = np.flatnonzero(panel.is_sids & np.isfinite(target))
    rows = random.choice(known, round(len(known) * HIDDEN_SHARE), replace=False)
    slice_[np.ix_(rows, _same(slice_, target))] = np.nan
    slice_[rows, column] = np.nan
    shown = replace(
        panel,
        years=(panel.years[year],),
        values=values,
        observed=np.isfinite(values).sum(axis=1).astype(np.int32),
    )
    truth = {panel.countries[row]: float(target[row]) for row in rows}
    return HeldOut(shown, panel.years[year], panel.indicators[column].code, truth, float(np.nanstd(target)))


def _same(slice_: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.intp]:
    """Columns whose correlation with the target over shared countries is above the limit, in either direction."""
    both = np.isfinite(slice_) & np.isfinite(target)[:, None]
    shared = both.sum(axis=0)
    x = np.where(both, slice_, 0.0)
    y = np.where(both, np.nan_to_num(target)[:, None], 0.0)
    weight = np.maximum(shared, 1)
    x = np.where(both, x - x.sum(axis=0) / weight, 0.0)
    y = np.where(both, y - y.sum(axis=0) / weight, 0.0)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    correlation = np.divide((x * y).sum(axis=0), scale, out=np.zeros(len(shared)), where=scale > 0)
    return np.flatnonzero((shared >= FEWEST_SHARED) & (np.abs(correlation) > SAME_INDICATOR))


def _is_target(hidden: HeldOut) -> bool:
    column = hidden.panel.indicator_index[hidden.target]
    left = hidden.panel.values[0, :, column]
    enough = Catalogue(hidden.panel).target_sample_size()
    return bool(hidden.panel.observed[0, column] >= enough and np.nanmin(left) < np.nanmax(left))
