"""Opens table files; errors of the parsing libraries become TableError, and rows with missing cells are rejected.

The metadata tables are read here as rows of text, the observations in `read_data`.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from sids_core.errors import DataUnavailableError, TableError
from sids_core.panel.csv_lines import decoded, with_newlines
from sids_core.panel.layout import check_columns
from sids_core.panel.parquet import open_parquet

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class NamedFrame:
    """A table in memory: its name in messages, and its cells."""

    name: str
    frame: "pd.DataFrame"


Source = Path | NamedFrame
"""Source of a table. Both have a `name` for messages."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row.

    Attributes:
        place: `line 5` in a text file, otherwise `row 4`.
        cells: the cells by column.
        unnamed: cells with a text in columns without a name.
    """

    place: str
    cells: Mapping[str, str]
    unnamed: tuple[str, ...] = ()


def read_text_rows(table: str, source: Source) -> list[TextRow]:
    """Every row of a metadata table.

    Raises:
        TableError: the source is not such a table.
        DataUnavailableError: the disk or share fails.
    """
    if isinstance(source, NamedFrame):
        return _frame_rows(table, source)
    if source.suffix == ".parquet":
        import pandas as pd

        with open_parquet(source) as file:
            return _frame_rows(table, NamedFrame(source.name, pd.concat(file.frames(file.columns), ignore_index=True)))
    with text_errors(source.name):
        return list(_csv_rows(table, source))


def _csv_rows(table: str, path: Path) -> Iterator[TextRow]:
    with open_text(path) as binary:
        reader = csv.reader(io.StringIO(decoded(with_newlines(binary.read()), path.name), newline=""))
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
        yield _text_row(place, columns, row)


def _frame_rows(table: str, source: NamedFrame) -> list[TextRow]:
    columns = [str(column).strip() for column in source.frame.columns]
    check_columns(table, source.name, columns)
    texts = source.frame.astype(object).where(source.frame.notna(), "").itertuples(index=False, name=None)
    return [_text_row(f"row {number}", columns, list(map(str, row))) for number, row in enumerate(texts, 1)]


def _text_row(place: str, columns: Sequence[str], row: Sequence[str]) -> TextRow:
    cells = {column: cell for column, cell in zip(columns, row, strict=True) if column}
    unnamed = tuple(cell for column, cell in zip(columns, row, strict=True) if not column and cell.strip())
    return TextRow(place, cells, unnamed)


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
    except csv.Error as error:
        raise TableError("not_a_table", file, f"not a CSV table ({error})") from None
    except OSError as error:
        raise DataUnavailableError(f"{file} cannot be read: {error.strerror or error}") from error
