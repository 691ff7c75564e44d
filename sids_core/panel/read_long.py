"""Long tables: one row per observation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.code_column import CodeColumn
from sids_core.panel.layout import YEARS, year_of
from sids_core.panel.read_data import Block, DataTable, column_name, read_numbers, report_unnamed
from sids_core.panel.read_series import SeriesTable, no_row, report_unread, usable_rows
from sids_core.panel.readable import check_readable
from sids_core.panel.report import IssueCollector


@dataclass(frozen=True)
class LongColumns:
    """The columns of a long table: one row per observation."""

    country: str
    indicator: str
    year: str
    value: str


def read_long(
    table: DataTable,
    columns: LongColumns,
    repairs: IssueCollector,
    errors: IssueCollector,
    *,
    keep_unknown: bool = False,
) -> SeriesTable:
    """Every usable row of a table with one row per observation; years without a row are not part of the result.

    Raises:
        TableError: a year is malformed, the file is damaged, or it has no usable row.
    """
    codes = (columns.country, columns.indicator)
    countries = CodeColumn.of_countries(columns.country, table, repairs, keep_unknown=keep_unknown)
    indicators = CodeColumn.of_indicators(columns.indicator, table, repairs)
    report_unread(table, (*codes, columns.year, columns.value), repairs)
    parts = []
    for block in table.blocks(codes, (columns.value,), columns.year):
        report_unnamed(block, table, repairs)
        country, indicator, rows = usable_rows(block, codes, (columns.value,), countries, indicators)
        year = _years(block, rows, columns.year, table)
        value = read_numbers(block, columns.value, table, repairs)[rows]
        parts.append((country, indicator, year, rows + block.first, value))
    countries.report_unknown()
    if not any(len(part[0]) for part in parts):
        raise TableError("no_rows", table.name, no_row(repairs))
    country, indicator, year, number, value = (np.concatenate(part) for part in zip(*parts, strict=True))
    check_readable(table.name, value, len(value), repairs)
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
    found = [year_of(name) for name in names]
    for index, (name, year) in enumerate(zip(names, found, strict=True)):
        if year is None:
            row = table.place(block.first + int(rows[np.argmax(numbers == index)]))
            fault = f"column {column}: {name!r} is not a year ({YEARS[0]} to {YEARS[-1]})"
            raise TableError("malformed_year", table.name, fault, row=row)
    years: NDArray[np.int64] = np.array(found, dtype=np.int64)[numbers]
    return years
