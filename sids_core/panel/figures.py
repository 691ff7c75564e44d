"""indicatorData as arrays: one row of figures per country and indicator, checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.blocks import Block, DataFile, open_data
from sids_core.panel.errors import TableError
from sids_core.panel.findings import NAMED_PLACES, Findings
from sids_core.panel.layout import COUNTRY_CODE, INDICATOR_CODE
from sids_core.panel.metadata import is_code

if TYPE_CHECKING:
    import pandas as pd

COUNTRY = re.compile(r"[A-Z]{3}")
LARGEST_FIGURE = 1e30
"""No statistic is larger; models may square what they read, or keep it in single precision."""

FIGURE_REPAIRS = {
    "surrounding_blanks": "blanks around a code stripped",
    "malformed_code": "row without a usable code left out",
    "non_numeric_cell": "not a number, taken as missing",
    "infinite_number": f"not a number up to ±{LARGEST_FIGURE:.0e}, taken as missing",
    "duplicate_row": "second row for a country and indicator merged, the two do not contradict each other",
    "data_without_metadata": "row of an indicator that indicatorMeta does not have; kept under its code",
}
FIGURE_ERRORS = {"contradicting_rows": "two rows for a country and indicator have different figures"}
LEFT_OUT = -1


@dataclass(frozen=True, eq=False)
class Series:
    """Rows of figures, at most one for a country and indicator.

    Attributes:
        years: ascending.
        countries: the codes that `country` counts through, in the order they were met.
        indicators: the same for `indicator`.
        country: int32 (rows,).
        indicator: int32 (rows,).
        number: int64 (rows,), the row's number in the file, from 0.
        figures: float64 (rows, years), NaN where there is none; never beyond ±LARGEST_FIGURE.
    """

    years: tuple[int, ...]
    countries: tuple[str, ...]
    indicators: tuple[str, ...]
    country: NDArray[np.int32]
    indicator: NDArray[np.int32]
    number: NDArray[np.int64]
    figures: NDArray[np.float64]

    def keep(self, rows: NDArray[np.int64]) -> "Series":
        """The same with some of the rows."""
        return replace(
            self,
            country=self.country[rows],
            indicator=self.indicator[rows],
            number=self.number[rows],
            figures=self.figures[rows],
        )


class _Codes:
    """Numbers the codes of one column in the order they are met; unusable ones are LEFT_OUT."""

    def __init__(self, column: str, usable: Callable[[str], bool], findings: Findings) -> None:
        self._column = column
        self._usable = usable
        self._findings = findings
        self._numbers: dict[str, int] = {}

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self._numbers)

    def read(self, block: Block, file: DataFile, skipped: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Int32 (rows,): the number of each row's code; unusable codes in `skipped` rows are not noted."""
        written = block.frame[self._column].cat
        position = written.codes.to_numpy().astype(np.int64)
        numbers = np.full(len(written.categories) + 1, LEFT_OUT, dtype=np.int32)
        for index, text in enumerate(map(str, written.categories)):
            code = text.strip()
            if not self._usable(code):
                self._note("malformed_code", (position == index) & ~skipped, text, block, file)
                continue
            if code != text:
                self._note("surrounding_blanks", position == index, text, block, file)
            numbers[index] = self._numbers.setdefault(code, len(self._numbers))
        return numbers[position]

    def _note(self, kind: str, where: NDArray[np.bool_], text: str, block: Block, file: DataFile) -> None:
        _note_all(self._findings, kind, np.flatnonzero(where), [repr(text)] * NAMED_PLACES, self._column, block, file)


def read_figures(path: Path, repairs: Findings, errors: Findings) -> Series:
    """Every usable row of indicatorData; `repairs` and `errors` take what was found.

    Raises:
        TableError: the file is no such table, is damaged, or has no usable row.
    """
    file = open_data(path)
    countries = _Codes(COUNTRY_CODE, lambda code: COUNTRY.fullmatch(code) is not None, repairs)
    indicators = _Codes(INDICATOR_CODE, is_code, repairs)
    parts = []
    for block in file.blocks():
        blank = _blank_lines(block)
        country = countries.read(block, file, blank)
        indicator = indicators.read(block, file, blank | (country == LEFT_OUT))
        rows = np.flatnonzero((country != LEFT_OUT) & (indicator != LEFT_OUT))
        columns = [_numbers(block, year, file, repairs)[rows] for year in file.years]
        parts.append((country[rows], indicator[rows], rows + block.first, np.stack(columns, axis=1)))
    if not any(len(rows) for _, _, rows, _ in parts):
        raise TableError("no_rows", path.name, "no usable row of figures")
    country, indicator, number, figures = (np.concatenate(part) for part in zip(*parts, strict=True))
    years = tuple(map(int, file.years))
    series = Series(years, countries.codes, indicators.codes, country, indicator, number, figures)
    return _merged(series, file, repairs, errors)


