"""A folder's three tables with all their columns, as merging and packing need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sids_core.panel.errors import DatasetError
from sids_core.panel.figures import Series
from sids_core.panel.findings import Report
from sids_core.panel.layout import DATASET_META, INDICATOR_META
from sids_core.panel.tables import Tables, read_tables
from sids_core.panel.text_rows import read_text_rows
from sids_service.dataset.folder_store import FolderStore
from sids_service.dataset.loading import summary
from sids_service.dataset.snapshot import fetch, look

Rows = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, eq=False)
class Content:
    """The checked figures, and the metadata as it is written.

    Attributes:
        indicators: rows of indicatorMeta, column → cell.
        datasets: rows of datasetMeta.
        series: its codes ascend, and so do its rows, by country and indicator.
    """

    indicators: Rows
    datasets: Rows
    series: Series


def check_folder(folder: Path) -> tuple[Tables | None, Report]:
    """Read and check a folder's tables, those that its `current.json` names where it has one.

    Raises:
        DatasetError: a table has no file, or several.
        DataUnavailableError: the folder cannot be read.
    """
    return read_tables(local_files(folder))


def local_files(folder: Path) -> dict[str, Path]:
    """Table → file, for a folder that a service could read."""
    store = FolderStore(folder)
    with TemporaryDirectory() as unused:
        return fetch(store, look(store), Path(unused))


def read_content(folder: Path) -> Content:
    """Everything in a folder's tables.

    Raises:
        DatasetError: the tables have errors; its message names the first ones.
        DataUnavailableError: the folder cannot be read.
    """
    files = local_files(folder)
    tables, report = read_tables(files)
    if tables is None:
        raise DatasetError(summary(str(folder), report))
    return Content(
        indicators=tuple(row.cells for row in read_text_rows(INDICATOR_META, files[INDICATOR_META])),
        datasets=tuple(row.cells for row in read_text_rows(DATASET_META, files[DATASET_META])),
        series=_series(tables),
    )


def _series(tables: Tables) -> Series:
    order = np.argsort(tables.position)
    position = tables.position[order]
    indicators = len(tables.indicators)
    return Series(
        years=tables.years,
        countries=tables.countries,
        indicators=tuple(known.code for known in tables.indicators),
        country=(position // indicators).astype(np.int32),
        indicator=(position % indicators).astype(np.int32),
        number=np.arange(len(position)),
        figures=tables.figures[order],
    )
