"""The bytes of a text table, its line ends made equal, and the number of cells in every row checked."""

import csv
import io
from typing import IO, Any

import numpy as np

from sids_core.errors import TableError

NEWLINE, QUOTE, DELIMITER = b'\n",'
LONGEST_ROW = 1 << 22
"""Bytes of a row, above which its rows are checked one by one."""


def with_newlines(text: bytes) -> bytes:
    r"""The text with `\n` at the end of every line, instead of the line ends of Windows or of old Macs."""
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def decoded(text: bytes, file: str, first_line: int = 1) -> str:
    """The text of some whole lines; TableError names the line that is not UTF-8."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = first_line + text.count(b"\n", 0, error.start)
        fault = f"not UTF-8 text (byte 0x{text[error.start]:02x}); save the file as UTF-8"
        raise TableError("not_text", file, fault, row=f"line {line}") from None


class CheckedLines(io.RawIOBase):
    r"""A text table's bytes for the parser, with `\n` at the end of every line.

    pandas pads short rows, so that a lost comma would move values to other years. Delimiters are counted in whole
    blocks; only rows with a different count or with quotes are parsed here. `readinto` raises TableError at the first
    row with too few or too many cells, or that is not UTF-8.

    Args:
        binary: the file.
        name: its name in messages.
        cells: number of cells of every row.
        breaks: gets, for every line break inside a cell, the number of its row; the header is row -1.
    """

    def __init__(self, binary: IO[bytes], name: str, cells: int, breaks: list[int]) -> None:
        self._binary = binary
        self._name = name
        self._cells = cells
        self._lines = 0
        self._rows = -1
        self._rest = b""
        self._breaks = breaks

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; returns the number of bytes, 0 at the end."""
        read = self._binary.read(len(buffer) - 1)
        if read.endswith(b"\r"):
            read += self._binary.read(1)
        text = with_newlines(read)
        if text:
            self._check(self._rest + text)
        elif self._rest:
            self._check_end()
        buffer[: len(text)] = text
        return len(text)

    def _check(self, text: bytes) -> None:
        letters = np.frombuffer(text, dtype=np.uint8)
        quotes_before = np.cumsum(letters == QUOTE)
        newline = letters == NEWLINE
        ends = np.flatnonzero(newline & (quotes_before % 2 == 0))
        starts = np.append(0, ends + 1)
        if len(text) - starts[-1] > LONGEST_ROW and newline[starts[-1] :].any():
            # An odd quote that is part of a cell, such as an inch mark, or one that is never closed.
            ends = np.append(ends, len(text) - 1 - int(np.argmax(newline[::-1])))
            starts = np.append(0, ends + 1)
        self._rest = text[starts[-1] :]
        decoded(text[: starts[-1]], self._name, self._lines + 1)
        delimiters = np.diff(np.cumsum(letters == DELIMITER)[ends], prepend=0)
        quotes = np.diff(quotes_before[ends], prepend=0)
        lines = np.diff(np.cumsum(newline)[ends], prepend=0)
        first_line = self._lines + np.append(0, np.cumsum(lines)) + 1
        more_rows = 0
        for at in np.flatnonzero((delimiters != self._cells - 1) | (quotes > 0)).tolist():
            row = text[starts[at] : ends[at]]
            more_rows += self._parse(row, int(first_line[at]), self._rows + at + more_rows) - 1
        self._lines += int(lines.sum())
        self._rows += len(ends) + more_rows

    def _parse(self, text: bytes, line: int, row: int) -> int:
        """Check some rows that begin in a line; returns their number, one without a stray quote."""
        reader = csv.reader(io.StringIO(text.decode("utf-8"), newline=""))
        before, number = 0, -1
        for number, cells in enumerate(reader):
            if len(cells) not in {0, self._cells}:
                fault = f"{len(cells)} cells instead of {self._cells}"
                if text.count(b'"') % 2:
                    fault += "; a quote may be opened and never closed"
                raise TableError("ragged_row", self._name, fault, row=f"line {line + before}")
            self._breaks.extend([row + number] * (reader.line_num - before - 1))
            before = reader.line_num
        return max(number + 1, 1)

    def _check_end(self) -> None:
        """The last row, without a line end, or the last rows, with a quote too many."""
        text = decoded(self._rest, self._name, self._lines + 1)
        if "\n" in text:
            self._parse(self._rest, self._lines + 1, self._rows)
        elif len(next(csv.reader([text]), [])) not in {0, self._cells}:
            raise TableError("truncated_file", self._name, "the file ends in the middle of a row")
        self._rest = b""
