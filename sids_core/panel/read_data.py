"""Reads a table of observations in blocks of rows, so that it never exists twice in memory."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.metadata import is_code
from sids_core.panel.read_text import CheckedLines, NamedFrame, Source, open_parquet, open_text, text_errors
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
COUNTRY = re.compile(r"[A-Z]{3}")
LEFT_OUT = -1


@dataclass(frozen=True)
class Block:
    """Some rows of a table, and the number of the first one, from 0."""

    frame: "pd.DataFrame"
    first: int


@dataclass(frozen=True)
class DataTable:
    """An opened table of observations: its stripped column names, and how messages name its rows."""

    source: Source
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's or frame's name."""
        return self.source.name

    def place(self, row: int) -> str:
        """A row by its number (from 0); a text file has its header in line 1."""
        if isinstance(self.source, NamedFrame):
            return f"row {row + self.source.first_row}"
        return f"row {row + 1}" if self.source.suffix == ".parquet" else f"line {row + 2}"

    def blocks(self, codes: Sequence[str], values: Sequence[str]) -> Iterator[Block]:
        """All rows in order, with the columns `codes` as categories and the columns `values` as numbers.

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
            yield from self._in_blocks(self.source.frame, codes)
        elif self.source.suffix == ".parquet":
            with open_parquet(self.source) as file:
                for group in file.iter_row_groups():
                    yield from self._in_blocks(group, codes)
        else:
            yield from _csv_frames(self.source, self.columns, codes, values)

    def _in_blocks(self, frame: "pd.DataFrame", codes: Sequence[str]) -> Iterator["pd.DataFrame"]:
        frame = frame.set_axis(list(self.columns), axis="columns")
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
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            columns = next(csv.reader(text, delimiter=_delimiter(source)), [])
    return DataTable(source, tuple(column.strip() for column in columns))


def column_name(column: object) -> str:
    """A column's name as text; spreadsheets and pandas may store a year as a number, even as 2000.0."""
    return str(int(column) if isinstance(column, float) and column.is_integer() else column)


def _delimiter(path: Path) -> str:
    return "\t" if path.name.removesuffix(".gz").endswith(".tsv") else ","


def _csv_frames(
    path: Path, columns: Sequence[str], codes: Sequence[str], values: Sequence[str]
) -> Iterator["pd.DataFrame"]:
    import pandas as pd

    # The default converter of pandas 3 rounds correctly, like Python's float; a test checks that.
    options: dict[str, Any] = {
        "sep": _delimiter(path),
        "header": None,
        "names": list(columns),
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
        lines = CheckedLines(binary, path.name, len(columns), _delimiter(path))
        try:
            with pd.read_csv(io.BufferedReader(lines, READ_BYTES), **options) as reader:
                yield from reader
        except pd.errors.EmptyDataError:
            return
        except pd.errors.ParserError as error:
            raise TableError("ragged_row", path.name, " ".join(str(error).split())) from None


class CodeColumn:
    """Numbers the codes of one column in order of appearance; rows with unusable codes get LEFT_OUT."""

    def __init__(self, column: str, usable: Callable[[str], bool], table: DataTable, repairs: IssueCollector) -> None:
        self._column = column
        self._usable = usable
        self._table = table
        self._repairs = repairs
        self._numbers: dict[str, int] = {}

    @classmethod
    def of_countries(cls, column: str, table: DataTable, repairs: IssueCollector) -> "CodeColumn":
        """ISO 3166-1 alpha-3 codes."""
        return cls(column, lambda code: COUNTRY.fullmatch(code) is not None, table, repairs)

    @classmethod
    def of_indicators(cls, column: str, table: DataTable, repairs: IssueCollector) -> "CodeColumn":
        """Codes of indicators."""
        return cls(column, is_code, table, repairs)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes by their numbers."""
        return tuple(self._numbers)

    def read(self, block: Block, skipped: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Int32 (rows,): the number of each row's code; unusable codes in `skipped` rows are not reported."""
        written = block.frame[self._column].cat
        position = written.codes.to_numpy().astype(np.int64)
        numbers = np.full(len(written.categories) + 1, LEFT_OUT, dtype=np.int32)
        for index, text in enumerate(map(str, written.categories)):
            code = text.strip()
            if not self._usable(code):
                self._report("malformed_code", (position == index) & ~skipped, text, block)
                continue
            if code != text:
                self._report("surrounding_blanks", position == index, text, block)
            numbers[index] = self._numbers.setdefault(code, len(self._numbers))
        return numbers[position]

    def _report(self, kind: str, where: NDArray[np.bool_], text: str, block: Block) -> None:
        rows = np.flatnonzero(where) + block.first
        report_rows(self._repairs, kind, self._table, rows, [repr(text)] * NAMED_PLACES, self._column)


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
