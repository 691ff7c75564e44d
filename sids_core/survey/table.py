"""The survey as a table: equally many answers to every question, in one order of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sids_core.errors import RequestError

Columns = Mapping[str, list[object] | dict[str, object]]


@dataclass(frozen=True, slots=True)
class Table:
    """Answers by question.

    Attributes:
        rows: names of the rows in the order of data; positions from 0 where data has lists.
    """

    rows: Sequence[str | int]
    _columns: Columns

    def answers(self, question: str) -> list[object]:
        """The answers to one question, one per row."""
        column = self._columns[question]
        if isinstance(column, list):
            return column
        return [column[str(row)] for row in self.rows]


def read_table(columns: Columns) -> Table:
    """Check that all questions have the same rows; the first question sets their order.

    Raises:
        RequestError: no question, no row, or questions whose rows differ.
    """
    if not columns:
        raise RequestError("data has no question", kind="no_data", parameter="data")
    first_name, first = next(iter(columns.items()))
    if not first:
        raise RequestError(f"data has no row: question {first_name!r} is empty", kind="no_data", parameter="data")
    for name, column in columns.items():
        difference = _difference(first_name, first, name, column)
        if difference:
            raise RequestError(
                f"{difference}; every question needs one answer per row", kind="ragged_data", parameter="data"
            )
    return Table(range(len(first)) if isinstance(first, list) else tuple(first), columns)


def _difference(
    first_name: str, first: list[object] | dict[str, object], name: str, column: list[object] | dict[str, object]
) -> str:
    if isinstance(first, list) != isinstance(column, list):
        return f"question {first_name!r} and question {name!r}: one is a list, the other an object"
    if isinstance(first, dict) and isinstance(column, dict):
        if first.keys() == column.keys():
            return ""
        lacking = ", ".join(repr(row) for row in islice((row for row in first if row not in column), 3))
        extra = ", ".join(repr(row) for row in islice((row for row in column if row not in first), 3))
        return (
            f"question {name!r} lacks rows of question {first_name!r}: {lacking}"
            if lacking
            else f"question {name!r} has rows that question {first_name!r} lacks: {extra}"
        )
    if len(first) != len(column):
        return f"question {name!r} has {len(column)} answers, question {first_name!r} has {len(first)}"
    return ""
