"""The end of every import: the tables out of what arrived, and what to say about the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sids_core.panel.csv_files import write_csv
from sids_service.dataset.content import Content, Rows
from sids_tools.importers.assembling import assemble
from sids_tools.importers.gathering import Gathered
from sids_tools.importers.parts import Parts


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did.

    Attributes:
        indicators, countries: how many the written tables have figures of.
        years: the first and the last with a figure.
        kept: how many indicators an earlier run had brought.
        empty: codes for which the source has no figure; they are in no table.
        missing: code → why it did not arrive.
    """

    indicators: int
    countries: int
    years: tuple[int, int]
    kept: int
    empty: tuple[str, ...]
    missing: Mapping[str, str]


def write_outcome(
    gathered: Gathered, parts: Parts, described: Mapping[str, Mapping[str, str]], datasets: Rows, folder: Path
) -> Outcome:
    """Write the tables of what arrived. The parts go when nothing is missing, so that the next import is a fresh one.

    Args:
        gathered: the codes, as in the tables.
        parts: their figures.
        described: code → its row of indicatorMeta.
        datasets: rows of datasetMeta.
        folder: where the tables are written.

    Raises:
        DatasetError: no figure arrived.
    """
    series = assemble(gathered.arrived, parts.get)
    written = set(series.indicators)
    write_csv(Content(tuple(described[code] for code in series.indicators), datasets, series), folder)
    if not gathered.missing:
        parts.discard()
    return Outcome(
        indicators=len(series.indicators),
        countries=len(series.countries),
        years=(series.years[0], series.years[-1]),
        kept=gathered.kept,
        empty=tuple(code for code in gathered.arrived if code not in written),
        missing=gathered.missing,
    )
