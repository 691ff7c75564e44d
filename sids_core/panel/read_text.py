"""Opens table files; errors of the parsing libraries become TableError, and rows with missing cells are rejected.

The metadata tables are read here as rows of text, the observations in `read_data`.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from sids_core.errors import DatasetError, DataUnavailableError, TableError
from sids_core.panel.layout import check_columns

if TYPE_CHECKING:
    import pandas as pd

NEWLINE, QUOTE = b'\n"'


@dataclass(frozen=True, eq=False)
class NamedFrame:
    """A table in memory: its name in messages, its cells, and the number of its first row."""

    name: str
    frame: "pd.DataFrame"
    first_row: int = 1


Source = Path | NamedFrame
"""Source of a table. Both have a `name` for messages."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its place (`line 5` in a text file, otherwise `row 4`), and its cells by column."""

    place: str
    cells: Mapping[str, str]


def read_text_rows(table: str, source: Source) -> list[TextRow]:
    """Every row of a metadata table.

    Raises:
        TableError: the source is not such a table.
        DataUnavailableError: the disk or share fails.
    """
    if isinstance(source, NamedFrame):
        return _frame_rows(table, source)
    if source.suffix == ".parquet":
        with open_parquet(source) as file:
            return _frame_rows(table, NamedFrame(source.name, file.to_pandas()))
    with text_errors(source.name):
        return list(_csv_rows(table, source))


def _csv_rows(table: str, path: Path) -> Iterator[TextRow]:
    with open_text(path) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        columns = [column.strip() for column in next(reader, [])]
        check_columns(table, path.name, columns)
        before = reader.line_num
        for row in reader:
            place = f"line {before + 1}"
            before = reader.line_num
            if not row:
                continue
            if len(row) != len(columns):
                fault = f"{len(row)} cells instead of {len(columns)}"
                raise TableError("ragged_row", path.name, fault, row=place)
            yield TextRow(place, dict(zip(columns, row, strict=True)))


def _frame_rows(table: str, source: NamedFrame) -> list[TextRow]:
    columns = [str(column).strip() for column in source.frame.columns]
    check_columns(table, source.name, columns)
    texts = source.frame.astype(object).where(source.frame.notna(), "").itertuples(index=False, name=None)
    return [
        TextRow(f"row {number}", dict(zip(columns, map(str, row), strict=True)))
        for number, row in enumerate(texts, source.first_row)
    ]


def open_text(path: Path) -> IO[bytes]:
    """The file's bytes, decompressed where its name ends in .gz."""
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


@contextmanager
def text_errors(file: str) -> Iterator[None]:
    """Translate errors of reading a text table to TableError, or DataUnavailableError if the disk fails."""
    try:
        yield
    except EOFError:
        raise TableError("truncated_file", file, "the compressed file is cut off") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise TableError("corrupt_file", file, f"not a gzip file, or a damaged one ({error})") from None
    except UnicodeDecodeError as error:
        raise TableError("not_text", file, f"not UTF-8 text (byte {error.start} of a block: {error.reason})") from None
    except csv.Error as error:
        raise TableError("not_a_table", file, f"not a CSV table ({error})") from None
    except OSError as error:
        raise DataUnavailableError(f"{file} cannot be read: {error.strerror or error}") from error


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """The file as a `fastparquet.ParquetFile`.

    Raises:
        TableError: the file is damaged; the reader raises struct, index, key, type, value and its own errors, depending
            on the damaged byte.
        DatasetError: fastparquet is not installed.
    """
    try:
        import fastparquet
    except ImportError as error:
        raise missing_extra(path.name, "Parquet") from error

    # Opened here, since fastparquet does not close files that it opens.
    with path.open("rb") as file:
        try:
            yield fastparquet.ParquetFile(file)
        except DatasetError:
            raise
        except Exception as error:
            fault = f"not a parquet file, or a damaged one ({type(error).__name__}: {error})"
            raise TableError("corrupt_file", path.name, " ".join(fault.split())) from error


def missing_extra(file: str, kind: str) -> DatasetError:
    """The error for a file whose reader is not installed."""
    return DatasetError(f'{file}: reading {kind} files needs an extra: pip install "sids-ml-backend[files]"')


class CheckedLines(io.RawIOBase):
    """A text table's bytes for the parser; checks the number of cells in every row.

    pandas pads short rows, so that a lost comma would move values to other years. Delimiters are counted in whole
    blocks; only lines with a different count or with quotes are parsed here. `readinto` raises TableError at the first
    line with too few or too many cells.
    """

    def __init__(self, binary: IO[bytes], name: str, cells: int, delimiter: str) -> None:
        self._binary: Any = binary
        self._name = name
        self._cells = cells
        self._delimiter = delimiter
        self._lines = 0
        self._rest = b""

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; returns the number of bytes, 0 at the end."""
        count: int = self._binary.readinto(buffer)
        if count:
            self._check(self._rest + bytes(buffer[:count]))
        elif self._rest and not self._fits(self._rest):
            raise TableError("truncated_file", self._name, "the file ends in the middle of a row")
        return count

    def _check(self, text: bytes) -> None:
        letters = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero(letters == NEWLINE)
        delimiters, quotes = (
            np.diff(np.cumsum(letters == letter)[ends], prepend=0) for letter in (ord(self._delimiter), QUOTE)
        )
        starts = np.append(0, ends + 1)
        for line in np.flatnonzero((delimiters != self._cells - 1) | (quotes > 0)).tolist():
            row = text[starts[line] : ends[line]]
            if not self._fits(row):
                fault = f"{len(self._split(row))} cells instead of {self._cells}"
                raise TableError("ragged_row", self._name, fault, row=f"line {self._lines + line + 1}")
        self._lines += len(ends)
        self._rest = text[starts[-1] :]

    def _fits(self, row: bytes) -> bool:
        """Whether the row is blank or has as many cells as the table has columns."""
        return len(self._split(row)) in {0, self._cells}

    def _split(self, row: bytes) -> list[str]:
        text = row.decode("utf-8", errors="replace").strip("\r")
        return next(csv.reader([text], delimiter=self._delimiter), [])
