"""The three tables written as CSV, the figures compressed; equal content gives equal bytes."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sids_core.panel.figures import Series
from sids_core.panel.layout import (
    COUNTRY_CODE,
    DATASET_META,
    INDICATOR_CODE,
    INDICATOR_DATA,
    INDICATOR_META,
    REQUIRED_COLUMNS,
)
from sids_core.panel.table_folder import new_tables
from sids_service.dataset.content import Content

CSV_ENDINGS = (".csv", ".csv.gz")


def write_csv(content: Content, folder: Path) -> None:
    """Write indicatorMeta.csv, datasetMeta.csv and indicatorData.csv.gz, replacing those that are there.

    Raises:
        DatasetError: the folder holds tables in another format.
        OSError: the disk is full, or the folder cannot be written.
    """
    with new_tables(folder, CSV_ENDINGS) as scratch:
        for table, rows in ((INDICATOR_META, content.indicators), (DATASET_META, content.datasets)):
            columns = all_columns(table, rows)
            with (scratch / f"{table}.csv").open("w", encoding="utf-8", newline="") as text:
                _write(text, columns, ([row.get(column, "") for column in columns] for row in rows))
        header = (COUNTRY_CODE, INDICATOR_CODE, *map(str, content.series.years))
        # Neither name nor time in the file, so that equal figures are equal bytes.
        with (
            (scratch / f"{INDICATOR_DATA}.csv.gz").open("wb") as file,
            gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed,
            io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
        ):
            _write(text, header, _figures(content.series))


def all_columns(table: str, rows: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """The columns a table must have, then every other one that a row has, in the order they are met."""
    return tuple(dict.fromkeys((*REQUIRED_COLUMNS[table], *(column for row in rows for column in row))))


def _write(text: io.TextIOBase, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)


def _figures(series: Series) -> Iterator[list[str]]:
    """Each figure as the shortest text that reads back as the same number."""
    for row in range(len(series.figures)):
        codes = [series.countries[series.country[row]], series.indicators[series.indicator[row]]]
        yield codes + ["" if figure != figure else repr(figure) for figure in series.figures[row].tolist()]
