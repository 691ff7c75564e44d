"""The codes of countries and indicators in a column, as numbers."""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import SHOWN_CHARACTERS
from sids_core.panel.countries import country_of
from sids_core.panel.metadata import fault_of_code
from sids_core.panel.read_data import Block, DataTable, report_rows
from sids_core.panel.report import NAMED_PLACES, IssueCollector

COUNTRY = re.compile(r"[A-Z]{3}")
NO_COUNTRY = "is not three capital letters"
LEFT_OUT = -1


class CodeColumn:
    """Numbers the codes of one column in order of appearance; rows with unusable codes get LEFT_OUT.

    Args:
        column: the column.
        fault: why a text is no code; empty if it is one.
        known: the code that another one is read as; None if its rows are left out.
        table: the table.
        repairs: gets what is read differently or left out.
    """

    def __init__(
        self,
        column: str,
        fault: Callable[[str], str],
        known: Callable[[str], str | None],
        table: DataTable,
        repairs: IssueCollector,
    ) -> None:
        self._column = column
        self._fault = fault
        self._known = known
        self._table = table
        self._repairs = repairs
        self._numbers: dict[str, int] = {}
        self._unknown: dict[str, int] = {}

    @classmethod
    def of_countries(
        cls, column: str, table: DataTable, repairs: IssueCollector, *, keep_unknown: bool
    ) -> "CodeColumn":
        """ISO 3166-1 alpha-3 codes; with `keep_unknown` any three capital letters."""
        known = (lambda code: country_of(code) or code) if keep_unknown else country_of
        return cls(column, lambda code: "" if COUNTRY.fullmatch(code) else NO_COUNTRY, known, table, repairs)

    @classmethod
    def of_indicators(cls, column: str, table: DataTable, repairs: IssueCollector) -> "CodeColumn":
        """Codes of indicators."""
        return cls(column, fault_of_code, lambda code: code, table, repairs)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes by their numbers."""
        return tuple(self._numbers)

    def read(self, block: Block, skipped: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Int32 (rows,): the number of each row's code; unusable codes in `skipped` rows are not reported."""
        written = block.frame[self._column].cat
        position = written.codes.to_numpy().astype(np.int64)
        numbers = np.full(len(written.categories) + 1, LEFT_OUT, dtype=np.int32)
        for index, text in enumerate(map(str, written.categories)):
            code = text.strip()
            if fault := self._fault(code):
                where = (position == index) & ~skipped
                self._report("malformed_code", where, f"{text[:SHOWN_CHARACTERS]!r} {fault}", block)
                continue
            if code != text:
                self._report("surrounding_blanks", position == index, repr(text), block)
            known = self._known(code)
            if known is None:
                self._unknown[code] = self._unknown.get(code, 0) + int((position == index).sum())
                continue
            if known != code:
                self._report("former_country", position == index, repr(f"{code}, read as {known}"), block)
            numbers[index] = self._numbers.setdefault(known, len(self._numbers))
        return numbers[position]

    def report_unknown(self) -> None:
        """Report the rows left out for their unknown codes, all of which are named."""
        rows = sum(self._unknown.values())
        if rows:
            self._repairs.add("unknown_country", "", self._column, ", ".join(sorted(self._unknown)))
            self._repairs.count("unknown_country", rows - 1)

    def _report(self, kind: str, where: NDArray[np.bool_], text: str, block: Block) -> None:
        rows = np.flatnonzero(where) + block.first
        report_rows(self._repairs, kind, self._table, rows, [text] * NAMED_PLACES, self._column)
