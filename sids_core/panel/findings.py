"""What a look at the tables found: errors, which keep a dataset from being served, and repairs, which are counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# How many places of one kind of finding are named; the rest are counted.
NAMED_PLACES = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of fault in one file.

    Attributes:
        kind: a stable name in snake_case, for programs.
        message: what is wrong and, for a repair, what was done about it; names the first places.
        file: name of the file.
        row: the first place, as `line 5` of a text file or `row 4` of a parquet file; empty where it has none.
        column: the first place's column; empty where it has none.
        count: how many places have this fault.
    """

    kind: str
    message: str
    file: str
    row: str = ""
    column: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Everything found in one version of the tables, each kind of fault once per file, in the order it was met."""

    errors: tuple[Finding, ...] = ()
    repairs: tuple[Finding, ...] = ()

    @property
    def repaired(self) -> dict[str, int]:
        """How many places were repaired, by kind."""
        counts: dict[str, int] = {}
        for finding in self.repairs:
            counts[finding.kind] = counts.get(finding.kind, 0) + finding.count
        return counts


@dataclass(slots=True)
class _Places:
    meaning: str
    named: list[tuple[str, str, str]] = field(default_factory=list)
    count: int = 0


class Findings:
    """Collects places while one file is read; `finish` gives what is left to say of each kind.

    A kind's meaning says what the fault is and what becomes of it, in a few words.
    """

    def __init__(self, file: str, meanings: Mapping[str, str]) -> None:
        self._file = Path(file).name
        self._kinds = {kind: _Places(meaning) for kind, meaning in meanings.items()}

    def add(self, kind: str, row: str = "", column: str = "", value: str = "") -> None:
        """Count a fault at a place; `value` says what stood there."""
        places = self._kinds[kind]
        places.count += 1
        if len(places.named) < NAMED_PLACES:
            places.named.append((row, column, value))

    def count(self, kind: str, places: int) -> None:
        """Count further places of a fault that has been added before."""
        self._kinds[kind].count += places

    def finish(self) -> Iterator[Finding]:
        """Every kind that was met, with its count and the first places in words."""
        for kind, places in self._kinds.items():
            if not places.count:
                continue
            row, column, _ = places.named[0]
            where = "; ".join(_place(*place) for place in places.named)
            more = places.count - len(places.named)
            message = f"{self._file}: {places.meaning}: {where}" + (f"; and {more} more" if more else "")
            yield Finding(kind, message, self._file, row, column, places.count)


def _place(row: str, column: str, value: str) -> str:
    place = ", ".join(part for part in (row, f"column {column}" if column else "") if part)
    return f"{place}: {value}" if place and value else place or value
