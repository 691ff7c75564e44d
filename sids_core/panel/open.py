"""Open a panel from a folder, from one file, or from pandas DataFrames."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError, DataUnavailableError, TableError
from sids_core.panel.digests import SUMS, check_digest, parse_sums
from sids_core.panel.layout import REQUIRED_COLUMNS, YEARS, check_unique, missing_columns, years_of
from sids_core.panel.pack import pack
from sids_core.panel.panel import Panel
from sids_core.panel.parquet import missing_extra
from sids_core.panel.read_data import DataTable, column_name, open_data
from sids_core.panel.read_long import LongColumns, read_long
from sids_core.panel.read_series import (
    DATA_ERRORS,
    DATA_REPAIRS,
    WideColumns,
    read_wide,
)
from sids_core.panel.read_text import NamedFrame, Source
from sids_core.panel.report import IssueCollector, ValidationReport
from sids_core.panel.tables import Tables, check_folder, join, read_tables

if TYPE_CHECKING:
    import pandas as pd

COUNTRY_NAMES = ("country code", "country")
INDICATOR_NAMES = ("indicator code", "indicator")
TEXT_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
FILE_ENDINGS = (*TEXT_ENDINGS, ".xlsx", ".parquet")

logger = logging.getLogger(__name__)


def open_panel(
    source: "str | os.PathLike[str] | pd.DataFrame | Mapping[str, pd.DataFrame]", *, keep_unknown: bool = False
) -> Panel:
    """Read and check a dataset, and hold it in memory as a panel.

    A single table is wide or long. Wide: the columns `Country Code` (or `country`), `Indicator Code` (or `indicator`)
    and one column per year. Long: the same two columns, `year` and `value`. Column names ignore case; other columns are
    ignored. Countries are ISO 3166-1 alpha-3 codes; rows of other codes, such as aggregates, are left out. An indicator
    without metadata is named by its code, and its dataset is `unknown`.

    Repairs are logged as warnings with row and column: cells that are not a number become missing values, rows without
    a usable code are dropped, rows that agree are merged.

    Args:
        source: a folder with the three tables (indicatorMeta, datasetMeta, indicatorData, as .csv, .csv.gz or
            .parquet); or one .csv, .csv.gz, .tsv, .xlsx (first sheet) or .parquet file with a single table; or a
            DataFrame with a single table; or the three tables as DataFrames, by name.
        keep_unknown: keep rows whose code is none of a country, such as aggregates; models then learn from them.

    Returns:
        A panel whose values are float64 (years, countries, indicators), NaN where missing. Its countries are those of
        the data and every SIDS; years are ascending.

    Raises:
        DatasetError: the data cannot be used: a table, column or code is missing, a year is malformed, or two rows
            contradict each other. The message names file, row and column, or the extra to install.
        DataUnavailableError: the folder or file does not exist or cannot be read.
        TypeError: the source has another type.

    Example:
        >>> import pandas as pd
        >>> data = pd.DataFrame(
        ...     {"country": ["FJI", "FJI", "TON"], "indicator": "wdi-A", "year": [2000, 2001, 2001], "value": [1, 2, 5]}
        ... )
        >>> panel = open_panel(data)
        >>> panel.years, panel.values.shape
        ((2000, 2001), (2, 50, 1))
        >>> float(panel.values[panel.year_index(2001), panel.country_index["TON"], 0])
        5.0
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_dir():
            return _panel(*check_folder(path, keep_unknown=keep_unknown), str(path))
        _check_beside(path)
        return _panel(*_read_single(_open_file(path), (path.name,), keep_unknown=keep_unknown))
    if isinstance(source, pd.DataFrame):
        return _panel(*_read_single(NamedFrame("DataFrame", _flat(source)), (), keep_unknown=keep_unknown))
    if isinstance(source, Mapping) and all(isinstance(frame, pd.DataFrame) for frame in source.values()):
        return _panel(*read_tables(_named_tables(source), keep_unknown=keep_unknown))
    raise TypeError(f"source must be a path, a DataFrame or DataFrames by table, not {type(source).__name__}")


