"""The countries of a table's rows, or of its columns."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sids_core.foreign.cells import Table
from sids_core.foreign.columns import numbered
from sids_core.foreign.layout import Layout
from sids_core.foreign.marks import quoted
from sids_core.foreign.places import How, Place, check_sure, find_place
from sids_core.panel.code_column import COUNTRY
from sids_core.panel.countries import FORMER
from sids_core.panel.report import IssueCollector

NO_COUNTRY = -1


@dataclass
class _Seen:
    """Rows with one text: the first, and how many."""

    first: str
    rows: int = 1


@dataclass
class _Texts:
    """Texts of one kind → where they were seen."""

    seen: dict[str, _Seen] = field(default_factory=dict)

    def add(self, text: str, place: str, rows: int = 1) -> None:
        if text in self.seen:
            self.seen[text].rows += rows
        else:
            self.seen[text] = _Seen(place, rows)


class RowPlaces:
    """Numbers the countries of a table in order of appearance, and reports every text that is not an exact one.

    Args:
        table: the table.
        layout: what its columns are.
        repairs: gets what is guessed or left out.
        keep_unknown: keep codes of three capital letters that are no country's, also those of aggregates.
    """

    def __init__(self, table: Table, layout: Layout, repairs: IssueCollector, *, keep_unknown: bool) -> None:
        self._table, self._layout, self._repairs = table, layout, repairs
        self._keep_unknown = keep_unknown
        self._numbers: dict[str, int] = {}
        self._texts = {kind: _Texts() for kind in ("guessed_country", "aggregate", "unknown_country", "other_country")}

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes by their numbers."""
        return tuple(self._numbers)

    def of_rows(self, with_values: NDArray[np.bool_], kept: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Int64 (rows,): the number of each row's country, NO_COUNTRY without a usable one.

        Rows that are not kept are not reported, nor are rows without values that name no country.
        """
        rows = len(self._table.numbers)
        if not self._layout.country:
            code = self._layout.one_country
            return np.full(rows, self._number(find_place(code).code) if code else 0)
        columns = [self._table.cells[at] for at in self._layout.country]
        numbers, combinations = numbered(columns, rows)
        of_combination = np.full(len(combinations), NO_COUNTRY)
        order = np.argsort(numbers[kept], kind="stable")
        position = np.flatnonzero(kept)[order]
        bounds = np.searchsorted(numbers[kept][order], np.arange(len(combinations) + 1))
        for index, texts in enumerate(combinations):
            here = position[bounds[index] : bounds[index + 1]]
            here = here[with_values[here]]
            if len(here):
                of_combination[index] = self._combination(texts, here)
        return of_combination[numbers]

    def of_column(self, text: str, column: str) -> int:
        """The number of the country that a column's name is."""
        found = find_place(text)
        return self._resolved(text, found, f"column {column}", 1)

    def report(self) -> None:
        """Report every text that is not an exact one."""
        column = " and ".join(self._table.columns[at] for at in self._layout.country)
        for kind, texts in self._texts.items():
            for text, seen in texts.seen.items():
                more = f" and in {seen.rows - 1} more rows" if seen.rows > 1 else ""
                self._repairs.add(kind, seen.first, column, text + more)

    def _combination(self, texts: tuple[str, ...], rows: NDArray[np.int64]) -> int:
        """The number of the country of rows with these texts in the columns of code and name."""
        codes = [text.partition(": ")[0] if self._layout.labelled else text for text in texts]
        places = [find_place(text) for text in codes]
        first = self._table.place(int(rows[0]))
        if not any(codes):
            for row in rows.tolist():
                self._repairs.add("malformed_code", self._table.place(row), self._column(), "'' is no country")
            return NO_COUNTRY
        exact = {place.code for place in places if place.how is How.EXACT}
        if len(exact) > 1:
            self._texts["other_country"].add(" and ".join(map(quoted, codes)), first, len(rows))
            return NO_COUNTRY
        best = min(places, key=lambda place: _RANK[place.how])
        text = next(code for code, place in zip(codes, places, strict=True) if place == best)
        if text in FORMER:
            self._repairs.add("former_country", first, self._column(), repr(f"{text}, read as {best.code}"))
            self._repairs.count("former_country", len(rows) - 1)
        return self._resolved(text or codes[0], best, first, len(rows))

    def _resolved(self, text: str, found: Place, first: str, rows: int) -> int:
        if self._keep_unknown and not found.code and COUNTRY.fullmatch(text):
            return self._number(text)
        check_sure(found)
        shown = quoted(text)
        if found.how is How.GUESS:
            self._texts["guessed_country"].add(f"{shown} as {found.code}", first, rows)
        elif found.how is How.AGGREGATE:
            self._texts["aggregate"].add(shown, first, rows)
        elif found.how is not How.EXACT:
            self._texts["unknown_country"].add(shown, first, rows)
        return self._number(found.code) if found.code else NO_COUNTRY

    def _number(self, code: str) -> int:
        return self._numbers.setdefault(code, len(self._numbers))

    def _column(self) -> str:
        return self._table.columns[self._layout.country[0]]


_RANK = {How.EXACT: 0, How.AGGREGATE: 1, How.GUESS: 2, How.UNSURE: 3, How.UNKNOWN: 4, How.EMPTY: 5}
