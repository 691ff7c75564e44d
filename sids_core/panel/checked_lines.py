"""A text table's bytes on their way to the parser, with every row's number of cells counted.

pandas fills up a row that is too short, so a single lost comma would move figures to other years without a word.
"""

import csv
import io
from typing import IO, Any

import numpy as np

from sids_core.panel.errors import TableError

NEWLINE, COMMA, QUOTE = b'\n,"'


class CheckedLines(io.RawIOBase):
    """Passes bytes on; raises TableError at the first line that has too few or too many cells.

    Commas are counted in whole blocks; only lines whose count differs, or which have quotes, are parsed.
    """

    def __init__(self, binary: IO[bytes], name: str, cells: int) -> None:
        self._binary: Any = binary
        self._name = name
        self._cells = cells
        self._lines = 0
        self._rest = b""

    def readable(self) -> bool:
        """It is read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; the number of bytes, 0 at the end."""
        count: int = self._binary.readinto(buffer)
        if count:
            self._check(self._rest + bytes(buffer[:count]))
        elif self._rest and not self._fits(self._rest):
            raise TableError("truncated_file", self._name, "the file ends in the middle of a row")
        return count

    def _check(self, text: bytes) -> None:
        letters = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero(letters == NEWLINE)
        commas, quotes = (np.diff(np.cumsum(letters == letter)[ends], prepend=0) for letter in (COMMA, QUOTE))
        starts = np.append(0, ends + 1)
        for line in np.flatnonzero((commas != self._cells - 1) | (quotes > 0)).tolist():
            row = text[starts[line] : ends[line]]
            if not self._fits(row):
                fault = f"{len(_cells(row))} cells instead of {self._cells}"
                raise TableError("ragged_row", self._name, fault, row=f"line {self._lines + line + 1}")
        self._lines += len(ends)
        self._rest = text[starts[-1] :]

    def _fits(self, row: bytes) -> bool:
        """Whether the row is blank or has as many cells as there are columns."""
        return len(_cells(row)) in {0, self._cells}


def _cells(row: bytes) -> list[str]:
    return next(csv.reader([row.decode("utf-8", errors="replace").strip("\r")]), [])
