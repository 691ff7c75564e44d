"""The end of an import: writes the tables and summarises what is missing from them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sids_core.errors import DatasetError
from sids_core.panel.layout import DATASET_META, INDICATOR_META, REQUIRED_COLUMNS
from sids_core.panel.read_series import SeriesTable
from sids_core.panel.tables import Rows, TableContent
from sids_core.panel.write import write_csv
from sids_tools.importers.errors import FetchError, RefusedError, UnreachableError
from sids_tools.importers.gathering import Gathered
from sids_tools.importers.observations import IndicatorValues
from sids_tools.importers.parts import Parts
from sids_tools.importers.records import is_empty


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The result of an import.

    Attributes:
        indicators, countries: number with an observation in the written tables.
        years: the first and the last with an observation.
        kept: number of indicators fetched by an earlier run.
        empty: codes without an observation in the source; not in the tables.
        refused: code → how the source refused it; final.
        unreadable: code → why its answer could not be read.
        unanswered: code → why no answer came; a later run may get one.
        repeated: code → number of values left out, because the country has another one for the year.
        unlisted: country that the source's own list lacks → number of its values, which are left out.
        lastupdated: when the source was last updated, as it says so → number of indicators; several if it was updated
            again and again meanwhile.
        empty_columns: required columns without a text in any row, as table and column.
    """

    indicators: int
    countries: int
    years: tuple[int, int]
    kept: int
    empty: tuple[str, ...]
    refused: Mapping[str, str]
    unreadable: Mapping[str, str]
    unanswered: Mapping[str, str]
    repeated: Mapping[str, int]
    unlisted: Mapping[str, int]
    lastupdated: Mapping[str, int]
    empty_columns: tuple[tuple[str, str], ...]


def write_import(
    gathered: Gathered, parts: Parts, described: Mapping[str, Mapping[str, str]], datasets: Rows, folder: Path
) -> ImportSummary:
    """Write the tables. Unless an answer may still come the parts are removed, so that the next import starts afresh.

    Args:
        gathered: the fetched codes, as in the tables.
        parts: their observations.
        described: code → its row of indicatorMeta.
        datasets: rows of datasetMeta.
        folder: destination of the tables.

    Raises:
        DatasetError: no observation arrived.
    """
    unanswered = _reasons(gathered, lambda error: isinstance(error, UnreachableError))
    series = assemble(gathered.arrived, parts.get)
    if series is not None:
        content = TableContent(tuple(described[code] for code in series.indicators), datasets, series)
        write_csv(content, folder)
    if not unanswered:
        parts.discard()
    if series is None:
        raise _nothing_to_write(gathered)
    written = set(series.indicators)
    remarks = gathered.arrived
    unlisted: Counter[str] = Counter()
    for remark in remarks.values():
        unlisted.update(remark.unlisted)
    return ImportSummary(
        indicators=len(series.indicators),
        countries=len(series.countries),
        years=(series.years[0], series.years[-1]),
        kept=gathered.kept,
        empty=tuple(code for code in remarks if code not in written),
        refused=_reasons(gathered, lambda error: isinstance(error, RefusedError)),
        unreadable=_reasons(gathered, lambda error: not isinstance(error, RefusedError | UnreachableError)),
        unanswered=unanswered,
        repeated={code: remark.repeated for code, remark in remarks.items() if remark.repeated},
        unlisted=unlisted,
        lastupdated=Counter(remark.lastupdated for remark in remarks.values() if remark.lastupdated),
        empty_columns=(*_empty_columns(INDICATOR_META, content.indicators), *_empty_columns(DATASET_META, datasets)),
    )


def assemble(codes: Iterable[str], load: Callable[[str], IndicatorValues]) -> SeriesTable | None:
    """A row for every country and indicator with an observation, from the first to the last year with one.

    None if no indicator has an observation. `load` returns the values of a code; it is called twice per code, to limit
    memory.
    """
    years: set[int] = set()
    pairs: list[tuple[str, str]] = []
    for code in codes:
        for country, by_year in load(code).observations.items():
            pairs.append((country, code))
            years.update(map(int, by_year))
    if not years:
        return None
    pairs.sort()
    countries = sorted({country for country, _ in pairs})
    indicators = sorted({code for _, code in pairs})
    first = min(years)
    row_of = {pair: row for row, pair in enumerate(pairs)}
    values = np.full((len(pairs), max(years) - first + 1), np.nan)
    for code in indicators:
        for country, by_year in load(code).observations.items():
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


def _reasons(gathered: Gathered, wanted: Callable[[FetchError], bool]) -> dict[str, str]:
    return {code: str(error) for code, error in gathered.missing.items() if wanted(error)}


def _nothing_to_write(gathered: Gathered) -> DatasetError:
    example = next((f"; {code}: {error}" for code, error in gathered.missing.items()), "")
    return DatasetError(
        f"no observation arrived: nothing to write ({len(gathered.arrived)} indicators without any value, "
        f"{len(gathered.missing)} without a usable answer{example})"
    )


def _empty_columns(table: str, rows: Rows) -> Iterator[tuple[str, str]]:
    for column in REQUIRED_COLUMNS[table]:
        if all(is_empty(row.get(column, "")) for row in rows):
            yield table, column
