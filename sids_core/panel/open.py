"""Open a panel from a folder, from one file, or from pandas DataFrames."""

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError
from sids_core.foreign.options import TableOptions
from sids_core.foreign.read import read
from sids_core.panel.digests import SUMS, check_digest, parse_sums
from sids_core.panel.layout import REQUIRED_COLUMNS
from sids_core.panel.metadata import META_REPAIRS, DescribedDataset, describe_indicators
from sids_core.panel.pack import pack
from sids_core.panel.panel import Panel
from sids_core.panel.read_text import NamedFrame, Source, TextRow
from sids_core.panel.report import IssueCollector, ValidationReport
from sids_core.panel.tables import Tables, check_folder, join, read_tables

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


def open_panel(
    source: "str | os.PathLike[str] | pd.DataFrame | Mapping[str, pd.DataFrame]",
    *,
    keep_unknown: bool = False,
    delimiter: str = "",
    decimal: str = "",
    encoding: str = "",
    sheet: str = "",
    header: int = 0,
    country: str = "",
    indicator: str = "",
    year: str | int = "",
    value: str = "",
    dimensions: Sequence[str] = (),
) -> Panel:
    """Read and check a dataset, and hold it in memory as a panel.

    A single table may be of any usual form: one row per value (country, indicator, year, value), or one column per
    year, indicator or country; a download of the World Bank, the UN SDG database or SDMX-CSV as it is. Delimiter,
    decimal sign, encoding, header and the columns' roles are recognised; the arguments after `keep_unknown` override
    that.
    Countries may be codes (ISO 3166-1 alpha-2 and alpha-3, M49) or English names; rows of aggregates are left out.

    What is guessed, left out or repaired is logged as warnings with row and column: names of countries that ISO spells
    otherwise, cells that are not a number, rows without a usable country, rows that agree and are merged.

    Args:
        source: a folder with the three tables (indicatorMeta, datasetMeta, indicatorData, as .csv, .csv.gz or
            .parquet); or one .csv, .tsv, .txt (also with .gz), .xlsx (every visible sheet) or .parquet file; or a
            DataFrame with a single table; or the three tables as DataFrames, by name.
        keep_unknown: keep rows whose code is none of a country, such as aggregates; models then learn from them.
        delimiter: of a text file: comma, semicolon, tab or bar, or the sign itself.
        decimal: the decimal sign of numbers written as text: point or comma, or the sign itself.
        encoding: of a text file, as cp1252.
        sheet: the one sheet of an Excel file to read.
        header: the line or row with the names of the columns, from 1.
        country: the column of countries, or the one country of the whole table.
        indicator: the column of indicators, or the name of the one indicator of the whole table.
        year: the column of years, or the one year of the whole table.
        value: the column of values.
        dimensions: the columns that divide an indicator, such as sex or age: each combination becomes an indicator.

    Returns:
        A panel whose values are float64 (years, countries, indicators), NaN where missing. Its countries are those of
        the data and every SIDS; years are ascending.

    Raises:
        DatasetError: the data cannot be used: a table, column or code is missing, a year is malformed, the decimal
            sign cannot be decided, or two rows contradict each other. The message names file, row and column, or the
            extra to install.
        DataUnavailableError: the folder or file does not exist or cannot be read.
        RequestError: an argument names a column or sheet that does not exist, or is not allowed.
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

    options = TableOptions(
        delimiter, decimal, encoding, sheet, header, country, indicator, str(year), value, tuple(dimensions)
    )
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_dir():
            return _panel(*check_folder(path, keep_unknown=keep_unknown), str(path))
        _check_beside(path)
        return _panel(*_read_single(path, options, (path.name,), keep_unknown=keep_unknown))
    if isinstance(source, pd.DataFrame):
        return _panel(*_read_single(_flat(source), options, (), keep_unknown=keep_unknown))
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


def _read_single(
    source: "Path | pd.DataFrame", options: TableOptions, files: tuple[str, ...], *, keep_unknown: bool
) -> tuple[Tables | None, ValidationReport]:
    found = read([source], options, keep_unknown=keep_unknown)
    if found.content is None:
        return None, found.report
    rows = [TextRow("", row) for row in found.content.indicators]
    datasets = {row["Dataset Code"]: DescribedDataset("", row["Dataset Name"]) for row in found.content.datasets}
    described = describe_indicators(rows, datasets, IssueCollector("", META_REPAIRS))
    return join(found.content.series, described, datasets, files), found.report
