"""The three tables by name: which files hold them, and which columns they must have."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sids_core.panel.errors import DatasetError

INDICATOR_META, DATASET_META, INDICATOR_DATA = "indicatorMeta", "datasetMeta", "indicatorData"
COUNTRY_CODE, INDICATOR_CODE, DATASET_CODE = "Country Code", "Indicator Code", "Dataset Code"
REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        INDICATOR_META: (INDICATOR_CODE, "Indicator", "Category", "Dimension", "Dataset"),
        DATASET_META: (DATASET_CODE, "Dataset Name"),
        INDICATOR_DATA: (COUNTRY_CODE, INDICATOR_CODE),
    }
)
ENDINGS = (".csv", ".csv.gz", ".parquet")
YEAR = re.compile(r"[0-9]{4}")


def find_tables(names: Iterable[str], source: str) -> dict[str, str]:
    """Table → the one file that holds it.

    Raises:
        DatasetError: a table has no file, or several.
    """
    listed = sorted(names)
    found: dict[str, str] = {}
    missing = []
    for table in REQUIRED_COLUMNS:
        files = [name for name in listed if name in {table + ending for ending in ENDINGS}]
        if len(files) > 1:
            raise DatasetError(f"{source} has {' and '.join(files)}: only one of them can be the table {table}")
        if files:
            found[table] = files[0]
        else:
            missing.append(table)
    if missing:
        endings = f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        raise DatasetError(f"{source} has no file for {', '.join(missing)} (as {endings})")
    return found


def missing_columns(table: str, columns: Iterable[str]) -> list[str]:
    """The required columns that are not there; for the figures also that there is a year at all."""
    present = set(columns)
    missing = [column for column in REQUIRED_COLUMNS[table] if column not in present]
    if table == INDICATOR_DATA and not any(YEAR.fullmatch(column) for column in present):
        missing.append("a year (four digits)")
    return missing