def _blank_lines(block: Block) -> NDArray[np.bool_]:
    blank = np.ones(len(block.frame), dtype=np.bool_)
    for column in (COUNTRY_CODE, INDICATOR_CODE):
        blank &= np.asarray(block.frame[column] == "")
    return blank


def _numbers(block: Block, year: str, file: DataFile, repairs: Findings) -> NDArray[np.float64]:
    column = block.frame[year]
    if column.dtype.kind in "iuf":
        figures = column.to_numpy(dtype=np.float64, na_value=np.nan).copy()
    else:
        figures = _parsed(column, block, file, repairs)
    infinite = np.flatnonzero(np.abs(figures) > LARGEST_FIGURE)
    if len(infinite):
        _note_all(repairs, "infinite_number", infinite, figures[infinite], year, block, file)
        figures[infinite] = np.nan
    return figures


def _parsed(column: "pd.Series", block: Block, file: DataFile, repairs: Findings) -> NDArray[np.float64]:
    """A column in which something is not a number, cell by cell."""
    figures = np.full(len(column), np.nan)
    faulty = []
    missing = column.isna().to_numpy()
    for row, cell in enumerate(column.tolist()):
        if missing[row] or cell == "":
            continue
        try:
            figures[row] = _number(cell)
        except ValueError:
            faulty.append(row)
    values = [repr(column.iloc[row]) for row in faulty[:NAMED_PLACES]]
    _note_all(repairs, "non_numeric_cell", np.array(faulty, dtype=np.int64), values, str(column.name), block, file)
    return figures


def _number(cell: object) -> float:
    text = str(cell)
    # Python reads 1_000 as a thousand; a table that says so means something else.
    if isinstance(cell, bool) or "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def _note_all(
    findings: Findings,
    kind: str,
    rows: NDArray[np.int64],
    values: "list[str] | NDArray[np.float64]",
    column: str,
    block: Block,
    file: DataFile,
) -> None:
    """Count one fault per row, of which the first few get their place and value."""
    named = rows[:NAMED_PLACES]
    for row, value in zip(named.tolist(), values[: len(named)], strict=True):
        findings.add(kind, file.place(block.first + row), column, str(value))
    if len(rows) > len(named):
        findings.count(kind, len(rows) - len(named))


def _merged(series: Series, file: DataFile, repairs: Findings, errors: Findings) -> Series:
    """One row for each country and indicator: what later rows add is taken over, contradictions are noted."""
    key = series.country.astype(np.int64) * len(series.indicators) + series.indicator
    _, firsts, group = np.unique(key, return_index=True, return_inverse=True)
    if len(firsts) == len(key):
        return series
    first = firsts[group]
    figures = series.figures.copy()
    for row in np.flatnonzero(first != np.arange(len(first))).tolist():
        kept, added = figures[first[row]], figures[row]
        different = np.flatnonzero((kept != added) & ~np.isnan(kept) & ~np.isnan(added))
        pair = f"{series.countries[series.country[row]]}, {series.indicators[series.indicator[row]]}"
        if len(different):
            year = different[0]
            values = f"{kept[year]} in {file.place(int(series.number[first[row]]))}, {added[year]} here"
            errors.add(
                "contradicting_rows", file.place(int(series.number[row])), str(series.years[year]), f"{pair}: {values}"
            )
        else:
            same = file.place(int(series.number[first[row]]))
            repairs.add("duplicate_row", file.place(int(series.number[row])), "", f"{pair}, merged into {same}")
            figures[first[row]] = np.where(np.isnan(kept), added, kept)
    return replace(series, figures=figures).keep(np.flatnonzero(first == np.arange(len(first))))
