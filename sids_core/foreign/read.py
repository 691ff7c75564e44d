"""Reads tables of any form as observations with descriptions of their indicators."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError, TableError
from sids_core.foreign.cells import Grid, cell_text, check_file, frame_table, read_grids, read_parquet, stem
from sids_core.foreign.combine import Combined, Part, combine
from sids_core.foreign.header import FoundTable, find_table
from sids_core.foreign.indicators import code_of, meta_row
from sids_core.foreign.layout import recognise
from sids_core.foreign.marks import key, quoted
from sids_core.foreign.observations import observe
from sids_core.foreign.options import TableOptions
from sids_core.foreign.periods import is_other_period
from sids_core.foreign.roles import ATTRIBUTES
from sids_core.foreign.understood import made_codes, understood
from sids_core.panel.metadata import UNKNOWN_DATASET
from sids_core.panel.read_series import DATA_REPAIRS
from sids_core.panel.report import IssueCollector, ValidationReport
from sids_core.panel.tables import TableContent

if TYPE_CHECKING:
    import pandas as pd

REPAIRS = {
    **DATA_REPAIRS,
    "unknown_country": "row of no country left out",
    "guessed_country": "name of a country that ISO 3166-1 spells otherwise, read as",
    "aggregate": "row of an aggregate left out",
    "other_country": "row whose code and name are those of different countries left out",
    "other_period": "period that is not one calendar year left out",
    "bound": "a bound, not a value, taken as missing",
    "stand_in": "a number by which programs mark missing values, taken as missing",
    "marked_number": "mark after a number, not part of it",
    "mixed_percent": "some values of an indicator have a percent sign and others none; all are read as written",
    "deleted_row": "row that the file says to delete left out",
    "imputed_row": "row of an imputed value left out: it is no observation",
    "duplicate_row": "second row for a country, indicator and year merged; the two do not contradict each other",
    "no_values": "indicator without a value left out",
    "unread_sheet": "sheet left out",
    "unread_note": "note beside the table, not read",
}
NOT_UNDERSTOOD = (
    "malformed_code",
    "unknown_country",
    "other_country",
    "non_numeric_cell",
    "infinite_number",
    "bound",
    "other_period",
)
"""What is lost because it was not understood, or cannot be used."""
ERRORS = {"contradicting_rows": "two rows for a country, indicator and year have different values"}
NAMED = 1000
"""Places of one kind of issue that are named."""


@dataclass(frozen=True, eq=False)
class ForeignTables:
    """What was read.

    Attributes:
        content: the three tables; None if the report has errors.
        report: errors; and repairs, which are everything that was guessed, left out or not read.
        understood: lines that say what was understood.
        lost: whether something was left out because it was not understood.
    """

    content: TableContent | None
    report: ValidationReport
    understood: tuple[str, ...]
    lost: bool


def read(
    sources: "Sequence[Path | pd.DataFrame]", options: TableOptions | None = None, *, keep_unknown: bool = False
) -> ForeignTables:
    """Read files or frames, each with one table or, in Excel files, several.

    Args:
        sources: files as .csv, .tsv, .txt (also with .gz), .xlsx or .parquet, or frames.
        options: what is not left to recognition.
        keep_unknown: keep rows of codes of three capital letters that are no country's.

    Returns:
        The tables of all together, with a report.

    Raises:
        DatasetError: a file is damaged or has no table; the message names file, row and column.
        DataUnavailableError: a file does not exist or cannot be read.
        UnknownValueError: an option names a sheet or column that does not exist.
    """
    options = options or TableOptions()
    parts = [part for source in sources for part in _parts(source, options, keep_unknown=keep_unknown)]
    combined = combine(parts)
    errors = tuple(issue for part in parts for issue in part.errors.issues())
    repairs = tuple(issue for part in parts for issue in part.repairs.issues())
    lines = (*(line for part in parts for line in understood(part)), *made_codes(combined))
    lost = any(part.repairs.counted(*NOT_UNDERSTOOD) for part in parts)
    content = None if errors else _content(combined, parts)
    return ForeignTables(content, ValidationReport(errors, repairs), lines, lost)


def _content(combined: Combined, parts: Sequence[Part]) -> TableContent:
    names = {part.dataset: part.found.table.name.partition(", sheet ")[0] for part in reversed(parts)}
    used = sorted({dataset for _, dataset in combined.indicators.values()} - {UNKNOWN_DATASET})
    return TableContent(
        tuple(meta_row(indicator, dataset) for indicator, dataset in combined.indicators.values()),
        tuple({"Dataset Code": code, "Dataset Name": stem(names[code])} for code in used),
        combined.series,
    )


def _parts(source: "Path | pd.DataFrame", options: TableOptions, *, keep_unknown: bool) -> Iterator[Part]:
    if not isinstance(source, Path):
        table = frame_table(source, "DataFrame", "", "a frame")
        yield _part(FoundTable(table, recognise(table, options), ()), UNKNOWN_DATASET, options, keep_unknown)
        return
    check_file(source)
    dataset = code_of(stem(source.name)).replace("-", "_")
    if source.name.lower().endswith(".parquet"):
        table = read_parquet(source)
        yield _part(FoundTable(table, recognise(table, options), ()), dataset, options, keep_unknown)
        return
    found, faults = _tables(source, options)
    for number, table_found in enumerate(found):
        part = _part(table_found, dataset, options, keep_unknown)
        for fault in faults if not number else ():
            part.repairs.add("unread_sheet", "", "", str(fault))
        yield part


def _tables(source: Path, options: TableOptions) -> tuple[list[FoundTable], list[DatasetError]]:
    """The tables of the first reading of a file that has one, and why its other sheets have none."""
    first: list[DatasetError] = []
    for grids in read_grids(source, options):
        found, faults = _found(grids, options)
        if found:
            return found, faults
        first = first or faults
    if first:
        raise first[0]
    fault = "not a table: no comma, semicolon, tab or bar separates cells"
    raise TableError("missing_column", source.name, fault)


def _found(grids: Sequence[Grid], options: TableOptions) -> tuple[list[FoundTable], list[DatasetError]]:
    found, faults = [], list[DatasetError]()
    for grid in grids:
        try:
            found.append(find_table(grid, options))
        except TableError as fault:
            faults.append(fault)
    return found, faults


def _part(found: FoundTable, dataset: str, options: TableOptions, keep_unknown: bool) -> Part:
    name = found.table.name
    repairs = IssueCollector(name, REPAIRS, NAMED)
    for at in found.layout.unread:
        column = found.table.columns[at]
        if is_other_period(column):
            repairs.add("other_period", "", "", quoted(column))
        elif not (found.layout.source and key(column) in ATTRIBUTES):
            repairs.add("column_not_read", "", "", quoted(column))
    _report_unnamed(found, repairs)
    for note in found.notes:
        repairs.add("unread_note", "", "", note)
    observations = observe(found, options, repairs, keep_unknown=keep_unknown)
    return Part(found, observations, repairs, IssueCollector(name, ERRORS, NAMED), dataset)


def _report_unnamed(found: FoundTable, repairs: IssueCollector) -> None:
    """Report what is written in columns without a name, except a first one that is used or counts the rows."""
    table, used = found.table, (*found.layout.country, found.layout.year)
    for at, name in enumerate(table.columns):
        if name or at in used:
            continue
        texts = [cell_text(cell) for cell in table.cells[at]]
        written = [row for row, text in enumerate(texts) if text]
        if at or [texts[row] for row in written] != [str(row) for row in range(1, len(written) + 1)]:
            for row in written:
                repairs.add("unnamed_column", table.place(row), "", quoted(texts[row]))
