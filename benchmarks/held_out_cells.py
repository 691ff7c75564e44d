"""Targets of the real data with values hidden from some SIDS, the way values are really missing.

A target is an indicator in a year, each indicator once, drawn at random among those observed in at least twenty SIDS. A
quarter of these SIDS lose values, in one of the ways of `HIDING`:

- `all years`: the target, in every year.
- `one year`: the target, in the tested year only.
- `gap`, `never`, `mixed`: the country becomes the ghost of a donor: it keeps no value, in any year and of any
  indicator, that the donor does not have. Ghosts are drawn from the better reporting half of the SIDS with the target,
  donors from the SIDS that really miss it: those that have it in another year (`gap`), those that never had it
  (`never`; the ghost also loses every indicator whose absolute correlation with the target over all countries exceeds
  0.999, which would reveal it), or all of them (`mixed`).

The remaining data still allows the imputation.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.evidence import NEAR_DUPLICATE, correlation_with
from sids_core.panel.panel import Panel

HIDING = ("all years", "one year", "gap", "never", "mixed")
FEWEST_SIDS = 20
HIDDEN_SHARE = 0.25
FEWEST_GHOSTS = 3
MOST_DRAWS = 20


@dataclass(frozen=True)
class HeldOut:
    """One target.

    Attributes:
        panel: the data without the hidden values.
        year: the year.
        target: the indicator's code.
        truth: country code → hidden value.
        standard_deviation: standard deviation over all countries, hidden values included.
    """

    panel: Panel
    year: int
    target: str
    truth: dict[str, float]
    standard_deviation: float


def held_out(panel: Panel, count: int, seed: int, hiding: str = "all years") -> Iterator[HeldOut]:
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
    """The panel without the values of some SIDS; None if no donor fits."""
    target = panel.values[year, :, column]
    known = np.flatnonzero(panel.is_sids & np.isfinite(target))
    count = round(len(known) * HIDDEN_SHARE)
    cleared: list[tuple[int, NDArray[np.bool_]]] = []
    if hiding in ("all years", "one year"):
        gap = np.zeros((len(panel.years), len(panel.indicators)), dtype=bool)
        gap[slice(None) if hiding == "all years" else year, column] = True
        cleared = [(row, gap) for row in random.choice(known, count, replace=False)]
    else:
        cleared = _ghosts(panel, year, column, hiding, count, random)
    if not cleared:
        return None
    values, observed = panel.values.copy(), panel.observed.copy()
    for row, gap in cleared:
        observed -= gap & np.isfinite(values[:, row])
        values[:, row][gap] = np.nan
    return HeldOut(
        replace(panel, values=values, observed=observed),
        panel.years[year],
        panel.indicators[column].code,
        {panel.countries[row]: float(target[row]) for row, _ in cleared},
        float(np.nanstd(target)),
    )


def _ghosts(
    panel: Panel, year: int, column: int, hiding: str, count: int, random: np.random.Generator
) -> list[tuple[int, NDArray[np.bool_]]]:
    """Rows of the ghosts, each with the gaps (years, indicators) of its donor; none if few pairs fit."""
    slice_ = panel.values[year]
    has_target = np.isfinite(slice_[:, column])
    ever = np.isfinite(panel.values[:, :, column]).any(axis=0)
    with_history = np.flatnonzero(ever)
    wanted = {"gap": ever, "never": ~ever, "mixed": np.ones_like(ever)}[hiding]
    donors = np.flatnonzero(panel.is_sids & ~has_target & wanted)
    known = np.flatnonzero(panel.is_sids & has_target)
    reported = np.isfinite(slice_[known]).sum(axis=1)
    reporting = known[reported >= np.median(reported)]
    repeats = np.abs(correlation_with(slice_, slice_[:, column])) > NEAR_DUPLICATE
    if not len(donors):
        return []
    ghosts: list[tuple[int, NDArray[np.bool_]]] = []
    for row in random.permutation(reporting)[:count].tolist():
        for donor in random.choice(donors, MOST_DRAWS).tolist():
            gap: NDArray[np.bool_] = np.isnan(panel.values[:, donor])
            if donor not in with_history:
                gap[:, repeats] = True
            elif np.isnan(panel.values[~gap[:, column], row, column]).all():
                continue  # the ghost would have no own value; another donor is drawn
            ghosts.append((row, gap))
            break
    return ghosts if len(ghosts) >= FEWEST_GHOSTS else []


def _is_target(hidden: HeldOut) -> bool:
    panel = hidden.panel
    year, column = panel.year_index(hidden.year), panel.indicator_index[hidden.target]
    left = panel.values[year, :, column]
    enough = Catalogue(panel).target_sample_size()
    return bool(panel.observed[year, column] >= enough and np.nanmin(left) < np.nanmax(left))
