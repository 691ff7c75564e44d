"""Text files: their encoding and delimiter, recognised from the content."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sids_core.errors import TableError
from sids_core.foreign.options import DELIMITERS
from sids_core.panel.read_text import open_text, text_errors

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?")
"""The first line by which Excel is told the delimiter."""
SAMPLE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is written."""

    encoding: str
    delimiter: str

    def __str__(self) -> str:
        return f"{self.encoding}, delimiter {DELIMITERS[self.delimiter]}"


def read_text(path: Path, encoding: str) -> tuple[str, str]:
    """The text of a file, and its encoding: the one given, or the one of its byte order mark, or UTF-8, or cp1252.

    Raises:
        TableError: the file is in another encoding, is empty, or is a damaged .gz.
        DataUnavailableError: the disk or share fails.
    """
    with text_errors(path.name), open_text(path) as binary:
        content = binary.read()
    for candidate in (encoding,) if encoding else _encodings(content):
        try:
            text = content.decode(candidate)
        except UnicodeError as error:
            fault = error
            continue
        if "\0" in text:
            break
        if not text.strip():
            raise TableError("missing_column", path.name, "the file is empty")
        return text.removeprefix("\ufeff"), candidate
    else:
        line = content.count(b"\n", 0, getattr(fault, "start", 0)) + 1
        raise TableError(
            "not_text", path.name, f"not {candidate} text ({fault}); give its encoding", row=f"line {line}"
        ) from None
    raise TableError("not_text", path.name, "not a text file: it contains zero bytes")


def _encodings(content: bytes) -> Sequence[str]:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return (encoding,)
    even, odd = content[0:2000:2].count(0), content[1:2000:2].count(0)
    if max(even, odd) > len(content[:2000]) / 5:
        return ("utf-16-le" if odd > even else "utf-16-be",)
    return ("utf-8", "cp1252")


def delimiters(text: str, name: str) -> list[str]:
    """The delimiters that the text may have, the most probable first."""
    if match := SEPARATOR_LINE.match(text):
        return [match[1]] if match[1] in DELIMITERS else []
    scores = {}
    for delimiter in DELIMITERS:
        if delimiter not in text:
            continue
        counts: Counter[int] = Counter()
        try:
            for row, _ in zip(rows_of(text, delimiter, name), range(SAMPLE_ROWS), strict=False):
                counts[len(row[1])] += any(row[1])
        except TableError:
            counts[1] += 1
        cells, rows = max(counts.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        if cells > 1:
            scores[delimiter] = (rows / counts.total(), cells)
    return sorted(scores, key=lambda delimiter: scores[delimiter], reverse=True)


def rows_of(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Every row: the number of its line and its cells.

    Raises:
        TableError: a quote is never closed, or a cell is longer than any text of a table.
    """
    start = SEPARATOR_LINE.match(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if start:
        next(reader)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = f"not a table with {DELIMITERS[delimiter]}s ({error}); a quote may be opened and never closed"
            raise TableError("not_a_table", name, fault, row=f"line {line}") from None
        yield line, row
