"""Reads a table of observations in blocks of rows, so that it never exists twice in memory."""

import csv
import io
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.csv_lines import CheckedLines
from sids_core.panel.parquet import open_parquet
from sids_core.panel.read_text import NamedFrame, Source, open_text, text_errors
from sids_core.panel.report import NAMED_PLACES, IssueCollector

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS = 20_000
READ_BYTES = 1 << 20
MISSING_VALUES = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "none", "..")
"""Texts that mean a missing value. Any other text in a column of values is reported."""
LARGEST_VALUE = 1e30
"""No statistic is larger; models may square values or store them in single precision."""
SMALLEST_VALUE = 1e-30
"""No statistic is smaller but 0; its square would not be a number that models can divide by."""


@dataclass(frozen=True)
class Block:
    """Some rows of a table, and the number of the first one, from 0."""

    frame: "pd.DataFrame"
    first: int


@dataclass(frozen=True)
class DataTable:
    """An opened table of observations.

    Attributes:
        source: the file or frame.
        columns: stripped names of the columns; those without a name are named by their position.
        unnamed: the columns without a name.
        breaks: rows with a line break inside a cell, once for every break; known while the rows are read.
    """

    source: Source
    columns: tuple[str, ...]
    unnamed: tuple[str, ...] = ()
    breaks: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file's or frame's name."""
        return self.source.name

    def place(self, row: int) -> str:
        """A row by its number (from 0); a text file has its header in line 1."""
        if isinstance(self.source, NamedFrame) or self.source.suffix == ".parquet":
            return f"row {row + 1}"
        return f"line {row + 2 + bisect_left(self.breaks, row)}"

    def blocks(self, codes: Sequence[str], values: Sequence[str]) -> Iterator[Block]:
        """All rows in order, with the columns `codes` as categories and `values` as numbers.

        A column of `values` with a cell that is not a number is left as it is.

        Raises:
            TableError: the file turns out to be damaged.
        """
        first = 0
        for frame in self._frames(codes, values):
            yield Block(frame, first)
            first += len(frame)

    def _frames(self, codes: Sequence[str], values: Sequence[str]) -> Iterator["pd.DataFrame"]:
        if isinstance(self.source, NamedFrame):
            yield from self._in_blocks(self.source.frame.set_axis(list(self.columns), axis="columns"), codes)
        elif self.source.suffix == ".parquet":
            with open_parquet(self.source) as file:
                written = dict(zip(self.columns, file.columns, strict=True))
                read = [*codes, *values]
                for group in file.frames([written[column] for column in read]):
                    yield from self._in_blocks(group.set_axis(read, axis="columns"), codes)
        else:
            yield from _csv_frames(self, self.source, codes, values)

    def _in_blocks(self, frame: "pd.DataFrame", codes: Sequence[str]) -> Iterator["pd.DataFrame"]:
        for code in codes:
            frame[code] = frame[code].astype(object).where(frame[code].notna(), "").astype("category")
        for first in range(0, len(frame), BLOCK_ROWS):
            yield frame.iloc[first : first + BLOCK_ROWS]


def open_data(source: Source) -> DataTable:
    """Read the header.

    Raises:
        TableError: the file is no table.
        DataUnavailableError: the disk or share fails.
    """
    if isinstance(source, NamedFrame):
        columns = [column_name(column) for column in source.frame.columns]
    elif source.suffix == ".parquet":
        with open_parquet(source) as file:
            columns = [str(column) for column in file.columns]
    else:
        with text_errors(source.name), open_text(source) as binary:
            # A byte that is not UTF-8 is reported with its line when the rows are read.
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline="")
            columns = next(csv.reader(text), [])
    named = tuple(column.strip() or f"column {number}" for number, column in enumerate(columns, 1))
    return DataTable(
        source, named, tuple(name for name, column in zip(named, columns, strict=True) if not column.strip())
    )


def column_name(column: object) -> str:
    """A column's name as text; spreadsheets and pandas may store a year as a number, even as 2000.0."""
    return str(int(column) if isinstance(column, float) and column.is_integer() else column)


