"""Rows of the two small tables as text, whatever file they are in."""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from sids_core.panel.errors import TableError
from sids_core.panel.layout import missing_columns
from sids_core.panel.parquet import open_parquet
from sids_core.panel.text_faults import text_faults


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: where it stands (`line 5`, or `row 4` of a parquet file), and its cells by column."""

    place: str
    cells: Mapping[str, str]


def open_text(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where its name ends in .gz."""
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def check_columns(table: str, file: str, columns: Sequence[str]) -> None:
    """Raise TableError where a column is missing or appears twice."""
    missing = missing_columns(table, columns)
    if missing:
        shown = ", ".join(column[:30] for column in columns[:8]) + (", …" if len(columns) > 8 else "")
        raise TableError("missing_column", file, f"column missing: {', '.join(missing)} (it has {shown or 'none'})")
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise TableError("repeated_column", file, f"column appears twice: {', '.join(repeated)}")


def read_text_rows(table: str, path: Path) -> list[TextRow]:
    """Every row of a metadata table.

    Raises:
        TableError: the file is no such table.
    """
    if path.suffix == ".parquet":
        return _parquet_rows(table, path)
    with text_faults(path.name):
        return list(_csv_rows(table, path))


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


def _parquet_rows(table: str, path: Path) -> list[TextRow]:
    with open_parquet(path) as file:
        frame = file.to_pandas()
    columns = [str(column).strip() for column in frame.columns]
    check_columns(table, path.name, columns)
    texts = frame.astype(object).where(frame.notna(), "").itertuples(index=False, name=None)
    return [
        TextRow(f"row {number}", dict(zip(columns, map(str, row), strict=True))) for number, row in enumerate(texts, 1)
    ]