def _check_beside(path: Path) -> None:
    """Compare a file with its digest in a `SHA256SUMS` beside it, if that lists it; raises what `check_digest` does."""
    sums = path.with_name(SUMS)
    if path.is_file() and sums.is_file():
        check_digest(path, parse_sums(sums.read_bytes(), str(path.parent)).get(path.name, ""), SUMS)


def _panel(tables: Tables | None, report: ValidationReport, source: str = "") -> Panel:
    if tables is None:
        raise report.as_error(source)
    for issue in report.repairs:
        logger.warning("repaired: %s", issue.message)
    return pack(tables, report.repaired).panel


def _named_tables(frames: "Mapping[str, pd.DataFrame]") -> dict[str, Source]:
    if set(frames) != set(REQUIRED_COLUMNS):
        raise DatasetError(
            f"the tables must be named {', '.join(REQUIRED_COLUMNS)}, not {', '.join(map(str, frames)) or 'nothing'}"
        )
    return {table: NamedFrame(table, _flat(frame)) for table, frame in frames.items()}


def _flat(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The frame with its named index levels as columns."""
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(level=named) if named else frame


def _open_file(path: Path) -> Source:
    if not path.exists():
        raise DataUnavailableError(f"{path} does not exist")
    if not path.name.endswith(FILE_ENDINGS):
        raise DatasetError(f"{path.name} cannot be read; allowed: a folder, or a file as {', '.join(FILE_ENDINGS)}")
    return _read_excel(path) if path.suffix == ".xlsx" else path


def _read_excel(path: Path) -> NamedFrame:
    """The first sheet; row 1 holds the column names."""
    import pandas as pd

    try:
        cells = pd.read_excel(path, header=None, dtype=object, keep_default_na=False, engine="openpyxl")
    except ImportError as error:
        raise missing_extra(path.name, "Excel") from error
    except OSError as error:
        raise DataUnavailableError(f"{path.name} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # its readers fail with zip, XML, key and value errors, depending on the damage
        fault = f"not an Excel file, or a damaged one ({type(error).__name__}: {error})"
        raise TableError("corrupt_file", path.name, " ".join(fault.split())) from error
    if cells.empty:
        raise TableError("missing_column", path.name, "the first sheet is empty")
    names = [column_name(name).strip() for name in cells.iloc[0].tolist()]
    named = [position for position, name in enumerate(names) if name and name != "nan"]
    return NamedFrame(path.name, cells.iloc[1:, named].set_axis([names[position] for position in named], axis=1), 2)


def _read_single(
    source: Source, files: tuple[str, ...], *, keep_unknown: bool
) -> tuple[Tables | None, ValidationReport]:
    table = open_data(source)
    columns = _recognise(table)
    repairs = IssueCollector(table.name, DATA_REPAIRS)
    contradictions = IssueCollector(table.name, DATA_ERRORS)
    if isinstance(columns, LongColumns):
        series = read_long(table, columns, repairs, contradictions, keep_unknown=keep_unknown)
    else:
        series = read_wide(table, columns, repairs, contradictions, keep_unknown=keep_unknown)
    report = ValidationReport(tuple(contradictions.issues()), tuple(repairs.issues()))
    return None if report.errors else join(series, {}, {}, files), report


def _recognise(table: DataTable) -> WideColumns | LongColumns:
    """The form of a single table.

    Raises:
        TableError: columns are missing or appear twice.
    """
    check_unique(table.name, table.columns)
    written = {column.casefold(): column for column in reversed(table.columns)}
    country = next((written[name] for name in COUNTRY_NAMES if name in written), "")
    indicator = next((written[name] for name in INDICATOR_NAMES if name in written), "")
    is_long = "year" in written and "value" in written
    missing = ["country (or Country Code)"] * (not country) + ["indicator (or Indicator Code)"] * (not indicator)
    years = years_of(table.name, table.columns)
    if not is_long and not years:
        missing.append(f"year and value, or one column per year ({YEARS[0]} to {YEARS[-1]})")
    if missing:
        raise missing_columns(missing, table.name, table.columns)
    if is_long:
        return LongColumns(country, indicator, written["year"], written["value"])
    return WideColumns(country, indicator, years)
