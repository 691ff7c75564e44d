"""Columns of values as numbers, with the decimal sign of all of them, and columns of texts as numbered texts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.foreign.cells import Table, cell_text
from sids_core.foreign.excel import Percentage
from sids_core.foreign.marks import quoted
from sids_core.foreign.numbers import Cell, Kind, read_number, shown_as_percent, signs_of
from sids_core.panel.read_data import LARGEST_VALUE, SMALLEST_VALUE

STAND_INS = (-999.0, -9999.0, -99999.0, -999999.0)
"""Numbers by which programs mark missing values."""


@dataclass
class Numbers:
    """A column's numbers.

    Attributes:
        values: float64 (rows,), NaN where missing or not understood.
        percent: bool (rows,), where a percent sign followed or the sheet shows one.
        faults: row → why it is not understood (a kind of issue) and what is written there.
        marks: what followed numbers → how often, and the first row.
        missing: marks of missing values → how often.
    """

    values: NDArray[np.float64]
    percent: NDArray[np.bool_]
    faults: dict[int, tuple[str, str]] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)


def read_numbers(cells: NDArray[Any], rows: NDArray[np.int64], decimal: str) -> Numbers:
    """The numbers of a column in some rows; the others are NaN."""
    found = Numbers(np.full(len(cells), np.nan), np.zeros(len(cells), dtype=np.bool_))
    if cells.dtype.kind == "f":
        found.values[rows] = cells[rows]
    else:
        known: dict[str, Cell] = {}
        for row in rows.tolist():
            _read(found, row, cells[row], decimal, known)
    for row in np.flatnonzero(np.isin(found.values, STAND_INS)).tolist():
        found.faults[row] = ("stand_in", str(int(found.values[row])))
        found.values[row] = np.nan
    size = np.abs(found.values)
    for row in np.flatnonzero(size > LARGEST_VALUE).tolist():
        found.faults[row] = ("infinite_number", str(found.values[row]))
        found.values[row] = np.nan
    for row in np.flatnonzero((size > 0) & (size < SMALLEST_VALUE)).tolist():
        found.faults[row] = ("tiny_number", str(found.values[row]))
        found.values[row] = 0.0
    return found


def _read(found: Numbers, row: int, cell: Any, decimal: str, known: dict[str, Cell]) -> None:
    if isinstance(cell, str):
        if not cell:
            return
        read = known.get(cell) or known.setdefault(cell, read_number(cell, decimal))
        if read.kind is Kind.NUMBER:
            found.values[row], found.percent[row] = read.value, read.percent
            if read.mark:
                count, first = found.marks.get(read.mark, (0, row))
                found.marks[read.mark] = (count + 1, first)
        elif read.kind is Kind.MISSING:
            found.missing[read.mark or "empty"] += 1
        else:
            found.faults[row] = ("bound" if read.kind is Kind.BOUND else "non_numeric_cell", quoted(cell.strip()))
    elif isinstance(cell, Percentage):
        found.values[row], found.percent[row] = shown_as_percent(float(cell)), True
    elif is_real(cell):
        found.values[row] = float(cell)
    else:
        found.faults[row] = ("non_numeric_cell", quoted(str(cell)))


def is_real(cell: object) -> bool:
    """Whether a cell is a number by its type."""
    from decimal import Decimal

    return isinstance(cell, Real | Decimal) and not isinstance(cell, bool)


def texts_of(cells: Sequence[NDArray[Any]]) -> set[str]:
    """The different texts of some columns."""
    return {cell for column in cells if column.dtype.kind != "f" for cell in column.tolist() if isinstance(cell, str)}


def numbered(columns: Sequence[NDArray[Any]], rows: int) -> tuple[NDArray[np.int64], list[tuple[str, ...]]]:
    """Int64 (rows,): the number of each row's combination of texts; and the combinations."""
    numbers: dict[tuple[str, ...], int] = {}
    texts = [_texts(column) for column in columns]
    combined = zip(*texts, strict=True) if texts else iter([()] * rows)
    found = [numbers.setdefault(each, len(numbers)) for each in combined]
    return np.array(found, dtype=np.int64), list(numbers)


def _texts(column: NDArray[Any]) -> list[str]:
    if column.dtype.kind == "f":
        return ["" if cell != cell else cell_text(cell) for cell in column.tolist()]
    return [" ".join(cell.split()) if isinstance(cell, str) else cell_text(cell) for cell in column.tolist()]


def decimal_sign(table: Table, columns: Sequence[int]) -> str:
    """The decimal sign of a table's values, which are in these columns.

    Raises:
        TableError: the values show both signs, or none where it matters.
    """
    texts = {at: texts_of([table.cells[at]]) for at in columns}
    signs = signs_of(text for column in texts.values() for text in column)
    example = signs.commas or (signs.points if table.delimiter == ";" or signs.comma else "")
    if signs.point and signs.comma:
        where = " and ".join(_place(table, texts, text) for text in (signs.point, signs.comma))
        fault = f"some numbers have a decimal point and others a decimal comma: {where}"
        raise TableError("decimal_sign", table.name, f"{fault}; say which it is by the option decimal")
    if not (signs.point or signs.comma) and example:
        where = _place(table, texts, example)
        fault = f"it is not clear whether a sign is the decimal one or separates thousands: {where}"
        raise TableError("decimal_sign", table.name, f"{fault}; say which is the decimal sign by the option decimal")
    return signs.decimal


def _place(table: Table, texts: dict[int, set[str]], text: str) -> str:
    at = next(at for at, known in texts.items() if text in known)
    return f"{table.place(table.cells[at].tolist().index(text))}, column {table.columns[at]}: {text.strip()!r}"
