"""The end of an import: writes the tables and summarises what is missing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sids_core.errors import DatasetError
from sids_core.panel.read_series import SeriesTable
from sids_core.panel.tables import Rows, TableContent
from sids_core.panel.write import write_csv
from sids_tools.importers.gathering import Gathered
from sids_tools.importers.parts import IndicatorValues, Parts


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The result of an import.

    Attributes:
        indicators, countries: number with an observation in the written tables.
        years: the first and the last with an observation.
        kept: number of indicators fetched by an earlier run.
        empty: codes without an observation in the source; not in the tables.
        missing: code → why it was not fetched.
    """

    indicators: int
    countries: int
    years: tuple[int, int]
    kept: int
    empty: tuple[str, ...]
    missing: Mapping[str, str]


def write_import(
    gathered: Gathered, parts: Parts, described: Mapping[str, Mapping[str, str]], datasets: Rows, folder: Path
) -> ImportSummary:
    """Write the tables. If nothing is missing the parts are removed, so that the next import starts afresh.

    Args:
        gathered: the fetched codes, as in the tables.
        parts: their observations.
        described: code → its row of indicatorMeta.
        datasets: rows of datasetMeta.
        folder: destination of the tables.

    Raises:
        DatasetError: no observation arrived.
    """
    series = assemble(gathered.arrived, parts.get)
    written = set(series.indicators)
    write_csv(TableContent(tuple(described[code] for code in series.indicators), datasets, series), folder)
    if not gathered.missing:
        parts.discard()
    return ImportSummary(
        indicators=len(series.indicators),
        countries=len(series.countries),
        years=(series.years[0], series.years[-1]),
        kept=gathered.kept,
        empty=tuple(code for code in gathered.arrived if code not in written),
        missing=gathered.missing,
    )


def assemble(codes: Iterable[str], load: Callable[[str], IndicatorValues]) -> SeriesTable:
    """A row for every country and indicator with an observation, from the first to the last year with one.

    `load` returns the values of a code; it is called twice per code, to limit memory.

    Raises:
        DatasetError: no indicator has an observation.
    """
    years: set[int] = set()
    pairs: list[tuple[str, str]] = []
    for code in codes:
        for country, by_year in load(code).items():
            if by_year:
                pairs.append((country, code))
                years.update(map(int, by_year))
    if not years:
        raise DatasetError("no observation arrived: nothing to write")
    pairs.sort()
    countries = sorted({country for country, _ in pairs})
    indicators = sorted({code for _, code in pairs})
    first = min(years)
    row_of = {pair: row for row, pair in enumerate(pairs)}
    values = np.full((len(pairs), max(years) - first + 1), np.nan)
    for code in indicators:
        for country, by_year in load(code).items():
            for year, value in by_year.items():
                values[row_of[country, code], int(year) - first] = value
    country_index = {code: index for index, code in enumerate(countries)}
    indicator_index = {code: index for index, code in enumerate(indicators)}
    return SeriesTable(
        years=tuple(range(first, max(years) + 1)),
        countries=tuple(countries),
        indicators=tuple(indicators),
        country=np.array([country_index[country] for country, _ in pairs], dtype=np.int32),
        indicator=np.array([indicator_index[code] for _, code in pairs], dtype=np.int32),
        values=values,
    )
