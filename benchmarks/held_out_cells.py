"""Targets of the real data with values hidden from some SIDS, the way values are really missing.

A target is an indicator in a year, each indicator once, drawn at random among those observed in at least twenty SIDS. A
quarter of these SIDS lose values, in one of the ways of `sids_core.evaluation.hiding`. The remaining data still allows
the imputation.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.evaluation.hiding import ALL_YEARS, ONE_YEAR, HeldOut, hide
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.panel import Panel

FEWEST_SIDS = 20
HIDDEN_SHARE = 0.25
FEWEST_GHOSTS = 3


def held_out(panel: Panel, count: int, seed: int, hiding: str = ALL_YEARS) -> Iterator[HeldOut]:
    """Draw `count` targets, whose panels are made one after the other; equal arguments give equal targets."""
    panel = replace(panel, values=np.asarray(panel.values))
    random = np.random.default_rng(seed)
    candidates = [(year, int(column)) for year in range(len(panel.years)) for column in _columns(panel, year)]
    random.shuffle(candidates)
    used: set[int] = set()
    for year, column in candidates:
        if column in used or len(used) == count:
            continue
        hidden = _hide(panel, year, column, hiding, random)
        if hidden is not None and _is_target(hidden):
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


def _hide(panel: Panel, year: int, column: int, hiding: str, random: np.random.Generator) -> HeldOut | None:
    """The panel without the values of some SIDS; None if few can lose them."""
    known = np.isfinite(panel.values[year, panel.is_sids, column]).sum()
    code = panel.indicators[column].code
    try:
        hidden = hide(panel, code, panel.years[year], hiding, round(known * HIDDEN_SHARE), random)
    except RequestError:
        return None
    return hidden if hiding in (ALL_YEARS, ONE_YEAR) or len(hidden.truth) >= FEWEST_GHOSTS else None


def _is_target(hidden: HeldOut) -> bool:
    panel = hidden.panel
    year, column = panel.year_index(hidden.year), panel.indicator_index[hidden.target]
    left = panel.values[year, :, column]
    enough = Catalogue(panel).target_sample_size()
    return bool(panel.observed[year, column] >= enough and np.nanmin(left) < np.nanmax(left))
