"""Values of an indicator in a year, hidden from some SIDS the way values are really missing.

- `all years`: the indicator, in every year.
- `one year`: the indicator, in the year only.
- `gap`, `never`, `mixed`: the country becomes the ghost of a donor: it keeps no value, in any year and of any
  indicator, that the donor does not have. Ghosts are drawn from the better reporting half of the SIDS with the
  indicator, donors from the SIDS that really miss it: those that have it in another year (`gap`), those that never had
  it (`never`; the ghost also loses every indicator whose absolute correlation with this one over all countries exceeds
  0.999, which would reveal it), or all of them (`mixed`).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.evidence import NEAR_DUPLICATE, correlation_with
from sids_core.panel.panel import Panel

ALL_YEARS, ONE_YEAR, GAP, NEVER, MIXED = HIDING = ("all years", "one year", "gap", "never", "mixed")

MOST_DRAWS = 20
"""Donors drawn for a ghost until one fits."""


@dataclass(frozen=True)
class HeldOut:
    """An indicator in a year without the values of some SIDS.

    Attributes:
        panel: the data without the hidden values.
        year: the year.
        target: the indicator's code.
        truth: country code → hidden value, in the indicator's unit.
        standard_deviation: standard deviation over all countries, hidden values included.
    """

    panel: Panel
    year: int
    target: str
    truth: dict[str, float]
    standard_deviation: float


def hide(
    panel: Panel,
    indicator: str,
    year: int,
    way: str,
    count: int,
    random: np.random.Generator,
    spared: Collection[str] = (),
) -> HeldOut:
    """Hide the values of an indicator in a year from some SIDS.

    Args:
        panel: the data; it is not changed, and the result's panel is a copy.
        indicator: code of the indicator.
        year: the year.
        way: one of `HIDING`.
        count: number of SIDS; fewer, if fewer can lose their value in this way.
        random: draws them, and their donors.
        spared: codes of SIDS that keep their values.

    Raises:
        UnknownValueError: the year, the indicator or the way is unknown.
        RequestError: no value can be hidden in this way; the message says why.

    >>> from sids_core.panel.demo import demo_panel
    >>> panel, random = demo_panel(), np.random.default_rng(1)
    >>> hidden = hide(panel, "key-wdi-EG.ELC.ACCS.ZS", 2001, "never", 3, random)
    >>> hidden.truth
    {'COM': 3.6294, 'SGP': 42.305, 'VUT': 17.148}
    """
    if way not in HIDING:
        raise UnknownValueError("hiding", way, HIDING)
    panel.indicator(indicator, "indicator")
    at, column = panel.year_index(year), panel.indicator_index[indicator]
    target = panel.values[at, :, column]
    sids = np.flatnonzero(panel.is_sids & np.isfinite(target))
    known = sids[~np.isin(np.array(panel.countries)[sids], list(spared))]
    if not len(known):
        raise _cannot_hide(way, f"no{' further' if spared else ''} SIDS has {indicator!r} in {year}")
    if way in (ALL_YEARS, ONE_YEAR):
        gap = np.zeros((len(panel.years), len(panel.indicators)), dtype=bool)
        gap[slice(None) if way == ALL_YEARS else at, column] = True
        cleared = [(row, gap) for row in random.choice(known, min(count, len(known)), replace=False).tolist()]
    else:
        cleared = _ghosts(panel, at, column, way, _better_reporting(panel.values[at], sids, known), count, random)
    values, observed = np.array(panel.values), panel.observed.copy()
    for row, gap in cleared:
        observed -= gap & np.isfinite(values[:, row])
        values[:, row][gap] = np.nan
    return HeldOut(
        replace(panel, values=values, observed=observed),
        year,
        indicator,
        {panel.countries[row]: float(target[row]) for row, _ in cleared},
        float(np.nanstd(target)),
    )


def _better_reporting(slice_: NDArray[np.float64], sids: NDArray[np.intp], known: NDArray[np.intp]) -> NDArray[np.intp]:
    """Those of the `known` rows that have at least as many values in the year as the median of the `sids`."""
    reported = np.isfinite(slice_).sum(axis=1)
    better: NDArray[np.intp] = known[reported[known] >= np.median(reported[sids])]
    return better


def _ghosts(
    panel: Panel,
    year: int,
    column: int,
    way: str,
    reporting: NDArray[np.intp],
    count: int,
    random: np.random.Generator,
) -> list[tuple[int, NDArray[np.bool_]]]:
    """Rows of the ghosts, each with the gaps (years, indicators) of its donor."""
    slice_ = panel.values[year]
    has_target = np.isfinite(slice_[:, column])
    ever = np.asarray(np.isfinite(panel.values[:, :, column]).any(axis=0))
    wanted = {GAP: ever, NEVER: ~ever, MIXED: np.ones_like(ever)}[way]
    donors = np.flatnonzero(panel.is_sids & ~has_target & wanted)
    name, place = panel.indicators[column].code, panel.years[year]
    if not len(donors):
        which = {GAP: " and has it in another year", NEVER: " and never had it", MIXED: ""}[way]
        raise _cannot_hide(way, f"no SIDS misses {name!r} in {place}{which}")
    repeats = np.abs(correlation_with(slice_, slice_[:, column])) > NEAR_DUPLICATE
    ghosts: list[tuple[int, NDArray[np.bool_]]] = []
    for row in random.permutation(reporting)[:count].tolist():
        for donor in random.choice(donors, MOST_DRAWS).tolist():
            gap: NDArray[np.bool_] = np.isnan(panel.values[:, donor])
            if not ever[donor]:
                gap[:, repeats] = True
            elif np.isnan(panel.values[~gap[:, column], row, column]).all():
                continue  # the ghost would have no own value; another donor is drawn
            ghosts.append((row, gap))
            break
    if not ghosts:
        raise _cannot_hide(
            way, f"no SIDS that reports much in {place} has {name!r} in the years of one that misses it then"
        )
    return ghosts


def _cannot_hide(way: str, reason: str) -> RequestError:
    return RequestError(f"no value can be hidden as {way!r}: {reason}", kind="cannot_hide", parameter="hiding")
