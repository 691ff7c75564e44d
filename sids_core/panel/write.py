"""Writes the three tables as CSV or Parquet, so that a reader never finds a part of them.

Equal content gives equal CSV files, byte for byte. Parquet is read several times faster.
"""

import csv
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError
from sids_core.files import is_abandoned
from sids_core.panel.digests import write_sums
from sids_core.panel.layout import (
    COUNTRY_CODE,
    CURRENT,
    DATASET_META,
    ENDINGS,
    INDICATOR_CODE,
    INDICATOR_DATA,
    INDICATOR_META,
    REQUIRED_COLUMNS,
)
from sids_core.panel.read_series import SeriesTable
from sids_core.panel.tables import TableContent

if TYPE_CHECKING:
    import pandas as pd

CSV_ENDINGS = (".csv", ".csv.gz")
PARQUET_ENDINGS = (".parquet",)
GROUP_ROWS = 50_000
"""Rows per row group of a Parquet file, which a reader holds in memory at once."""
SCRATCH = ".new-"


def write_csv(content: TableContent, folder: Path) -> None:
    """Write indicatorMeta.csv, datasetMeta.csv and indicatorData.csv.gz, replacing existing ones.

    Raises:
        DatasetError: the folder holds tables in another format.
        OSError: the disk is full, or the folder cannot be written.
    """
    with new_tables(folder, CSV_ENDINGS) as scratch:
        for table, rows in ((INDICATOR_META, content.indicators), (DATASET_META, content.datasets)):
            columns = _all_columns(table, rows)
            with (scratch / f"{table}.csv").open("w", encoding="utf-8", newline="") as text:
                _write_rows(text, columns, ([row.get(column, "") for column in columns] for row in rows))
        header = (COUNTRY_CODE, INDICATOR_CODE, *map(str, content.series.years))
        # No file name and no time in the gzip header, so that equal values give equal bytes.
        with (
            (scratch / f"{INDICATOR_DATA}.csv.gz").open("wb") as file,
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            _write_rows(text, header, _data_rows(content.series))


def write_parquet(content: TableContent, folder: Path) -> None:
    """Write indicatorMeta, datasetMeta and indicatorData as parquet, replacing existing ones.

    Raises:
        DatasetError: the folder holds tables in another format.
        OSError: the disk is full, or the folder cannot be written.
    """
    import pandas as pd

    series = content.series
    data = pd.DataFrame(
        {
            COUNTRY_CODE: pd.Categorical.from_codes(series.country, pd.Index(series.countries)),
            INDICATOR_CODE: pd.Categorical.from_codes(series.indicator, pd.Index(series.indicators)),
            **{str(year): series.values[:, index] for index, year in enumerate(series.years)},
        }
    )
    with new_tables(folder, PARQUET_ENDINGS) as scratch:
        for table, rows in ((INDICATOR_META, content.indicators), (DATASET_META, content.datasets)):
            cells = {column: [row.get(column, "") for row in rows] for column in _all_columns(table, rows)}
            _write_parquet_file(scratch / f"{table}.parquet", pd.DataFrame(cells, dtype=object))
        _write_parquet_file(scratch / f"{INDICATOR_DATA}.parquet", data)


@contextmanager
def new_tables(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """A scratch folder whose files replace those of `folder`, with their digests, when the enclosed block succeeds.

    The old data is removed first and the new data moved last: a reader in between finds no dataset, not a mixed one.

    Raises:
        DatasetError: the folder holds a `current.json`, or tables with other endings, which would remain.
    """
    check_target(folder, endings)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{SCRATCH}*"):
        if is_abandoned(path):
            shutil.rmtree(path)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as name:
        yield Path(name)
        write_sums(Path(name))
        made = sorted(Path(name).iterdir(), key=lambda path: path.name.startswith(INDICATOR_DATA))
        for path in made:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        for ending in endings:
            (folder / (INDICATOR_DATA + ending)).unlink(missing_ok=True)
        for path in made:
            path.replace(folder / path.name)


def check_target(folder: Path, endings: tuple[str, ...]) -> None:
    """Raise DatasetError if new tables with these endings would be written beside others."""
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder")
    others = [table + ending for table in REQUIRED_COLUMNS for ending in ENDINGS if ending not in endings]
    found = [name for name in (*others, CURRENT) if (folder / name).exists()]
    if found:
        raise DatasetError(f"{folder} holds other tables ({', '.join(found)}); choose another folder")


def _all_columns(table: str, rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The required columns, then all others in order of appearance."""
    return tuple(dict.fromkeys((*REQUIRED_COLUMNS[table], *(column for row in rows for column in row))))


def _write_rows(text: io.TextIOBase, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _data_rows(series: SeriesTable) -> Iterator[list[str]]:
    """Each value as the shortest text that reads back as the same number."""
    for row in range(len(series.values)):
        codes = [series.countries[series.country[row]], series.indicators[series.indicator[row]]]
        yield codes + ["" if value != value else repr(value) for value in series.values[row].tolist()]


def _write_parquet_file(path: Path, frame: "pd.DataFrame") -> None:
    import fastparquet

    # pandas' own to_parquet deprecates this engine.
    fastparquet.write(
        str(path),
        frame,
        compression="ZSTD",
        row_group_offsets=GROUP_ROWS,
        write_index=False,
        object_encoding="utf8",
        has_nulls=False,
    )
