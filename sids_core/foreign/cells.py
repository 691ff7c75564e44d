"""The cells of files and frames, before anything is known of them but their places."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import DatasetError, DataUnavailableError, TableError
from sids_core.foreign.dialect import Dialect, delimiters, read_text, rows_of
from sids_core.foreign.excel import read_sheets
from sids_core.foreign.options import TableOptions
from sids_core.panel.parquet import open_parquet
from sids_core.panel.read_data import column_name

if TYPE_CHECKING:
    import pandas as pd

TEXT_ENDINGS = tuple(ending + packed for ending in (".csv", ".tsv", ".txt") for packed in ("", ".gz"))
EXCEL_ENDINGS = (".xlsx", ".xlsm")
FILE_ENDINGS = (*TEXT_ENDINGS, *EXCEL_ENDINGS, ".parquet")
HINTS = {
    ".zip": "unpack it first",
    ".xls": "save it as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".json": "save it as CSV",
}


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows of cells, among which the header is yet to be found.

    Attributes:
        name: of the file, and of the sheet where there are several.
        title: of the sheet, or the file's name without its ending.
        written: how the file is written, for people.
        delimiter: of a text file; empty otherwise.
        word: what a row is called, `line` or `row`.
        numbers: of the rows, from 1 as an editor or a spreadsheet counts them.
        rows: the cells; empty ones are empty texts.
    """

    name: str
    title: str
    written: str
    delimiter: str
    word: str
    numbers: Sequence[int]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, eq=False)
class Table:
    """A table whose columns have names.

    Attributes:
        name, title, written, delimiter, word: as of its grid.
        columns: stripped names; empty for columns without one.
        cells: the cells by column, objects or numbers.
        numbers: int64 (rows,), as of its grid.
        above: texts above the header, which is not read.
        labels: by column, the text in the row above the header; columns without a name are named by it.
    """

    name: str
    title: str
    written: str
    delimiter: str
    word: str
    columns: tuple[str, ...]
    cells: tuple[NDArray[Any], ...]
    numbers: NDArray[np.int64]
    above: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def place(self, row: int) -> str:
        """A row, by its position, as messages name it."""
        return f"{self.word} {self.numbers[row]}"


def read_grids(path: Path, options: TableOptions) -> Iterator[list[Grid]]:
    """The readings of a text file by each delimiter it may have, the most probable first; or the sheets of a workbook.

    Raises:
        DatasetError: the file cannot be read.
        DataUnavailableError: it does not exist, or the disk fails.
    """
    if path.name.lower().endswith(EXCEL_ENDINGS):
        sheets = read_sheets(path, options.sheet)
        several = len(sheets) > 1
        yield [
            Grid(f"{path.name}, sheet {title}" if several else path.name, title, "Excel", "", "row", numbers, rows)
            for title, numbers, rows in sheets
        ]
        return
    text, encoding = read_text(path, options.encoding)
    title = stem(path.name)
    for delimiter in (options.delimiter,) if options.delimiter else delimiters(text, path.name):
        rows = list(rows_of(text, delimiter, path.name))
        written = str(Dialect(encoding, delimiter))
        yield [Grid(path.name, title, written, delimiter, "line", [line for line, _ in rows], [row for _, row in rows])]


def check_file(path: Path) -> None:
    """Raise DataUnavailableError if a file does not exist, DatasetError if its ending is none that can be read."""
    if not path.exists():
        raise DataUnavailableError(f"{path} does not exist")
    if path.is_dir():
        raise DatasetError(f"{path} is a folder; name its files")
    if not path.name.lower().endswith(FILE_ENDINGS):
        hint = f"; {HINTS[path.suffix.lower()]}" if path.suffix.lower() in HINTS else ""
        raise DatasetError(
            f"{path.name} cannot be read; allowed: a folder, or a file as {', '.join(FILE_ENDINGS)}{hint}"
        )


def stem(name: str) -> str:
    """A file's name without its ending.

    >>> stem("data.csv.gz"), stem("Fiji 2020.v2.xlsx")
    ('data', 'Fiji 2020.v2')
    """
    ending = next((ending for ending in sorted(FILE_ENDINGS, key=len)[::-1] if name.lower().endswith(ending)), "")
    return name.removesuffix(name[len(name) - len(ending) :]) if ending else name


def read_parquet(path: Path) -> Table:
    """A Parquet file's table; raises TableError if it is damaged."""
    import pandas as pd

    with open_parquet(path) as file:
        frame = pd.concat(file.frames(file.columns), ignore_index=True)
    return frame_table(frame, path.name, stem(path.name), "Parquet")


def frame_table(frame: "pd.DataFrame", name: str, title: str, written: str) -> Table:
    """A frame's table; numbers stay as they are."""
    cells = tuple(
        column.to_numpy(dtype=np.float64, na_value=np.nan)
        if column.dtype.kind in "iuf"
        else column.astype(object).where(column.notna(), "").to_numpy(dtype=object)
        for _, column in frame.items()
    )
    names = tuple(" ".join(column_name(column).split()) for column in frame.columns)
    return Table(name, title, written, "", "row", names, cells, np.arange(1, len(frame) + 1))


def table_below(grid: Grid, header: int, rows: Sequence[int]) -> Table:
    """The table whose columns are named in row `header` of a grid, with some of the rows below.

    Raises:
        TableError: a row has more or fewer cells than the header.
    """
    above = [[" ".join(cell_text(cell).split()) for cell in row] for row in grid.rows[:header]]
    names = [" ".join(cell_text(cell).split()) for cell in grid.rows[header]]
    labels = (above[-1] if above else [])[: len(names)]
    labels += [""] * (len(names) - len(labels))
    names = [name or label for name, label in zip(names, labels, strict=True)]
    body = [_fitted(grid, row, len(names)) for row in rows]
    columns = list(zip(*body, strict=True)) if body else [()] * len(names)
    cells = []
    for column in columns:
        cells.append(np.empty(len(body), dtype=object))
        cells[-1][:] = column
    return Table(
        grid.name,
        grid.title,
        grid.written,
        grid.delimiter,
        grid.word,
        tuple(names),
        tuple(cells),
        np.array([grid.numbers[row] for row in rows], dtype=np.int64),
        tuple(" ".join(filter(None, texts)) for texts in above if any(texts)),
        tuple(labels),
    )


def cell_text(cell: object) -> str:
    """A cell as text: of numbers without a decimal point where they are whole."""
    return column_name(cell).strip()


def _fitted(grid: Grid, row: int, cells: int) -> Sequence[object]:
    found = grid.rows[row]
    if len(found) == cells:
        return found
    if any(cell != "" for cell in found[cells:]) or len(found) < cells:
        fault = f"{len(found)} cells instead of {cells}"
        raise TableError("ragged_row", grid.name, fault, row=f"{grid.word} {grid.numbers[row]}")
    return found[:cells]
