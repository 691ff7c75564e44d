"""The three tables, read and checked together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.layout import (
    DATASET_CODE,
    DATASET_META,
    INDICATOR_CODE,
    INDICATOR_DATA,
    INDICATOR_META,
    table_files,
)
from sids_core.panel.metadata import (
    META_REPAIRS,
    DescribedDataset,
    DescribedIndicator,
    dataset_of,
    describe_datasets,
    describe_indicators,
)
from sids_core.panel.panel import SIDS, Indicator
from sids_core.panel.parquet import one_process
from sids_core.panel.read_series import DATA_ERRORS, DATA_REPAIRS, SeriesTable, read_data
from sids_core.panel.read_text import Source, TextRow, read_text_rows
from sids_core.panel.report import IssueCollector, ValidationIssue, ValidationReport

T = TypeVar("T")
Rows = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, eq=False)
class TableContent:
    """The three tables as they are written to files, with every column of the metadata.

    Attributes:
        indicators: rows of indicatorMeta, column → cell.
        datasets: rows of datasetMeta.
        series: indicatorData; its codes ascend, and so do its rows, by country and indicator.
    """

    indicators: Rows
    datasets: Rows
    series: SeriesTable


@dataclass(frozen=True, eq=False)
class Tables:
    """The checked content of the three tables.

    Attributes:
        countries: ascending, with every SIDS.
        indicators: ascending by code; those with a row of values.
        datasets: code → name, ascending by code; those with an indicator.
        years: ascending.
        files: names of the files, ascending; empty for tables from memory.
        position: int64 (rows,), a row's position in a year's flattened slice.
        values: float64 (rows, years), NaN where missing.
        indicator_rows: every row of indicatorMeta, column → cell, as read.
        dataset_rows: every row of datasetMeta.
    """

    countries: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    datasets: Mapping[str, str]
    years: tuple[int, ...]
    files: tuple[str, ...]
    position: NDArray[np.int64]
    values: NDArray[np.float64]
    indicator_rows: Rows
    dataset_rows: Rows

    def slices(self) -> Iterator[NDArray[np.float64]]:
        """float64 (countries, indicators) of each year, so that a panel can be written without holding it."""
        shape = (len(self.countries), len(self.indicators))
        for year in range(len(self.years)):
            flat = np.full(shape[0] * shape[1], np.nan)
            flat[self.position] = self.values[:, year]
            yield flat.reshape(shape)

    def version(self) -> str:
        """16 hexadecimal digits, equal for equal content in any file format and on any machine."""
        digest = blake2b(digest_size=8)
        digest.update(repr((self.countries, self.indicators, sorted(self.datasets.items()), self.years)).encode())
        order = np.argsort(self.position)
        digest.update(self.position[order].astype("<i8").tobytes())
        for year in range(len(self.years)):
            column = self.values[order, year]
            # NaN has many bit patterns, zero two.
            digest.update(np.where(np.isnan(column), np.nan, column + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def content(self) -> TableContent:
        """The content that reproduces these tables when written."""
        order = np.argsort(self.position)
        country, indicator = np.divmod(self.position[order], len(self.indicators))
        series = SeriesTable(
            years=self.years,
            countries=self.countries,
            indicators=tuple(known.code for known in self.indicators),
            country=country.astype(np.int32),
            indicator=indicator.astype(np.int32),
            values=self.values[order],
        )
        return TableContent(self.indicator_rows, self.dataset_rows, series)


def read_folder(folder: Path, *, keep_unknown: bool = False) -> Tables:
    """The tables in a folder, or those named by its `current.json`.

    Raises:
        DatasetError: a table has no file or several, or the tables have errors; the message names the first ones.
        DataUnavailableError: the folder cannot be read.
    """
    tables, report = check_folder(folder, keep_unknown=keep_unknown)
    if tables is None:
        raise report.as_error(str(folder))
    return tables


def check_folder(folder: Path, *, keep_unknown: bool = False) -> tuple[Tables | None, ValidationReport]:
    """Read and check a folder's tables as `read_tables` does.

    Raises:
        DatasetError: a table has no file, or several.
        DataUnavailableError: the folder cannot be read.
    """
    return read_tables(table_files(folder), keep_unknown=keep_unknown)


def read_tables(sources: Mapping[str, Source], *, keep_unknown: bool = False) -> tuple[Tables | None, ValidationReport]:
    """Read and check the tables, given by name (`indicatorMeta`, `datasetMeta`, `indicatorData`).

    Rows of codes that are no country's are left out, unless `keep_unknown` keeps them.

    Errors, for which no tables are returned: a file that cannot be read as its table (truncated, corrupt, not text,
    columns missing or repeated, a row with too many or too few cells), nothing or too little that can be read, and rows
    of one country and indicator whose values contradict each other.

    Repairs, which are counted: blanks around codes and texts are removed; rows with an empty or malformed code
    are dropped (a country is three capital letters); cells that are not a finite number become missing values; rows of
    one country and indicator that agree or complement each other are merged. Of several descriptions of a code the
    first is used. Indicators without metadata are kept under their code, in the dataset whose code prefixes theirs
    (else `unknown`); metadata without data is dropped; datasets missing in datasetMeta and indicators without a name
    are named by their code.

    Returns:
        The tables, or None if the report has errors; and the report.

    Raises:
        DataUnavailableError: the disk or share fails while reading.
    """
    with one_process():
        return _read_tables(sources, keep_unknown=keep_unknown)


def _read_tables(sources: Mapping[str, Source], *, keep_unknown: bool) -> tuple[Tables | None, ValidationReport]:
    names = {table: source.name for table, source in sources.items()}
    of_datasets = IssueCollector(names[DATASET_META], META_REPAIRS)
    of_indicators = IssueCollector(names[INDICATOR_META], META_REPAIRS)
    of_data = IssueCollector(names[INDICATOR_DATA], DATA_REPAIRS)
    contradictions = IssueCollector(names[INDICATOR_DATA], DATA_ERRORS)
    failures: list[TableError] = []
    dataset_rows = _attempt(failures, lambda: read_text_rows(DATASET_META, sources[DATASET_META])) or []
    datasets = describe_datasets(dataset_rows, of_datasets)
    indicator_rows = _attempt(failures, lambda: read_text_rows(INDICATOR_META, sources[INDICATOR_META])) or []
    indicators = describe_indicators(indicator_rows, datasets, of_indicators)
    series = _attempt(
        failures, lambda: read_data(sources[INDICATOR_DATA], of_data, contradictions, keep_unknown=keep_unknown)
    )
    errors = (*map(_issue, failures), *contradictions.issues())
    tables = None
    if series is not None and not errors:
        files = tuple(sorted(source.name for source in sources.values() if isinstance(source, Path)))
        _report_unmatched(series, indicators, datasets, of_data, of_indicators, of_datasets)
        tables = join(series, indicators, datasets, files, indicator_rows, dataset_rows)
    return tables, ValidationReport(errors, (*of_datasets.issues(), *of_indicators.issues(), *of_data.issues()))


def _attempt(failures: list[TableError], read: Callable[[], T]) -> T | None:
    """The result of `read`; None if the file is not such a table, so that the others are checked too."""
    try:
        return read()
    except TableError as error:
        failures.append(error)
        return None


def _issue(error: TableError) -> ValidationIssue:
    return ValidationIssue(error.kind, str(error), error.file, error.row)


def _report_unmatched(
    series: SeriesTable,
    described: Mapping[str, DescribedIndicator],
    datasets: Mapping[str, DescribedDataset],
    of_data: IssueCollector,
    of_indicators: IssueCollector,
    of_datasets: IssueCollector,
) -> None:
    """Report data without metadata, and metadata without data."""
    present = set(series.indicators)
    for code in series.indicators:
        if code not in described:
            of_data.add("data_without_metadata", column=INDICATOR_CODE, value=code)
    for code, entry in described.items():
        if code not in present:
            of_indicators.add("metadata_without_data", entry.place, INDICATOR_CODE, code)
    used = {entry.indicator.dataset for code, entry in described.items() if code in present}
    used |= {dataset_of(code, datasets) for code in present if code not in described}
    for dataset, known in datasets.items():
        if dataset not in used:
            of_datasets.add("metadata_without_data", known.place, DATASET_CODE, dataset)


def join(
    series: SeriesTable,
    described: Mapping[str, DescribedIndicator],
    datasets: Mapping[str, DescribedDataset],
    files: tuple[str, ...] = (),
    indicator_rows: Sequence[TextRow] = (),
    dataset_rows: Sequence[TextRow] = (),
) -> Tables:
    """The tables of some series and the metadata of their indicators and datasets."""
    countries = tuple(sorted({*SIDS, *series.countries}))
    indicators = tuple(
        described[code].indicator if code in described else Indicator(code, code, dataset_of(code, datasets))
        for code in sorted(series.indicators)
    )
    used = sorted({indicator.dataset for indicator in indicators})
    country = np.searchsorted(np.array(countries), np.array(series.countries))
    indicator = np.searchsorted(np.array([known.code for known in indicators]), np.array(series.indicators))
    return Tables(
        countries=countries,
        indicators=indicators,
        datasets={code: datasets[code].name if code in datasets else code for code in used},
        years=series.years,
        files=files,
        position=country[series.country] * len(indicators) + indicator[series.indicator],
        values=series.values,
        indicator_rows=tuple(row.cells for row in indicator_rows),
        dataset_rows=tuple(row.cells for row in dataset_rows),
    )
