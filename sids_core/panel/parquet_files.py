"""The three tables as parquet, which a service reads several times faster than CSV."""

from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.panel.csv_files import all_columns
from sids_core.panel.layout import COUNTRY_CODE, DATASET_META, INDICATOR_CODE, INDICATOR_DATA, INDICATOR_META
from sids_core.panel.table_folder import new_tables
from sids_service.dataset.content import Content

if TYPE_CHECKING:
    import pandas as pd

PARQUET_ENDINGS = (".parquet",)
# Rows that a reader has in memory at once.
GROUP_ROWS = 50_000


def write_parquet(content: Content, folder: Path) -> None:
    """Write indicatorMeta, datasetMeta and indicatorData as parquet, replacing those that are there.

    Raises:
        DatasetError: the folder holds tables in another format.
        OSError: the disk is full, or the folder cannot be written.
    """
    import pandas as pd

    series = content.series
    figures = pd.DataFrame(
        {
            COUNTRY_CODE: pd.Categorical.from_codes(series.country, pd.Index(series.countries)),
            INDICATOR_CODE: pd.Categorical.from_codes(series.indicator, pd.Index(series.indicators)),
            **{str(year): series.figures[:, index] for index, year in enumerate(series.years)},
        }
    )
    with new_tables(folder, PARQUET_ENDINGS) as scratch:
        for table, rows in ((INDICATOR_META, content.indicators), (DATASET_META, content.datasets)):
            columns = all_columns(table, rows)
            cells = {column: [row.get(column, "") for row in rows] for column in columns}
            _write(scratch / f"{table}.parquet", pd.DataFrame(cells, dtype=object))
        _write(scratch / f"{INDICATOR_DATA}.parquet", figures)


def _write(path: Path, frame: "pd.DataFrame") -> None:
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
