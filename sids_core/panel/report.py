"""Issues found in the tables: errors, which make a dataset unusable, and repairs, which are counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sids_core.errors import DatasetError

NAMED_PLACES = 3
"""Number of places of one kind of issue that are named; the rest are only counted."""
NAMED_ERRORS = 3


@dataclass(frozen=True, slots=True)
class ValidationIssue:
    """One kind of issue in one file.

    Attributes:
        kind: stable name in snake_case, for programs.
        message: what is wrong and, for a repair, how it was repaired; names the first places.
        file: name of the file.
        row: the first place, as `line 5` of a text file or `row 4` of another one; empty if it has no row.
        column: the first place's column; empty if it has none.
        count: number of places.
    """

    kind: str
    message: str
    file: str
    row: str = ""
    column: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All issues of one version of the tables, one per kind and file, in order of appearance."""

    errors: tuple[ValidationIssue, ...] = ()
    repairs: tuple[ValidationIssue, ...] = ()

    @property
    def repaired(self) -> dict[str, int]:
        """Number of repaired places, by kind."""
        counts: dict[str, int] = {}
        for issue in self.repairs:
            counts[issue.kind] = counts.get(issue.kind, 0) + issue.count
        return counts

    def as_error(self, source: str = "") -> DatasetError:
        """One line that names the source and the first errors."""
        named = "; ".join(issue.message for issue in self.errors[:NAMED_ERRORS])
        more = len(self.errors) - NAMED_ERRORS
        message = named + (f"; and {more} more errors" if more > 0 else "")
        return DatasetError(f"{source}: {message}" if source else message)


@dataclass(slots=True)
class _Places:
    meaning: str
    named: list[tuple[str, str, str]] = field(default_factory=list)
    count: int = 0


class IssueCollector:
    """Collects places while one file is read; `issues` gives one summary for each kind.

    A kind's meaning describes the fault and its repair in a few words. Of each kind the first `named` places are named.
    """

    def __init__(self, file: str, meanings: Mapping[str, str], named: int = NAMED_PLACES) -> None:
        self._file = file
        self._named = named
        self._kinds = {kind: _Places(meaning) for kind, meaning in meanings.items()}

    def add(self, kind: str, row: str = "", column: str = "", value: str = "") -> None:
        """Count an issue at a place; `value` is the text found there."""
        places = self._kinds[kind]
        places.count += 1
        if len(places.named) < self._named:
            places.named.append((row, column, value))

    def count(self, kind: str, places: int) -> None:
        """Count further places of an issue added before."""
        self._kinds[kind].count += places

    def counted(self, *kinds: str) -> int:
        """Number of places of some kinds."""
        return sum(self._kinds[kind].count for kind in kinds)

    def example(self, *kinds: str) -> str:
        """The first recorded place among issues of some kinds; empty without one."""
        return next((_place(*self._kinds[kind].named[0]) for kind in kinds if self._kinds[kind].named), "")

    def issues(self) -> Iterator[ValidationIssue]:
        """One issue per kind, with its count and the first places."""
        for kind, places in self._kinds.items():
            if not places.count:
                continue
            row, column, _ = places.named[0]
            where = "; ".join(_place(*place) for place in places.named)
            more = places.count - len(places.named)
            message = f"{self._file}: {places.meaning}: {where}" + (f"; and {more} more" if more else "")
            yield ValidationIssue(kind, message, self._file, row, column, places.count)


def _place(row: str, column: str, value: str) -> str:
    place = ", ".join(part for part in (row, f"column {column}" if column else "") if part)
    return f"{place}: {value}" if place and value else place or value
