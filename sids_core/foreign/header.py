"""Finds the header among the rows of a grid, and tells notes above and below the table from its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from sids_core.errors import TableError
from sids_core.foreign.cells import Grid, Table, cell_text, table_below
from sids_core.foreign.column_search import is_country, is_named_country, is_number
from sids_core.foreign.layout import Form, Layout, recognise
from sids_core.foreign.marks import key, quoted
from sids_core.foreign.options import TableOptions
from sids_core.foreign.periods import year_in
from sids_core.foreign.places import How, find_place
from sids_core.foreign.roles import COUNTRY_CODES, COUNTRY_NAMES

SEARCHED = 40
"""Rows among which the header is."""
WIDTH = 0.6
"""Share of the cells of the fullest row that a header has at least."""
COUNTRY_WORDS = frozenset((*COUNTRY_CODES, *COUNTRY_NAMES))


@dataclass(frozen=True, eq=False)
class FoundTable:
    """A table, what its columns are, and the notes below it, by their rows."""

    table: Table
    layout: Layout
    notes: tuple[str, ...]


def find_table(grid: Grid, options: TableOptions) -> FoundTable:
    """The table in a grid.

    The header is the first row that is nearly as full as the fullest one and names what a table needs.

    Raises:
        TableError: there is none (the message is of the row that looks most like one), or a second one below it.
        UnknownValueError: an option names a column that does not exist.
    """
    # Below the rows that may be a header it matters only whether one or more cells are filled.
    filled = [list(islice(_texts(row), None if at < SEARCHED else 2)) for at, row in enumerate(grid.rows)]
    faults: list[TableError] = []
    for header in _candidates(grid, filled, options.header):
        rows, notes = _body(header, filled)
        try:
            table = table_below(grid, header, rows)
            layout = recognise(table, options)
        except TableError as fault:
            faults.append(fault)
            continue
        _check_one_table(table, layout, [grid.numbers[at] for at in notes])
        texts = tuple(f"{grid.word} {grid.numbers[at]}: {quoted(filled[at][0])}" for at in notes)
        return FoundTable(table, layout, texts)
    if not faults:
        missing = "no table: fewer than two columns or rows"
        if options.header:
            missing = f"no {grid.word} {options.header}"
        elif any(map(_is_data, filled[:SEARCHED])):
            missing = "no row with the names of the columns above the values"
        raise TableError("missing_column", grid.name, missing)
    raise faults[0]


def _texts(row: Sequence[object]) -> Iterator[str]:
    return (text for cell in row if cell != "" and (text := cell_text(cell)))


def _candidates(grid: Grid, filled: Sequence[Sequence[str]], given: int) -> list[int]:
    if given:
        return [at for at, number in enumerate(grid.numbers) if number == given]
    widest = max(map(len, filled[:SEARCHED]), default=0)
    fewest = max(2, WIDTH * widest)
    found = [at for at, texts in enumerate(filled[:SEARCHED]) if len(texts) >= fewest and not _is_data(texts)]
    if len(found) > 1 and found[1] == found[0] + 1 and _is_upper_half(grid, found[0], filled[found[1]]):
        return [found[1], *found]
    return found


def _is_upper_half(grid: Grid, at: int, below: Sequence[str]) -> bool:
    """Whether a row has labels over several columns each, whose names are in the row below."""
    row, names = grid.rows[at], grid.rows[at + 1]
    merged = [
        column
        for column in range(1, min(len(row), len(names)))
        if not cell_text(row[column]) and cell_text(names[column]) and any(cell_text(cell) for cell in row[1:column])
    ]
    return bool(merged) and not any(map(is_named_country, below))


def _is_data(texts: Sequence[str]) -> bool:
    """Whether a row is one of values: a country comes first, perhaps after a number of the row, and numbers follow."""
    return any(map(is_named_country, texts[:2])) and any(map(is_number, texts[1:]))


def _body(header: int, filled: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """The rows below the header that are of the table, and those that are notes."""
    rows, notes = [], []
    for at in range(header + 1, len(filled)):
        if len(filled[at]) > 1 or (filled[at] and is_number(filled[at][0])):
            rows.append(at)
        elif filled[at] and find_place(filled[at][0]).how not in {How.EXACT, How.GUESS}:
            notes.append(at)
    return rows, notes


def _check_one_table(table: Table, layout: Layout, notes: Sequence[int]) -> None:
    """Raise TableError if another table follows: its values would be read as of this one's years and indicators.

    A header that is only repeated, as on each page of a long table, is none, unless a text above it may say another
    indicator.
    """
    if not layout.country:
        return
    before = 0
    countries = zip(*(table.cells[at].tolist() for at in layout.country), strict=True)
    for row, (number, names) in enumerate(zip(table.numbers.tolist(), countries, strict=True)):
        if _may_be_header(names) and _is_header(names, [cell_text(table.cells[at][row]) for at in layout.values]):
            same = all(
                cell_text(cells[row]).casefold() == name.casefold()
                for cells, name in zip(table.cells, table.columns, strict=True)
            )
            titled = any(before < note < number for note in notes)
            if not same or (titled and layout.indicator is None and layout.form is not Form.INDICATORS):
                fault = "another table begins here; save each as a file or sheet of its own"
                raise TableError("second_table", table.name, fault, row=table.place(row))
        before = number


@lru_cache(maxsize=1 << 12)
def _may_be_header(countries: tuple[object, ...]) -> bool:
    """Whether a row names no country, but perhaps the columns of countries."""
    return not any(countries) or any(
        isinstance(text, str) and key(text) in COUNTRY_WORDS and not is_country(text) for text in countries
    )


def _is_header(countries: Sequence[object], values: Sequence[str]) -> bool:
    """Whether the values of such a row are names of columns."""
    written = [text for text in values if text]
    if any(countries):
        return all(year_in(text) is not None or not is_number(text) for text in written)
    years = [year_in(text) or 0 for text in written]
    steps = {abs(after - before) for before, after in pairwise(years)}
    return all(years) and steps in ({1}, {5}, {10})
