"""The observations of one table: country, indicator, year and value of each, and the row that it comes from."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.foreign.cells import cell_text
from sids_core.foreign.columns import decimal_sign, numbered, read_numbers, texts_of
from sids_core.foreign.header import FoundTable
from sids_core.foreign.indicators import Named
from sids_core.foreign.layout import Form
from sids_core.foreign.marks import key, quoted
from sids_core.foreign.options import TableOptions
from sids_core.foreign.periods import is_other_period, year_in
from sids_core.foreign.places import is_aggregate
from sids_core.foreign.roles import WHOLE
from sids_core.foreign.row_places import NO_COUNTRY, RowPlaces
from sids_core.panel.layout import YEARS
from sids_core.panel.readable import check_readable
from sids_core.panel.report import IssueCollector

IMPUTED = re.compile(r"i|imputed\b.*", re.IGNORECASE)
DELETED = re.compile("d|delete", re.IGNORECASE)
TRUE = frozenset("|true|t|yes|y|1|1.0|observed|wahr|vrai|verdadero|verdadeiro|vero|waar".split("|"))
FALSE = frozenset("false|f|no|n|0|0.0|imputed|falsch|faux|falso|onwaar".split("|"))
"""As spreadsheet programs of several languages, R and pandas write booleans; in lower case."""
SERIES = re.compile(r"(.+\S)\s*\[(\w+(?:\.\w+)+)\]")
"""Name and code of a series, as the World Bank's DataBank names the columns of series."""
LEFT_OUT = (
    "malformed_code",
    "unknown_country",
    "other_country",
    "other_period",
    "imputed_row",
    "deleted_row",
    "aggregate",
)
"""Kinds of issues for which rows are left out."""


@dataclass(frozen=True, eq=False)
class Observations:
    """Observed values, one entry each.

    Attributes:
        countries: codes that `country` indexes.
        named: indicators that `indicator` indexes.
        country, indicator, year, row: int64 (values,); `row` is the position in the table.
        column: int64 (values,), the position of the column of the value.
        value: float64 (values,), finite.
        percent: bool (values,), whether the value was written with a percent sign.
        years: the years that the table has columns or rows of, ascending, also without a value.
        decimal: the decimal sign of numbers written as text; empty if there are none with one.
        missing: marks of missing values → how often.
    """

    countries: tuple[str, ...]
    named: tuple[Named, ...]
    country: NDArray[np.int64]
    indicator: NDArray[np.int64]
    year: NDArray[np.int64]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    value: NDArray[np.float64]
    percent: NDArray[np.bool_]
    years: tuple[int, ...]
    decimal: str
    missing: dict[str, int]


def observe(found: FoundTable, options: TableOptions, repairs: IssueCollector, *, keep_unknown: bool) -> Observations:
    """Every observation of a table.

    Raises:
        TableError: a year is malformed, the decimal sign cannot be decided, or too little can be read.
    """
    reader = _Reader(found, options, repairs, keep_unknown=keep_unknown)
    return reader.read()


