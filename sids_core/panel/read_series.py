"""Observations as arrays: one row of values per country and indicator, from a wide or a long table."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.layout import COUNTRY_CODE, INDICATOR_CODE, INDICATOR_DATA, YEAR, check_columns
from sids_core.panel.read_data import (
    LARGEST_VALUE,
    LEFT_OUT,
    SMALLEST_VALUE,
    Block,
    CodeColumn,
    DataTable,
    column_name,
    open_data,
    read_numbers,
)
from sids_core.panel.read_text import Source
from sids_core.panel.report import IssueCollector

DATA_REPAIRS = {
    "surrounding_blanks": "blanks around a code removed",
    "malformed_code": "row without a usable code left out",
    "non_numeric_cell": "not a number, taken as missing",
    "infinite_number": f"not a number within ±{LARGEST_VALUE:.0e}, taken as missing",
    "tiny_number": f"within ±{SMALLEST_VALUE:.0e} of 0, taken as 0",
    "duplicate_row": "second row for a country and indicator merged; the two do not contradict each other",
    "data_without_metadata": "row of an indicator that indicatorMeta does not have; kept under its code",
}
DATA_ERRORS = {"contradicting_rows": "two rows for a country and indicator have different values"}


@dataclass(frozen=True, eq=False)
class SeriesTable:
    """Rows of values, at most one for a country and indicator.

    Attributes:
        years: ascending.
        countries: the codes that `country` indexes.
        indicators: the codes that `indicator` indexes.
        country: int32 (rows,).
        indicator: int32 (rows,).
        values: float64 (rows, years), NaN where missing; never beyond ±LARGEST_VALUE.
    """

    years: tuple[int, ...]
    countries: tuple[str, ...]
    indicators: tuple[str, ...]
    country: NDArray[np.int32]
    indicator: NDArray[np.int32]
    values: NDArray[np.float64]

    def pair(self, row: int) -> str:
        """A row's country and indicator, for messages."""
        return f"{self.countries[self.country[row]]}, {self.indicators[self.indicator[row]]}"


@dataclass(frozen=True)
class WideColumns:
    """The columns of a wide table: the two codes, and one column per year."""

    country: str
    indicator: str
    years: tuple[str, ...]

    @classmethod
    def of_data(cls, table: DataTable) -> "WideColumns":
        """Those of indicatorData; raises TableError if one is missing or appears twice."""
        check_columns(INDICATOR_DATA, table.name, table.columns)
        return cls(COUNTRY_CODE, INDICATOR_CODE, year_columns(table))


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table: one row per observation."""

    country: str
    indicator: str
    year: str
    value: str


def year_columns(table: DataTable) -> tuple[str, ...]:
    """The columns named by a year, ascending."""
    return tuple(sorted(column for column in table.columns if YEAR.fullmatch(column)))


def read_data(source: Source, repairs: IssueCollector, errors: IssueCollector) -> SeriesTable:
    """Every usable row of indicatorData; issues are added to `repairs` and `errors`.

    Raises:
        TableError: the file is not such a table, is damaged, or has no usable row.
    """
    table = open_data(source)
    return read_wide(table, WideColumns.of_data(table), repairs, errors)


def read_wide(table: DataTable, columns: WideColumns, repairs: IssueCollector, errors: IssueCollector) -> SeriesTable:
    """Every usable row of a table with one column per year; raises the same as `read_data`."""
    codes = (columns.country, columns.indicator)
    countries = CodeColumn.of_countries(columns.country, table, repairs)
    indicators = CodeColumn.of_indicators(columns.indicator, table, repairs)
    parts = []
    for block in table.blocks(codes, columns.years):
        country, indicator, rows = _usable(block, codes, countries, indicators)
        by_year = [read_numbers(block, year, table, repairs)[rows] for year in columns.years]
        parts.append((country, indicator, rows + block.first, np.stack(by_year, axis=1)))
    if not any(len(rows) for _, _, rows, _ in parts):
        raise TableError("no_rows", table.name, "no usable row of values")
    country, indicator, number, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    years = tuple(map(int, columns.years))
    series = SeriesTable(years, countries.codes, indicators.codes, country, indicator, values)
    return _without_duplicates(series, number, table, repairs, errors)


def _usable(
    block: Block, codes: tuple[str, str], countries: CodeColumn, indicators: CodeColumn
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Numbers of country and indicator, and positions in the block, of the rows that have both."""
    blank = np.ones(len(block.frame), dtype=np.bool_)
    for column in codes:
        blank &= np.asarray(block.frame[column] == "")
    country = countries.read(block, blank)
    indicator = indicators.read(block, blank | (country == LEFT_OUT))
    rows = np.flatnonzero((country != LEFT_OUT) & (indicator != LEFT_OUT))
    return country[rows], indicator[rows], rows


