"""The sheets of Excel files, with the values that people see in them."""

import re
import warnings
import zipfile
from collections.abc import ItemsView, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sids_core.errors import DataUnavailableError, TableError, UnknownValueError
from sids_core.panel.parquet import missing_extra

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Sheet = tuple[str, Sequence[int], Sequence[Sequence[object]]]
"""Title, numbers of the rows, cells."""
FORMULA = b"<f"
MOST_CELLS = 50_000_000
"""Of a sheet, empty ones between others included; a table of 1 million rows and 50 columns."""
MOST_BYTES = 1 << 30
"""Of a workbook's unpacked parts; its reader needs several times as many."""
LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^]]*\]')
"""What a number format writes as it stands: quoted and escaped signs, blanks, fillings; and colours and conditions."""


class Percentage(float):
    """A number that the sheet shows as a percentage: 0.125 as 12.5 %."""


def read_sheets(path: Path, sheet: str) -> list[Sheet]:
    """The visible sheets that have a cell, or the one named.

    The cells of a vertical merge all have its value. A formula without a stored result, as programs write that do not
    calculate, is its text.

    Raises:
        TableError: the file is damaged, empty or too large.
        UnknownValueError: the named sheet does not exist.
        DatasetError: openpyxl is not installed; the message names the extra.
        DataUnavailableError: the disk or share fails.
    """
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise missing_extra(path.name, "Excel") from error
    try:
        with path.open("rb") as file, warnings.catch_warnings():
            # Of what it does not keep (styles, validations, extensions), none of which is a value.
            warnings.simplefilter("ignore", UserWarning)
            _check_size(path)
            book = load_workbook(file, data_only=True)
            formulas = load_workbook(file) if _has_formulas(path) else None
    except OSError as error:
        raise DataUnavailableError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except TableError:
        raise
    except Exception as error:  # its readers fail with zip, XML, key and value errors, depending on the damage
        fault = f"not an Excel file, or a damaged one ({type(error).__name__}: {error})"
        raise TableError("corrupt_file", path.name, " ".join(fault.split())) from error
    found = [each for each in book.worksheets if each.title == sheet or (not sheet and each.sheet_state == "visible")]
    if not found and not sheet:
        raise TableError("missing_column", path.name, "no sheet of cells is visible")
    if not found:
        raise UnknownValueError("sheet", sheet, [each.title for each in book.worksheets])
    read: list[Sheet] = [(each.title, *_rows(path.name, each, formulas)) for each in found]
    kept = [each for each in read if each[2]]
    if not kept:
        raise TableError(
            "missing_column", path.name, "the sheet is empty" if len(read) == 1 else "every sheet is empty"
        )
    return kept


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as parts:
        size = sum(part.file_size for part in parts.infolist())
    if size > MOST_BYTES:
        fault = f"{size / 2**30:.1f} GiB unpacked, more than {MOST_BYTES >> 30}; save the table as CSV"
        raise TableError("too_large", path.name, fault)


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(FORMULA in parts.read(name) for name in sheets)


def _rows(name: str, sheet: "Worksheet", formulas: "Workbook | None") -> tuple[list[int], list[list[object]]]:
    cells = {place: _value(cell) for place, cell in _cells(sheet) if cell.value is not None and cell.value != ""}
    if formulas is not None:
        for place, cell in _cells(formulas[sheet.title]):
            if cell.data_type == "f" and place not in cells:
                cells[place] = str(cell.value)
    last = max((row for row, _ in cells), default=0)
    for merged in sheet.merged_cells.ranges:
        first = cells.get((merged.min_row, merged.min_col))
        for below in range(merged.min_row + 1, min(merged.max_row, last) + 1) if first is not None else ():
            cells[below, merged.min_col] = first
    numbers = sorted({row for row, _ in cells})
    width = max((column for _, column in cells), default=0)
    if len(numbers) * width > MOST_CELLS:
        fault = f"sheet {sheet.title} has {len(cells):,} cells on {len(numbers):,} rows and {width:,} columns"
        raise TableError("too_large", name, f"{fault}; delete what is beside the table, or save it as CSV")
    position = {number: at for at, number in enumerate(numbers)}
    rows: list[list[object]] = [[""] * width for _ in numbers]
    for (row, column), value in cells.items():
        rows[position[row]][column - 1] = value
    return numbers, rows


def _cells(sheet: "Worksheet") -> ItemsView[tuple[int, int], Any]:
    """Row and column, from 1, and cell, of the cells that the file has.

    `iter_rows` makes every other one up to the last, which is 17 thousand million if a cell at the sheet's end has a
    format.
    """
    cells: dict[tuple[int, int], Any] = sheet._cells  # noqa: SLF001 - there is no public way to them
    return cells.items()


def _value(cell: Any) -> object:
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool) and _shows_percentage(cell.number_format or ""):
        return Percentage(value)
    return value


@cache
def _shows_percentage(number_format: str) -> bool:
    """Whether a number format multiplies by 100, which a percent sign that is quoted or escaped does not."""
    return "%" in LITERAL.sub("", number_format)
