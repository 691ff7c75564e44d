"""indicatorData in blocks of rows, so that the whole table never exists twice in memory."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sids_core.panel.checked_lines import CheckedLines
from sids_core.panel.errors import TableError
from sids_core.panel.layout import COUNTRY_CODE, INDICATOR_CODE, INDICATOR_DATA, YEAR
from sids_core.panel.parquet import open_parquet
from sids_core.panel.text_faults import text_faults
from sids_core.panel.text_rows import check_columns, open_text

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS = 20_000
# Texts that mean a missing figure. Any other text in a year's column is a fault.
MISSING_FIGURES = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "none", "..")
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Block:
    """Some rows: a frame with the two code columns as categories and the years, and the number of its first row."""

    frame: "pd.DataFrame"
    first: int


@dataclass(frozen=True)
class DataFile:
    """An opened indicatorData: its years ascending, and how its rows are named to people."""

    path: Path
    columns: tuple[str, ...]

    @property
    def years(self) -> tuple[str, ...]:
        """The year columns, ascending."""
        return tuple(sorted(column for column in self.columns if YEAR.fullmatch(column)))

    def place(self, row: int) -> str:
        """Where the row with this number (from 0) stands; a text file has its header in line 1."""
        return f"row {row + 1}" if self.path.suffix == ".parquet" else f"line {row + 2}"

    def blocks(self) -> Iterator[Block]:
        """Every row, in order; TableError where the file turns out to be damaged."""
        read = _parquet_frames if self.path.suffix == ".parquet" else _csv_frames
        first = 0
        for frame in read(self):
            yield Block(frame, first)
            first += len(frame)


def open_data(path: Path) -> DataFile:
    """Read the header.

    Raises:
        TableError: the file is no table, or lacks a column.
    """
    if path.suffix == ".parquet":
        with open_parquet(path) as file:
            columns = [str(column) for column in file.columns]
    else:
        with text_faults(path.name), open_text(path) as binary:
            rows = csv.reader(io.TextIOWrapper(binary, encoding="utf-8-sig", newline=""))
            columns = next(rows, [])
    columns = [column.strip() for column in columns]
    check_columns(INDICATOR_DATA, path.name, columns)
    return DataFile(path, tuple(columns))


def _csv_frames(file: DataFile) -> Iterator["pd.DataFrame"]:
    import pandas as pd

    name = file.path.name
    # The default converter of pandas 3 rounds correctly, like Python's float; a test holds it to that.
    options: dict[str, Any] = {
        "header": None,
        "names": list(file.columns),
        "skiprows": 1,
        "index_col": False,
        "dtype": {COUNTRY_CODE: "category", INDICATOR_CODE: "category"},
        "keep_default_na": False,
        "na_values": {year: list(MISSING_FIGURES) for year in file.years},
        "skip_blank_lines": False,
        "encoding": "utf-8",
        "chunksize": BLOCK_ROWS,
        "low_memory": False,
    }
    with text_faults(name), open_text(file.path) as binary:
        lines = CheckedLines(binary, name, len(file.columns))
        try:
            with pd.read_csv(io.BufferedReader(lines, READ_BYTES), **options) as reader:
                yield from reader
        except pd.errors.EmptyDataError:
            return
        except pd.errors.ParserError as error:
            raise TableError("ragged_row", name, " ".join(str(error).split())) from None


def _parquet_frames(file: DataFile) -> Iterator["pd.DataFrame"]:
    with open_parquet(file.path) as table:
        for group in table.iter_row_groups():
            group.columns = list(file.columns)
            for code in (COUNTRY_CODE, INDICATOR_CODE):
                group[code] = group[code].astype("category")
            for first in range(0, len(group), BLOCK_ROWS):
                yield group.iloc[first : first + BLOCK_ROWS]