def _without_duplicates(
    series: SeriesTable, number: NDArray[np.int64], table: DataTable, repairs: IssueCollector, errors: IssueCollector
) -> SeriesTable:
    """One row per country and indicator: later rows complete the first one, contradictions are errors.

    `number` is int64 (rows,), each row's number in the table.
    """
    key = series.country.astype(np.int64) * len(series.indicators) + series.indicator
    _, firsts, group = np.unique(key, return_index=True, return_inverse=True)
    if len(firsts) == len(key):
        return series
    first = firsts[group]
    values = series.values.copy()
    for row in np.flatnonzero(first != np.arange(len(first))).tolist():
        kept, added = values[first[row]], values[row]
        different = np.flatnonzero((kept != added) & ~np.isnan(kept) & ~np.isnan(added))
        here, before = table.place(int(number[row])), table.place(int(number[first[row]]))
        if len(different):
            year = different[0]
            both = f"{kept[year]} in {before}, {added[year]} here"
            errors.add("contradicting_rows", here, str(series.years[year]), f"{series.pair(row)}: {both}")
        else:
            repairs.add("duplicate_row", here, "", f"{series.pair(row)}, merged into {before}")
            values[first[row]] = np.where(np.isnan(kept), added, kept)
    rows = np.flatnonzero(first == np.arange(len(first)))
    return replace(series, country=series.country[rows], indicator=series.indicator[rows], values=values[rows])


def read_long(table: DataTable, columns: LongColumns, repairs: IssueCollector, errors: IssueCollector) -> SeriesTable:
    """Every usable row of a table with one row per observation; years without a row are not part of the result.

    Raises:
        TableError: a year is malformed, the file is damaged, or it has no usable row.
    """
    codes = (columns.country, columns.indicator)
    countries = CodeColumn.of_countries(columns.country, table, repairs)
    indicators = CodeColumn.of_indicators(columns.indicator, table, repairs)
    parts = []
    for block in table.blocks(codes, (columns.value,)):
        country, indicator, rows = _usable(block, codes, countries, indicators)
        year = _years(block, rows, columns.year, table)
        value = read_numbers(block, columns.value, table, repairs)[rows]
        parts.append((country, indicator, year, rows + block.first, value))
    if not any(len(part[0]) for part in parts):
        raise TableError("no_rows", table.name, "no usable row of values")
    country, indicator, year, number, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    years, year_of_row = np.unique(year, return_inverse=True)
    pairs, series_of_row = np.unique(country.astype(np.int64) * len(indicators.codes) + indicator, return_inverse=True)
    series = SeriesTable(
        years=tuple(map(int, years)),
        countries=countries.codes,
        indicators=indicators.codes,
        country=(pairs // len(indicators.codes)).astype(np.int32),
        indicator=(pairs % len(indicators.codes)).astype(np.int32),
        values=np.full((len(pairs), len(years)), np.nan),
    )
    cell = series_of_row * len(years) + year_of_row
    _, firsts, group = np.unique(cell, return_index=True, return_inverse=True)
    values = series.values.reshape(-1)
    values[cell[firsts]] = value[firsts]
    for row in np.setdiff1d(np.arange(len(cell)), firsts).tolist():
        kept, added = values[cell[row]], value[row]
        here, before = table.place(int(number[row])), table.place(int(number[firsts[group[row]]]))
        pair = f"{series.pair(int(series_of_row[row]))}, {year[row]}"
        if kept != added and not np.isnan(kept) and not np.isnan(added):
            errors.add("contradicting_rows", here, columns.value, f"{pair}: {kept} in {before}, {added} here")
        else:
            repairs.add("duplicate_row", here, "", f"{pair}, merged into {before}")
            values[cell[row]] = added if np.isnan(kept) else kept
    return series


def _years(block: Block, rows: NDArray[np.int64], column: str, table: DataTable) -> NDArray[np.int64]:
    """Int64 (rows,): the year of each of the block's rows."""
    import pandas as pd

    numbers, written = pd.factorize(block.frame[column].iloc[rows], use_na_sentinel=False)
    names = [column_name(cell).strip() for cell in written]
    for index, name in enumerate(names):
        if not YEAR.fullmatch(name):
            row = table.place(block.first + int(rows[np.argmax(numbers == index)]))
            fault = f"column {column}: {name!r} is not a year (four digits)"
            raise TableError("malformed_year", table.name, fault, row=row)
    years: NDArray[np.int64] = np.array(list(map(int, names)), dtype=np.int64)[numbers]
    return years
