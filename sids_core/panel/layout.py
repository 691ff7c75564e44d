"""The three tables by name: the files of a folder that hold them, and their required columns.

A folder (or container) holds the three tables directly, with or without their digests in `SHA256SUMS`, or a file
`current.json` that names them: `{"version": "…", "files": {"indicatorData": "versions/7/indicatorData.parquet", …},
"sha256": {"indicatorData": "…", …}}`, of older publishers without `sha256`. A publisher writes a new version beside the
old one and replaces `current.json` last, so that a reader never sees a partial version.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from sids_core.errors import DatasetError, DataUnavailableError, PathError, TableError
from sids_core.file_names import check_relative, shown
from sids_core.panel.digests import DIGEST, SUMS, check_digest, digests_of, parse_sums

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
CURRENT = "current.json"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
YEAR_NAME = re.compile(r"(?:YR|X|Y|YEAR )?([0-9]{4})(?:\.0+)?(?: \[YR([0-9]{4})\])?", re.IGNORECASE)
YEARS = range(1800, 2201)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A table's file.

    Attributes:
        name: relative to the folder or container.
        sha256: its digest, which the file must have; empty if none is known.
        where: what holds the digest.
    """

    name: str
    sha256: str = ""
    where: str = ""


def table_files(folder: Path) -> dict[str, Path]:
    """Table → its file in the folder, or as named by the folder's `current.json`; compared with its digest, if any.

    Raises:
        DatasetError: a table has no file, or several, or a file has another digest; `current.json` or `SHA256SUMS` is
            malformed or names a file that does not exist.
        DataUnavailableError: the folder does not exist or cannot be read.
    """
    names = file_names(folder)
    source = str(folder)
    if CURRENT in names:
        listed = parse_current(_content(folder, CURRENT), source)
    else:
        listed = listed_files(names, source, _content(folder, SUMS) if SUMS in names else None)
    for table, file in listed.items():
        if not (folder / file.name).is_file():
            raise file_of_current_missing(source, file.name, table)
        check_digest(folder / file.name, file.sha256, file.where)
    return {table: folder / file.name for table, file in listed.items()}


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise DataUnavailableError(f"{folder}: {name} cannot be read: {error.strerror}") from error


def listed_files(names: Iterable[str], source: str, sums: bytes | None) -> dict[str, ListedFile]:
    """Table → the one file that holds it.

    Args:
        names: the files of the folder.
        source: the folder, for messages.
        sums: content of its `SHA256SUMS`; None without one.

    Raises:
        DatasetError: a table has no file, or several; `SHA256SUMS` is malformed or lacks one of them.
    """
    found = find_tables(names, source)
    if sums is None:
        return {table: ListedFile(name) for table, name in found.items()}
    digests = digests_of(found.values(), parse_sums(sums, source), source)
    return {table: ListedFile(name, digests[name], SUMS) for table, name in found.items()}


def file_names(folder: Path) -> list[str]:
    """Names of the files directly in a folder; DataUnavailableError if it does not exist or cannot be read."""
    if not folder.is_dir():
        raise DataUnavailableError(
            f"dataset folder {folder} {'is not a folder' if folder.exists() else 'does not exist'}"
        )
    try:
        return [path.name for path in folder.iterdir() if path.is_file()]
    except OSError as error:
        raise DataUnavailableError(f"{folder} cannot be read: {error.strerror}") from error


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


def parse_current(text: bytes, source: str) -> dict[str, ListedFile]:
    """Table → its file, relative to the folder that holds this `current.json`.

    Raises:
        DatasetError: it has another form, or names a file outside the folder or of another kind.
    """
    try:
        current = json.loads(text)
        files = {table: str(current["files"][table]) for table in REQUIRED_COLUMNS}
        digests = {table: str(current["sha256"][table]) for table in files} if "sha256" in current else {}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        tables = ", ".join(REQUIRED_COLUMNS)
        raise DatasetError(
            f'{source}: {CURRENT} is not of the form {{"files": {{table: name}}}} for {tables}'
        ) from error
    for table, digest in digests.items():
        if not DIGEST.fullmatch(digest):
            raise DatasetError(f"{source}: {CURRENT} has {digest!r} for {table}, which is no SHA-256")
    for table, name in files.items():
        path = PurePosixPath(name)
        try:
            check_relative(name)
        except PathError as error:
            raise DatasetError(f"{source}: {CURRENT} names {shown(name)} for {table}, which is outside") from error
        find_tables([*(f"{other}.csv" for other in files if other != table), path.name], f"{source}: {CURRENT}")
    return {table: ListedFile(name, digests.get(table, ""), CURRENT) for table, name in files.items()}


def file_of_current_missing(source: str, name: str, table: str) -> DatasetError:
    """The error for a missing file that `current.json` names."""
    return DatasetError(f"{source}: {CURRENT} names {name} for {table}, which does not exist")


def check_columns(table: str, file: str, columns: Sequence[str]) -> None:
    """Raise TableError if a required column is missing (for the data: any year), or a column appears twice."""
    missing = [column for column in REQUIRED_COLUMNS[table] if column not in columns]
    if table == INDICATOR_DATA and not years_of(file, columns):
        missing.append(f"a year ({YEARS[0]} to {YEARS[-1]})")
    if missing:
        raise missing_columns(missing, file, columns)
    check_unique(file, columns)


def years_of(file: str, columns: Sequence[str]) -> dict[int, str]:
    """Year → the column that it names, ascending; TableError if two columns name the same year."""
    found: dict[int, str] = {}
    for column in columns:
        year = year_of(column)
        if year is not None and found.setdefault(year, column) != column:
            raise TableError("repeated_column", file, f"{found[year]} and {column} are the same year")
    return dict(sorted(found.items()))


def year_of(name: str) -> int | None:
    """The year that a column or cell names, as spreadsheets, R and the World Bank write it; None if it names none.

    >>> [year_of(name) for name in ("2001", "2001.0", "X2001", "YR2001", "2001 [YR2001]", "2001-02", "0007", "1750")]
    [2001, 2001, 2001, 2001, 2001, None, None, None]
    """
    match = YEAR_NAME.fullmatch(name.strip())
    if match is None or match[2] not in {None, match[1]}:
        return None
    year = int(match[1])
    return year if year in YEARS else None


def missing_columns(missing: Collection[str], file: str, columns: Sequence[str]) -> TableError:
    """The error for missing columns; it names the first existing ones."""
    shown = ", ".join(column[:30] for column in columns[:8]) + (", …" if len(columns) > 8 else "")
    fault = f"column missing: {', '.join(missing)} (found: {shown or 'none'})"
    separator = next((name for mark, name in SEPARATORS.items() if any(mark in column for column in columns)), "")
    if separator:
        fault += f"; the cells seem to be separated by {separator}: save the file with commas"
    return TableError("missing_column", file, fault)


def check_unique(file: str, columns: Sequence[str]) -> None:
    """Raise TableError if a column appears twice."""
    repeated = sorted({column for column in columns if column and columns.count(column) > 1})
    if repeated:
        raise TableError("repeated_column", file, f"column appears twice: {', '.join(repeated)}")
