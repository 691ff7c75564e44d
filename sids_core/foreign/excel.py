"""The sheets of Excel files, with the values that people see in them."""

import re
import warnings
import zipfile
from collections.abc import Sequence
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
LITERAL = re.compile(r'"[^"]*"|\\.|[_*].|\[[^]]*\]')
"""What a number format writes as it stands: quoted and escaped signs, blanks, fillings; and colours and conditions."""


class Percentage(float):
    """A number that the sheet shows as a percentage: 0.125 as 12.5 %."""


def read_sheets(path: Path, sheet: str) -> list[Sheet]:
    """The visible sheets that have a cell, or the one named.

    The cells of a vertical merge all have its value. A formula without a stored result, as programs write that do not
    calculate, is its text.

    Raises:
        TableError: the file is damaged or empty.
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
            book = load_workbook(file, data_only=True)
            formulas = load_workbook(file) if _has_formulas(path) else None
    except OSError as error:
        raise DataUnavailableError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # its readers fail with zip, XML, key and value errors, depending on the damage
        fault = f"not an Excel file, or a damaged one ({type(error).__name__}: {error})"
        raise TableError("corrupt_file", path.name, " ".join(fault.split())) from error
    found = [each for each in book.worksheets if each.title == sheet or (not sheet and each.sheet_state == "visible")]
    if not found and not sheet:
        raise TableError("missing_column", path.name, "no sheet of cells is visible")
    if not found:
        raise UnknownValueError("sheet", sheet, [each.title for each in book.worksheets])
    read: list[Sheet] = [(each.title, *_rows(each, formulas)) for each in found]
    kept = [each for each in read if each[2]]
    if not kept:
        raise TableError(
            "missing_column", path.name, "the sheet is empty" if len(read) == 1 else "every sheet is empty"
        )
    return kept


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(FORMULA in parts.read(name) for name in sheets)


def _rows(sheet: "Worksheet", formulas: "Workbook | None") -> tuple[list[int], list[list[object]]]:
    cells = [[_value(cell) for cell in row] for row in sheet.iter_rows()]
    if formulas is not None:
        for row, written in zip(cells, formulas[sheet.title].iter_rows(), strict=True):
            for column, cell in enumerate(written):
                if cell.data_type == "f" and row[column] == "":
                    row[column] = str(cell.value)
    for merged in sheet.merged_cells.ranges:
        first = cells[merged.min_row - 1][merged.min_col - 1]
        for below in range(merged.min_row, merged.max_row):
            cells[below][merged.min_col - 1] = first
    numbers = [number for number, row in enumerate(cells, 1) if any(cell != "" for cell in row)]
    used = max((at for row in cells for at, cell in enumerate(row, 1) if cell != ""), default=0)
    return numbers, [cells[number - 1][:used] for number in numbers]


def _value(cell: Any) -> object:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and _shows_percentage(cell.number_format or ""):
        return Percentage(value)
    return value


@cache
def _shows_percentage(number_format: str) -> bool:
    """Whether a number format multiplies by 100, which a percent sign that is quoted or escaped does not."""
    return "%" in LITERAL.sub("", number_format)