class _Reader:
    def __init__(
        self, found: FoundTable, options: TableOptions, repairs: IssueCollector, *, keep_unknown: bool
    ) -> None:
        self.table, self.layout, self.repairs = found.table, found.layout, repairs
        self.height = len(found.table.numbers)
        self.decimal = options.decimal or decimal_sign(found.table, tuple(found.layout.values))
        self.places = RowPlaces(found.table, found.layout, repairs, keep_unknown=keep_unknown)
        self.marks: dict[str, tuple[int, int, str]] = {}
        self.missing: dict[str, int] = {}

    def read(self) -> Observations:
        table, layout = self.table, self.layout
        kept = self._kept()
        has_value = np.zeros(self.height, dtype=np.bool_)
        for at in layout.values:
            has_value |= self._written(at)
        country = self.places.of_rows(kept & has_value, kept)
        kept &= has_value & (country != NO_COUNTRY)
        year = self._years(kept)
        kept &= year != 0
        named, indicator = self._indicators()
        kept &= self._have_indicator(kept, named, indicator)
        rows = np.flatnonzero(kept)
        parts: list[tuple[NDArray[Any], ...]] = []
        for at, label in layout.values.items():
            numbers = read_numbers(table.cells[at], rows, self.decimal)
            self._report(at, numbers.faults, numbers.marks)
            for mark, count in numbers.missing.items():
                self.missing[mark] = self.missing.get(mark, 0) + count
            have = np.flatnonzero(np.isfinite(numbers.values))
            divided = layout.form is Form.INDICATORS or at in layout.groups
            of_column = indicator[have] * len(layout.values) + (len(parts) if divided else 0)
            place = self.places.of_column(str(label), table.columns[at]) if layout.form is Form.COUNTRIES else None
            parts.append(
                (
                    country[have] if place is None else np.full(len(have), place),
                    of_column,
                    np.full(len(have), label) if isinstance(label, int) else year[have],
                    have,
                    np.full(len(have), at),
                    numbers.values[have],
                    numbers.percent[have],
                )
            )
        self.places.report()
        self._report_marks()
        if not len(rows):
            raise TableError("no_rows", table.name, self._no_row())
        joined = [np.concatenate(part) for part in zip(*parts, strict=True)]
        usable = joined[0] != NO_COUNTRY
        country, of_value, year, row, column, value, percent = (part[usable] for part in joined)
        check_readable(table.name, value, len(rows), self.repairs)
        used, of_value = np.unique(of_value, return_inverse=True)
        return Observations(
            self.places.codes,
            tuple(self._named(named, int(number)) for number in used),
            country.astype(np.int64),
            of_value.astype(np.int64),
            year.astype(np.int64),
            row,
            column,
            value,
            percent,
            self._all_years(year),
            self.decimal if texts_of([table.cells[at] for at in layout.values]) else "",
            self.missing,
        )

    def _no_row(self) -> str:
        example = self.repairs.example(*LEFT_OUT)
        return "no usable row of values" + (f", as {example}" if example else "")

    def _written(self, at: int) -> NDArray[np.bool_]:
        """Bool (rows,): where a column has a text or number."""
        cells = self.table.cells[at]
        if cells.dtype.kind == "f":
            return np.asarray(np.isfinite(cells))
        return np.fromiter((cell != "" and str(cell).strip() != "" for cell in cells), np.bool_, self.height)

    def _kept(self) -> NDArray[np.bool_]:
        """Bool (rows,): the rows that are observations, by their period, action and status."""
        kept = np.ones(self.height, dtype=np.bool_)
        left_out: tuple[tuple[int | None, str, Callable[[int, str], object]], ...] = (
            (self.layout.part_of_year, "other_period", lambda _, text: key(text) not in WHOLE),
            (self.layout.action, "deleted_row", lambda _, text: DELETED.fullmatch(text)),
            (self.layout.status, "imputed_row", lambda _, text: IMPUTED.fullmatch(text)),
            (self.layout.observed, "imputed_row", self._is_imputed),
        )
        for at, kind, applies in left_out:
            if at is not None:
                for row, cell in enumerate(self.table.cells[at].tolist()):
                    text = "" if cell != cell else cell_text(cell)
                    if applies(row, text.partition(":")[0].strip()):
                        kept[row] = False
                        self.repairs.add(kind, self.table.place(row), self.table.columns[at], quoted(text))
        return kept

    def _is_imputed(self, row: int, observed: str) -> bool:
        """Whether a row's cell of `observed` is false; raises TableError unless it is true or empty then."""
        if observed.lower() not in TRUE | FALSE:
            fault = f"column observed: {quoted(observed)} is neither true nor false, so that values may be imputed ones"
            raise TableError("malformed_flag", self.table.name, fault, row=self.table.place(row))
        return observed.lower() in FALSE

    def _years(self, kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Int64 (rows,): each row's year; 0 where another period is left out."""
        if self.layout.year is None or self.layout.form is Form.YEARS:
            return np.full(self.height, self.layout.one_year or 1)
        column, cells = self.table.columns[self.layout.year], self.table.cells[self.layout.year]
        years = np.zeros(self.height, dtype=np.int64)
        for row in np.flatnonzero(kept).tolist():
            cell = self._code(cells[row]) if isinstance(cells[row], str) else cells[row]
            year = year_in(cell)
            if year is not None:
                years[row] = year
            elif is_other_period(cell):
                self.repairs.add("other_period", self.table.place(row), column, quoted(str(cell)))
            elif isinstance(cell, str) and is_aggregate(cell):
                self.repairs.add("aggregate", self.table.place(row), column, quoted(cell))
            else:
                text = "" if cell != cell else str(cell)
                fault = f"column {column}: {quoted(text)} is not a year ({YEARS[0]} to {YEARS[-1]})"
                raise TableError("malformed_year", self.table.name, fault, row=self.table.place(row))
        return years

    def _indicators(self) -> tuple[list[tuple[str, ...]], NDArray[np.int64]]:
        """The combinations of code, name, unit and members; int64 (rows,), the number of each row's."""
        layout, cells = self.layout, self.table.cells
        columns = [*(layout.indicator or ()), *((layout.unit,) if layout.unit is not None else ()), *layout.dimensions]
        numbers, combinations = numbered([cells[at] for at in columns], self.height)
        return combinations, numbers

    def _have_indicator(
        self, kept: NDArray[np.bool_], combinations: list[tuple[str, ...]], numbers: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Bool (rows,): the rows that say their indicator."""
        if self.layout.indicator is None:
            return np.ones(self.height, dtype=np.bool_)
        says = np.array([any(texts[:2]) for texts in combinations], dtype=np.bool_)[numbers]
        for row in np.flatnonzero(kept & ~says).tolist():
            name = self.table.columns[self.layout.indicator[0]]
            self.repairs.add("malformed_code", self.table.place(row), name, "'' is no indicator")
        return says

    def _named(self, combinations: list[tuple[str, ...]], number: int) -> Named:
        layout = self.layout
        combination, column = divmod(number, len(layout.values))
        texts = list(combinations[combination])
        code = name = layout.one_indicator
        if layout.indicator is not None:
            code, name = (self._code(text) for text in texts[:2])
            if layout.labelled and ": " in texts[1]:
                name = texts[1].partition(": ")[2]
            texts = texts[2:]
        at = list(layout.values)[column]
        if layout.form is Form.INDICATORS:
            of_column = str(layout.values[at])
            series = SERIES.fullmatch(of_column)
            parts = (series[2], series[1]) if series else (of_column, of_column)
            code, name = (" ".join(filter(None, pair)) for pair in zip((code, name), parts, strict=True))
        elif at in layout.groups:
            code, name = (" ".join(filter(None, (part, layout.groups[at]))) for part in (code, name))
        unit = self._code(texts.pop(0)) if layout.unit is not None else ""
        members = zip((self.table.columns[each].strip("[]") for each in layout.dimensions), texts, strict=True)
        return Named(
            code or name, name or code, unit, tuple((column, self._code(member)) for column, member in members)
        )

    def _code(self, text: str) -> str:
        return text.partition(": ")[0] if self.layout.labelled else text

    def _all_years(self, year: NDArray[np.int64]) -> tuple[int, ...]:
        if self.layout.form is Form.YEARS:
            return tuple(sorted({label for label in self.layout.values.values() if isinstance(label, int)}))
        return tuple(np.unique(year).tolist())

    def _report(self, at: int, faults: dict[int, tuple[str, str]], marks: dict[str, tuple[int, int]]) -> None:
        column = self.table.columns[at]
        for row, (kind, text) in faults.items():
            self.repairs.add(kind, self.table.place(row), column, text)
        for mark, (count, first) in marks.items():
            before, row, name = self.marks.get(mark, (0, first, column))
            self.marks[mark] = (before + count, row, name)

    def _report_marks(self) -> None:
        for mark, (count, row, column) in self.marks.items():
            self.repairs.add("marked_number", self.table.place(row), column, repr(mark))
            self.repairs.count("marked_number", count - 1)
