"""Tables as sheets of an Excel workbook, with every digit of a float64.

openpyxl, like other writers, gives numbers 16 digits. Some need 17: a float64 such as 0.1 + 0.2 would come back as
another one. Numbers are therefore handed over as their own shortest text, in cells declared as numeric.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sids_core.errors import MissingExtraError
from sids_core.export.csv_file import number_text
from sids_core.files import new_file

if TYPE_CHECKING:
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped, unused-ignore]
    from pandas import DataFrame

SHEET_ROWS = 1_048_576
"""Rows that a sheet can have, its header included; longer tables go on in further sheets."""

MOST_CHARACTERS = 32_767
"""That a cell can hold."""


def write_excel(sheets: Mapping[str, "DataFrame"], path: Path) -> None:
    """Write the tables, one sheet each, atomically replacing an existing file.

    Missing values are empty cells. Texts are texts, whatever they begin with: none becomes a formula.

    Args:
        sheets: name of the sheet → table, written without its index.
        path: the file.

    Raises:
        MissingExtraError: openpyxl is not installed.
        OSError: the file cannot be written.
    """
    check_writer()
    from openpyxl import Workbook  # type: ignore[import-untyped, unused-ignore]

    book = Workbook(write_only=True)
    try:
        for name, frame in sheets.items():
            _fill_sheets(book, name, frame)
        with new_file(path) as unfinished:
            book.save(unfinished)
    except BaseException:
        # Sheets are on their way to temporary files; one that is left open would fail once more, with a traceback.
        for sheet in book.worksheets:
            with suppress(Exception):
                sheet.close()
        raise


def check_writer() -> None:
    """Raise MissingExtraError if openpyxl is not installed."""
    try:
        import openpyxl  # noqa: F401 - whether it is there
    except ImportError as error:
        raise MissingExtraError("writing Excel files", "openpyxl", "files") from error


def _fill_sheets(book: Any, name: str, frame: "DataFrame") -> None:
    rows = SHEET_ROWS - 1
    for number, first in enumerate(range(0, max(len(frame), 1), rows), 1):
        sheet = book.create_sheet(name if number == 1 else f"{name} {number}")
        sheet.freeze_panes = "A2"
        for row in _rows(frame.iloc[first : first + rows]):
            sheet.append([_cell(sheet, value) for value in row])


def _rows(frame: "DataFrame") -> Iterator[tuple[object, ...]]:
    yield tuple(map(str, frame.columns))
    columns = [frame[column].astype(object).where(frame[column].notna(), None).tolist() for column in frame.columns]
    yield from zip(*columns, strict=True)


def _cell(sheet: Any, value: object) -> "WriteOnlyCell | bool | None":
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped, unused-ignore]

    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Real) and math.isfinite(value):
        cell = WriteOnlyCell(sheet, value=number_text(value) if isinstance(value, float) else str(value))
        cell.data_type = "n"
        return cell
    cell = WriteOnlyCell(
        sheet, value=ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", str(value))[:MOST_CHARACTERS]
    )
    cell.data_type = "s"
    return cell
