"""Observations as arrays: one row of values per country and indicator, from a table with a column per year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.code_column import LEFT_OUT, CodeColumn
from sids_core.panel.layout import (
    COUNTRY_CODE,
    INDICATOR_CODE,
    INDICATOR_DATA,
    check_columns,
    years_of,
)
from sids_core.panel.read_data import (
    LARGEST_VALUE,
    SMALLEST_VALUE,
    Block,
    DataTable,
    open_data,
    read_numbers,
    report_unnamed,
)
from sids_core.panel.read_text import Source
from sids_core.panel.readable import check_readable
from sids_core.panel.report import IssueCollector

DESCRIPTIONS = frozenset({"country name", "indicator name"})
"""Columns that say the same as the codes, in lower case."""

DATA_REPAIRS = {
    "column_not_read": "column of another kind, not read",
    "unnamed_column": "text in a column without a name, not read",
    "surrounding_blanks": "blanks around a code removed",
    "malformed_code": "row without a usable code left out",
    "former_country": "former code of a country, read as today's",
    "unknown_country": "row of no country (by ISO 3166-1 alpha-3, XKX or CHI) left out",
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

    def counts(self) -> str:
        """What there are values of, in words, as `counted` says it."""
        observed = np.isfinite(self.values)
        rows, years = observed.any(axis=1), np.flatnonzero(observed.any(axis=0))
        countries, indicators = len(np.unique(self.country[rows])), len(np.unique(self.indicator[rows]))
        return counted(countries, indicators, self.years[years[0]], self.years[years[-1]], int(observed.sum()))


def counted(countries: int, indicators: int, first: int, last: int, values: int) -> str:
    """What there is, in words.

    >>> counted(30, 1, 2000, 2023, 1234)
    '30 countries, 1 indicator, years 2000–2023, 1,234 values'
    """
    return (
        f"{countries} {'country' if countries == 1 else 'countries'}, "
        f"{indicators} {'indicator' if indicators == 1 else 'indicators'}, "
        f"{f'years {first}–{last}' if first < last else f'year {first}'}, "
        f"{values:,} {'value' if values == 1 else 'values'}"
    )


@dataclass(frozen=True)
class WideColumns:
    """The columns of a wide table: the two codes, and by year, ascending, the column of its values."""

    country: str
    indicator: str
    years: Mapping[int, str]

    @classmethod
    def of_data(cls, table: DataTable) -> "WideColumns":
        """Those of indicatorData; raises TableError if one is missing or appears twice."""
        check_columns(INDICATOR_DATA, table.name, table.columns)
        return cls(COUNTRY_CODE, INDICATOR_CODE, years_of(table.name, table.columns))


def read_data(
    source: Source, repairs: IssueCollector, errors: IssueCollector, *, keep_unknown: bool = False
) -> SeriesTable:
    """Every usable row of indicatorData; issues are added to `repairs` and `errors`.

    With `keep_unknown`, codes of no country are kept too.

    Raises:
        TableError: the file is not such a table, is damaged, or has no usable row.
    """
    table = open_data(source)
    return read_wide(table, WideColumns.of_data(table), repairs, errors, keep_unknown=keep_unknown)


def read_wide(
    table: DataTable,
    columns: WideColumns,
    repairs: IssueCollector,
    errors: IssueCollector,
    *,
    keep_unknown: bool = False,
) -> SeriesTable:
    """Every usable row of a table with one column per year; raises the same as `read_data`."""
    codes = (columns.country, columns.indicator)
    countries = CodeColumn.of_countries(columns.country, table, repairs, keep_unknown=keep_unknown)
    indicators = CodeColumn.of_indicators(columns.indicator, table, repairs)
    years = tuple(columns.years.values())
    report_unread(table, (*codes, *years), repairs)
    parts = []
    for block in table.blocks(codes, years):
        report_unnamed(block, table, repairs)
        country, indicator, rows = usable_rows(block, codes, years, countries, indicators)
        by_year = [read_numbers(block, column, table, repairs)[rows] for column in years]
        parts.append((country, indicator, rows + block.first, np.stack(by_year, axis=1)))
    countries.report_unknown()
    if not any(len(rows) for _, _, rows, _ in parts):
        raise TableError("no_rows", table.name, no_row(repairs))
    country, indicator, number, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    check_readable(table.name, values, len(values), repairs)
    series = SeriesTable(tuple(columns.years), countries.codes, indicators.codes, country, indicator, values)
    return _without_duplicates(series, number, table, repairs, errors)


def report_unread(table: DataTable, read: Sequence[str], repairs: IssueCollector) -> None:
    """Report the columns with a name that are not read and say something else than the codes."""
    for column in table.columns:
        if column not in {*read, *table.unnamed} and column.casefold() not in DESCRIPTIONS:
            repairs.add("column_not_read", "", "", repr(column))


def no_row(repairs: IssueCollector) -> str:
    """What is said of a table without a usable row."""
    example = repairs.example("malformed_code", "unknown_country")
    return "no usable row of values" + (f", as {example}" if example else "")


def usable_rows(
    block: Block, codes: tuple[str, str], values: Sequence[str], countries: CodeColumn, indicators: CodeColumn
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Numbers of country and indicator, and positions in the block, of the rows that have both.

    Rows without any cell are not reported.
    """
    blank = np.ones(len(block.frame), dtype=np.bool_)
    for column in codes:
        blank &= np.asarray(block.frame[column] == "")
    empty = block.frame.loc[blank, list(values)]
    blank[blank] = (empty.isna() | (empty == "")).all(axis=1).to_numpy()
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
