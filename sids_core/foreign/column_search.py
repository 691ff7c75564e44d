"""Finds the columns of a table by their names and by what is in them."""

from collections.abc import Callable, Sequence

from sids_core.foreign.cells import Table, cell_text
from sids_core.foreign.marks import key
from sids_core.foreign.numbers import MISSING, Kind, read_number
from sids_core.foreign.options import TableOptions
from sids_core.foreign.periods import is_other_period, year_in
from sids_core.foreign.places import How, find_place

SAMPLE = 200
"""Different texts of a column that are looked at."""
MOST = 0.6
"""Share of a column's texts that must be countries or years for a column whose name says nothing."""
Fits = Callable[[str], bool]


class Columns:
    """Finds columns by role; a column has one role."""

    def __init__(self, table: Table, options: TableOptions) -> None:
        self.table = table
        self.keys = [key(name.partition(":")[0]) if ": " in name else key(name) for name in table.columns]
        self.options = options
        self.years = {at: year for at, name in enumerate(table.columns) if (year := year_in(name)) is not None}
        self.used: set[int] = set()

    def first(self, names: Sequence[str]) -> int | None:
        """The free column whose name comes first in a list."""
        for name in names:
            for at, found in enumerate(self.keys):
                if found == name and at not in self.used:
                    self.used.add(at)
                    return at
        return None

    def named(self, name: str) -> int | None:
        """The column that an option names, in any case."""
        for compare in (str, str.casefold, key):
            for at, column in enumerate(self.table.columns):
                if name and compare(column) == compare(name):
                    self.used.add(at)
                    return at
        return None

    def by_content(self, fits: Fits, *, among: Sequence[int]) -> int | None:
        """The free column most of whose texts fit."""
        for at in among:
            if at not in self.used and self.share(at, fits) >= MOST:
                self.used.add(at)
                return at
        return None

    def share(self, at: int, fits: Fits) -> float:
        """The share of a column's texts that fit; 0 for an empty column."""
        texts = sample(self.table, at)
        return sum(map(fits, texts)) / len(texts) if texts else 0.0

    def free(self) -> list[int]:
        """The columns with a name and without a role."""
        return [at for at, name in enumerate(self.table.columns) if name and at not in self.used]

    def perhaps_of_rows(self) -> list[int]:
        """The same, after the first column if it has no name: it often says what the rows are."""
        return [*([0] if self.table.columns[:1] == ("",) and 0 not in self.used else []), *self.free()]


def sample(table: Table, at: int) -> list[str]:
    """Some different texts of a column, without missing ones."""
    found: dict[str, None] = {}
    for cell in table.cells[at]:
        text = cell_text(cell)
        if text.casefold() not in MISSING or (len(text) == 2 and text.isalpha()):
            found[text] = None
            if len(found) >= SAMPLE:
                break
    return list(found)


def is_country(text: str) -> bool:
    """Whether a text is a country or an aggregate."""
    return find_place(text).how in {How.EXACT, How.GUESS, How.AGGREGATE}


def is_named_country(text: str) -> bool:
    """The same, without M49: a column of small numbers holds codes only if its name says so."""
    return not text.isdecimal() and is_country(text)


def is_period(text: str) -> bool:
    """Whether a text is a year or another period."""
    return year_in(text) is not None or is_other_period(text)


def is_number(text: str) -> bool:
    """Whether a text is a number with either decimal sign, or a bound."""
    return any(read_number(text, sign).kind is not Kind.OTHER for sign in ".,")
