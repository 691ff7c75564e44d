"""Refuses a table of which nothing, or a considerable share cannot be read: it must not replace a good version."""

import re

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import TableError
from sids_core.panel.report import IssueCollector

CONSIDERABLE_SHARE = 0.1
"""Share of unreadable cells or rows from which a table is refused, if there are several."""

SEVERAL = 10
"""Unreadable cells or rows, with fewer of which a table is refused only if they are the larger part."""

LARGER_PART = 0.5

UNREADABLE_CELLS = ("non_numeric_cell", "infinite_number")
UNREADABLE_ROWS = ("malformed_code",)
COMMA = re.compile(r"'[-+]?[0-9][0-9., ]*,[0-9., ]*[0-9]'")


def check_readable(file: str, values: NDArray[np.float64], rows: int, repairs: IssueCollector) -> None:
    """Raise TableError if too little of a table was read.

    Args:
        file: the file's name.
        values: the values read, NaN where missing.
        rows: number of rows read.
        repairs: what could not be read.
    """
    read = int(np.isfinite(values).sum())
    for what, kinds, number in (("values", UNREADABLE_CELLS, read), ("rows", UNREADABLE_ROWS, rows)):
        unread = repairs.counted(*kinds)
        share = unread / (unread + number) if unread else 0.0
        if share > LARGER_PART or (share >= CONSIDERABLE_SHARE and unread >= SEVERAL):
            example = repairs.example(*kinds)
            fault = f"{unread:,} of {unread + number:,} {what} cannot be read, as in {example}"
            if COMMA.search(example):
                fault += "; numbers are written with a decimal point and without other separators, as 1234.5"
            raise TableError("mostly_unreadable", file, fault)
    if not read:
        raise TableError("no_values", file, "no row has a value")
