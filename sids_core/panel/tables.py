"""The three tables read and checked together, before they are laid out as a panel."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.countries import SIDS
from sids_core.panel.errors import TableError
from sids_core.panel.figures import FIGURE_ERRORS, FIGURE_REPAIRS, Series, read_figures
from sids_core.panel.findings import Finding, Findings, Report
from sids_core.panel.layout import DATASET_CODE, DATASET_META, INDICATOR_CODE, INDICATOR_DATA, INDICATOR_META
from sids_core.panel.metadata import (
    META_REPAIRS,
    Described,
    DescribedDataset,
    dataset_of,
    read_datasets,
    read_indicators,
)
from sids_core.panel.panel import Indicator

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Tables:
    """The checked content of the three tables.

    Attributes:
        countries: ascending, with every SIDS.
        indicators: ascending by code; those with a row of figures.
        datasets: code → name, ascending by code; those with an indicator.
        years: ascending.
        files: names of the files, ascending.
        position: int64 (rows,), where a row belongs in a year's slice that is laid out flat.
        figures: float64 (rows, years), NaN where there is none.
    """

    countries: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    datasets: Mapping[str, str]
    years: tuple[int, ...]
    files: tuple[str, ...]
    position: NDArray[np.int64]
    figures: NDArray[np.float64]

    def slices(self) -> Iterator[NDArray[np.float64]]:
        """float64 (countries, indicators) of each year, so that a panel can be written without holding it."""
        shape = (len(self.countries), len(self.indicators))
        for year in range(len(self.years)):
            flat = np.full(shape[0] * shape[1], np.nan)
            flat[self.position] = self.figures[:, year]
            yield flat.reshape(shape)

    def version(self) -> str:
        """16 hexadecimal digits that name this content; the same for equal content from any file on any machine."""
        digest = blake2b(digest_size=8)
        digest.update(repr((self.countries, self.indicators, sorted(self.datasets.items()), self.years)).encode())
        order = np.argsort(self.position)
        digest.update(self.position[order].astype("<i8").tobytes())
        for year in range(len(self.years)):
            column = self.figures[order, year]
            # Not-a-number has many bit patterns, and zero two.
            digest.update(np.where(np.isnan(column), np.nan, column + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()


def read_tables(files: Mapping[str, Path]) -> tuple[Tables | None, Report]:
    """Read and check the tables, given by name (`indicatorMeta`, `datasetMeta`, `indicatorData`).

    Errors, which leave no tables: a file that cannot be read as what it should be (truncated, corrupt, not text,
    columns missing or twice, a row with too many or too few cells), no usable row, and rows of one country and
    indicator whose figures contradict each other.

    Repairs, which are counted: blanks around codes and texts are stripped; rows with an empty or malformed code
    are left out (a country is three capital letters); cells that are not a finite number are missing; rows of one
    country and indicator that agree or complement each other are merged. The first of several descriptions of a code
    stands. Indicators without metadata are kept under their code, in the dataset whose code prefixes theirs (else
    `unknown`); metadata without data is left out; a dataset that datasetMeta lacks is named by its code, and so is
    an indicator without a name.

    Returns:
        The tables, or None where the report has errors; and the report.

    Raises:
        DataUnavailableError: the disk or share fails while reading.
    """
    names = {table: path.name for table, path in files.items()}
    of_datasets = Findings(names[DATASET_META], META_REPAIRS)
    of_indicators = Findings(names[INDICATOR_META], META_REPAIRS)
    of_figures = Findings(names[INDICATOR_DATA], FIGURE_REPAIRS)
    contradictions = Findings(names[INDICATOR_DATA], FIGURE_ERRORS)
    failures: list[TableError] = []
    datasets = _attempt(failures, lambda: read_datasets(files[DATASET_META], of_datasets)) or {}
    described = _attempt(failures, lambda: read_indicators(files[INDICATOR_META], datasets, of_indicators)) or {}
    series = _attempt(failures, lambda: read_figures(files[INDICATOR_DATA], of_figures, contradictions))
    errors = (*map(_finding, failures), *contradictions.finish())
    tables = None
    if series is not None and not errors:
        _note_strangers(series, described, datasets, of_figures, of_indicators, of_datasets)
        tables = _joined(series, described, datasets, tuple(sorted(names.values())))
    return tables, Report(errors, (*of_datasets.finish(), *of_indicators.finish(), *of_figures.finish()))


def _attempt(failures: list[TableError], read: Callable[[], T]) -> T | None:
    """What `read` gives; None where the file is no such table, so that the others are checked too."""
    try:
        return read()
    except TableError as error:
        failures.append(error)
        return None


def _finding(error: TableError) -> Finding:
    return Finding(error.kind, str(error), error.file, error.row)


def _note_strangers(
    series: Series,
    described: Mapping[str, Described],
    datasets: Mapping[str, DescribedDataset],
    of_figures: Findings,
    of_indicators: Findings,
    of_datasets: Findings,
) -> None:
    """Note figures without metadata, and metadata without figures."""
    present = set(series.indicators)
    for code in series.indicators:
        if code not in described:
            of_figures.add("data_without_metadata", column=INDICATOR_CODE, value=code)
    for code, entry in described.items():
        if code not in present:
            of_indicators.add("metadata_without_data", entry.place, INDICATOR_CODE, code)
    used = {entry.indicator.dataset for code, entry in described.items() if code in present}
    used |= {dataset_of(code, datasets) for code in present if code not in described}
    for dataset, known in datasets.items():
        if dataset not in used:
            of_datasets.add("metadata_without_data", known.place, DATASET_CODE, dataset)


def _joined(
    series: Series,
    described: Mapping[str, Described],
    datasets: Mapping[str, DescribedDataset],
    files: tuple[str, ...],
) -> Tables:
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
        figures=series.figures,
    )
