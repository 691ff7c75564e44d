"""The observations of several tables as one: codes of indicators, and at most one value for a cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.foreign.cells import Table, cell_text
from sids_core.foreign.header import FoundTable
from sids_core.foreign.indicators import Coded, coded
from sids_core.foreign.marks import quoted
from sids_core.foreign.observations import Observations
from sids_core.panel.read_series import SeriesTable
from sids_core.panel.report import IssueCollector


@dataclass(frozen=True, eq=False)
class Part:
    """A table, its observations, and where its issues go."""

    found: FoundTable
    observations: Observations
    repairs: IssueCollector
    errors: IssueCollector
    dataset: str


@dataclass(frozen=True, eq=False)
class Combined:
    """All observations.

    Attributes:
        series: rows ascending by country and indicator, codes ascending.
        indicators: code → its description and the dataset of the first table that has it, ascending.
    """

    series: SeriesTable
    indicators: dict[str, tuple[Coded, str]]


def combine(parts: Sequence[Part]) -> Combined:
    """One value per country, indicator and year; equal ones are merged, contradicting ones are reported as errors."""
    named = [(number, each) for number, part in enumerate(parts) for each in part.observations.named]
    described = coded([each for _, each in named])
    indicators: dict[str, tuple[Coded, str]] = {}
    for (number, _), each in zip(named, described, strict=True):
        indicators.setdefault(each.code, (each, parts[number].dataset))
    codes = sorted(indicators)
    countries = sorted({code for part in parts for code in part.observations.countries})
    years = sorted({year for part in parts for year in part.observations.years})
    index_of = {code: index for index, code in enumerate(codes)}
    own, first = [], 0
    for part in parts:
        last = first + len(part.observations.named)
        own.append(np.array([index_of[each.code] for each in described[first:last]], dtype=np.int64))
        first = last
    country = np.concatenate(
        [np.searchsorted(countries, part.observations.countries)[part.observations.country] for part in parts]
    )
    indicator = np.concatenate([numbers[part.observations.indicator] for numbers, part in zip(own, parts, strict=True)])
    year = np.concatenate([np.searchsorted(years, part.observations.year) for part in parts])
    value = np.concatenate([part.observations.value for part in parts])
    percent = np.concatenate([part.observations.percent for part in parts])
    source = _Sources(parts)
    cell = (country * len(codes) + indicator) * len(years) + year
    _, firsts, group = np.unique(cell, return_index=True, return_inverse=True)
    for at in np.flatnonzero(firsts[group] != np.arange(len(cell))).tolist():
        before = int(firsts[group[at]])
        what = f"{countries[country[at]]}, {codes[indicator[at]]}, {years[year[at]]}"
        source.report(at, before, what, float(value[before]), float(value[at]))
    _mixed_percent(parts, indicator, percent, codes)
    pairs, row = np.unique(country[firsts] * len(codes) + indicator[firsts], return_inverse=True)
    values = np.full((len(pairs), len(years)), np.nan)
    values[row, year[firsts]] = value[firsts]
    used_countries, used_indicators = np.unique(pairs // len(codes)), np.unique(pairs % len(codes))
    series = SeriesTable(
        years=tuple(years),
        countries=tuple(countries[at] for at in used_countries),
        indicators=tuple(codes[at] for at in used_indicators),
        country=np.searchsorted(used_countries, pairs // len(codes)).astype(np.int32),
        indicator=np.searchsorted(used_indicators, pairs % len(codes)).astype(np.int32),
        values=values,
    )
    with_percent = {codes[at] for at in np.setdiff1d(indicator[percent], indicator[~percent])}
    return Combined(series, {code: _with_unit(indicators[code], code in with_percent) for code in series.indicators})


def _with_unit(described: tuple[Coded, str], percent: bool) -> tuple[Coded, str]:
    indicator, dataset = described
    if percent and not indicator.unit:
        indicator = Coded(indicator.code, indicator.name, indicator.dimension, "%")
    return indicator, dataset


class _Sources:
    """Where each of the joined values comes from."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part.observations.value) for part in parts])

    def report(self, at: int, before: int, what: str, kept: float, added: float) -> None:
        """Report that a cell has a second value."""
        part, row, column = self._of(at)
        first, first_row, first_column = self._of(before)
        here, there = part.found.table.place(row), first.found.table.place(first_row)
        if first is not part:
            there = f"{first.found.table.name}, {there}"
        name = part.found.table.columns[column]
        if first_column != column and first is part:
            there += f", column {part.found.table.columns[first_column]}"
        if kept == added:
            part.repairs.add("duplicate_row", here, "", f"{what}, merged into {there}")
            return
        hint = _difference(part.found.table, part.found.layout.unread, row, first_row) if first is part else ""
        part.errors.add("contradicting_rows", here, name, f"{what}: {kept} in {there}, {added} here{hint}")

    def _of(self, at: int) -> tuple[Part, int, int]:
        number = int(np.searchsorted(self._ends, at, side="right"))
        part = self._parts[number]
        position = at - int(self._ends[number]) + len(part.observations.value)
        return part, int(part.observations.row[position]), int(part.observations.column[position])


def _difference(table: Table, unread: Sequence[int], row: int, before: int) -> str:
    """Which column that is not read may tell the two rows apart."""
    for at in unread:
        here, there = cell_text(table.cells[at][row]), cell_text(table.cells[at][before])
        if here != there:
            name = table.columns[at]
            differ = f"the rows differ in column {name} ({quoted(there)}, {quoted(here)})"
            return f"; {differ}: if it divides the indicator, give it as a dimension"
    return ""


def _mixed_percent(
    parts: Sequence[Part], indicator: NDArray[np.int64], percent: NDArray[np.bool_], codes: Sequence[str]
) -> None:
    with_sign = np.bincount(indicator[percent], minlength=len(codes))
    values = np.bincount(indicator, minlength=len(codes))
    for at in np.flatnonzero((with_sign > 0) & (with_sign < values)).tolist():
        parts[0].repairs.add("mixed_percent", "", "", f"{codes[at]} ({with_sign[at]} of {values[at]} values)")