def _csv_frames(table: DataTable, path: Path, codes: Sequence[str], values: Sequence[str]) -> Iterator["pd.DataFrame"]:
    import pandas as pd

    # The default converter of pandas 3 rounds correctly, like Python's float; a test checks that.
    options: dict[str, Any] = {
        "header": None,
        "names": list(table.columns),
        "skiprows": 1,
        "index_col": False,
        "dtype": dict.fromkeys(codes, "category"),
        "keep_default_na": False,
        "na_values": {column: list(MISSING_VALUES) for column in values},
        "skip_blank_lines": False,
        "encoding": "utf-8",
        "chunksize": BLOCK_ROWS,
        "low_memory": False,
    }
    with text_errors(path.name), open_text(path) as binary:
        lines = CheckedLines(binary, path.name, len(table.columns), table.breaks)
        try:
            with pd.read_csv(io.BufferedReader(lines, READ_BYTES), **options) as reader:
                yield from reader
        except pd.errors.EmptyDataError:
            return
        except pd.errors.ParserError as error:
            raise TableError("ragged_row", path.name, " ".join(str(error).split())) from None


def read_numbers(block: Block, column: str, table: DataTable, repairs: IssueCollector) -> NDArray[np.float64]:
    """float64 (rows,): a column's values, NaN where missing or not a number within ±LARGEST_VALUE.

    Values closer to 0 than SMALLEST_VALUE become 0.
    """
    cells = block.frame[column]
    if cells.dtype.kind in "iuf":
        values = cells.to_numpy(dtype=np.float64, na_value=np.nan).copy()
    else:
        values = _parsed(block, column, table, repairs)
    size = np.abs(values)
    for kind, rows, instead in (
        ("infinite_number", np.flatnonzero(size > LARGEST_VALUE), np.nan),
        ("tiny_number", np.flatnonzero((size > 0) & (size < SMALLEST_VALUE)), 0.0),
    ):
        if len(rows):
            texts = [str(value) for value in values[rows[:NAMED_PLACES]]]
            report_rows(repairs, kind, table, rows + block.first, texts, column)
            values[rows] = instead
    return values


def report_unnamed(block: Block, table: DataTable, repairs: IssueCollector) -> None:
    """Report the texts in columns without a name."""
    for column in table.unnamed:
        if column not in block.frame:  # of a Parquet file, which is read by name
            continue
        cells = block.frame[column]
        written = np.flatnonzero(cells.notna() & (cells.astype(str).str.strip() != ""))
        texts = [repr(str(cells.iloc[row])) for row in written[:NAMED_PLACES]]
        report_rows(repairs, "unnamed_column", table, written + block.first, texts, "")


def _parsed(block: Block, column: str, table: DataTable, repairs: IssueCollector) -> NDArray[np.float64]:
    """Convert a column with a cell that is not a number, cell by cell."""
    cells = block.frame[column]
    values = np.full(len(cells), np.nan)
    faulty = []
    missing = cells.isna().to_numpy()
    for row, cell in enumerate(cells.tolist()):
        if missing[row] or (isinstance(cell, str) and cell in MISSING_VALUES):
            continue
        try:
            values[row] = _number(cell)
        except ValueError:
            faulty.append(row)
    texts = [repr(cells.iloc[row]) for row in faulty[:NAMED_PLACES]]
    rows = np.array(faulty, dtype=np.int64) + block.first
    report_rows(repairs, "non_numeric_cell", table, rows, texts, column)
    return values


def _number(cell: object) -> float:
    text = str(cell)
    # Python reads 1_000 as a thousand; in a table it is not a number.
    if isinstance(cell, bool) or "_" in text or not text.isascii():
        raise ValueError(text)
    return float(text)


def report_rows(
    issues: IssueCollector, kind: str, table: DataTable, rows: NDArray[np.int64], texts: Sequence[str], column: str
) -> None:
    """Count one issue per row (numbers in the table); the first few are recorded with place and text."""
    named = rows[:NAMED_PLACES].tolist()
    for row, text in zip(named, texts[: len(named)], strict=True):
        issues.add(kind, table.place(row), column, text)
    if len(rows) > len(named):
        issues.count(kind, len(rows) - len(named))
