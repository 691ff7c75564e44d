"""Merge several datasets into one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import DatasetError
from sids_core.panel.layout import DATASET_CODE, INDICATOR_CODE
from sids_core.panel.read_series import SeriesTable
from sids_core.panel.tables import Rows, TableContent

NAMED = 3


class Prefer(StrEnum):
    """Which source's row is kept if two contradict each other."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, eq=False)
class _Axes:
    """Every year, country and indicator of the sources, ascending."""

    years: tuple[int, ...]
    countries: tuple[str, ...]
    indicators: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Merged:
    """Values by row key, ascending, and the last source of each row."""

    keys: NDArray[np.int64]
    values: NDArray[np.float64]
    source: NDArray[np.int32]


def merge(sources: Mapping[str, TableContent], prefer: Prefer | None) -> TableContent:
    """Merge several datasets, given by name.

    Rows of one country and indicator that agree or complement each other are merged. Of contradicting rows the
    preferred source's is kept as a whole: a mixture would be a series that was never published. Of several descriptions
    of a code the first is kept, or the last if the last source is preferred.

    Raises:
        DatasetError: rows contradict each other and no source is preferred; it names both and the first places.
    """
    contents = tuple(sources.values())
    last = prefer is Prefer.LAST
    return TableContent(
        indicators=_first_rows([content.indicators for content in contents], INDICATOR_CODE, last=last),
        datasets=_first_rows([content.datasets for content in contents], DATASET_CODE, last=last),
        series=_merge_series(tuple(sources), [content.series for content in contents], prefer),
    )


def _first_rows(tables: Sequence[Rows], code: str, *, last: bool) -> Rows:
    found: dict[str, Mapping[str, str]] = {}
    for rows in reversed(tables) if last else tables:
        for row in rows:
            found.setdefault(row[code].strip(), row)
    return tuple(found[known] for known in sorted(found))


def _merge_series(names: tuple[str, ...], parts: list[SeriesTable], prefer: Prefer | None) -> SeriesTable:
    axes = _Axes(
        years=tuple(sorted({year for part in parts for year in part.years})),
        countries=tuple(sorted({code for part in parts for code in part.countries})),
        indicators=tuple(sorted({code for part in parts for code in part.indicators})),
    )
    laid_out = [_lay_out(part, axes, source) for source, part in enumerate(parts)]
    merged = reduce(lambda one, other: _join(one, other, names, axes, prefer), laid_out)
    return SeriesTable(
        years=axes.years,
        countries=axes.countries,
        indicators=axes.indicators,
        country=(merged.keys // len(axes.indicators)).astype(np.int32),
        indicator=(merged.keys % len(axes.indicators)).astype(np.int32),
        values=merged.values,
    )


def _lay_out(part: SeriesTable, axes: _Axes, source: int) -> _Merged:
    country = np.searchsorted(np.array(axes.countries), np.array(part.countries))[part.country]
    indicator = np.searchsorted(np.array(axes.indicators), np.array(part.indicators))[part.indicator]
    keys = country * len(axes.indicators) + indicator
    order = np.argsort(keys)
    values = np.full((len(keys), len(axes.years)), np.nan)
    values[:, np.searchsorted(axes.years, part.years)] = part.values[order]
    return _Merged(keys[order], values, np.full(len(keys), source, np.int32))


def _join(one: _Merged, other: _Merged, names: tuple[str, ...], axes: _Axes, prefer: Prefer | None) -> _Merged:
    _, here, there = np.intersect1d(one.keys, other.keys, assume_unique=True, return_indices=True)
    kept, added = one.values[here], other.values[there]
    different = (kept != added) & ~np.isnan(kept) & ~np.isnan(added)
    contradicting = different.any(axis=1)
    if contradicting.any() and prefer is None:
        rows = np.flatnonzero(contradicting)
        pairs = (names[one.source[here[rows[0]]]], names[other.source[0]])
        raise DatasetError(_complaint(pairs, _places(rows, one.keys[here], kept, added, different, axes), len(rows)))
    preferred = added if prefer is Prefer.LAST else kept
    joined = np.where(contradicting[:, None], preferred, np.where(np.isnan(kept), added, kept))
    new = np.ones(len(other.keys), dtype=np.bool_)
    new[there] = False
    values, source = one.values.copy(), one.source.copy()
    values[here] = joined
    source[here] = other.source[there]
    keys = np.concatenate([one.keys, other.keys[new]])
    order = np.argsort(keys)
    return _Merged(
        keys[order],
        np.concatenate([values, other.values[new]])[order],
        np.concatenate([source, other.source[new]])[order],
    )


def _places(
    rows: NDArray[np.int64],
    keys: NDArray[np.int64],
    kept: NDArray[np.float64],
    added: NDArray[np.float64],
    different: NDArray[np.bool_],
    axes: _Axes,
) -> Iterator[str]:
    for row in rows[:NAMED].tolist():
        country, indicator = divmod(int(keys[row]), len(axes.indicators))
        year = int(np.flatnonzero(different[row])[0])
        values = f"{float(kept[row, year])!r} and {float(added[row, year])!r}"
        yield f"{axes.countries[country]}, {axes.indicators[indicator]} in {axes.years[year]} ({values})"


def _complaint(pair: tuple[str, str], places: Iterator[str], count: int) -> str:
    more = f"; and {count - NAMED} more rows" if count > NAMED else ""
    return (
        f"{pair[0]} and {pair[1]} contradict each other: {'; '.join(places)}{more}. "
        "Choose one with --prefer first or --prefer last"
    )
