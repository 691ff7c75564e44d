"""Tables as CSV (RFC 4180, lines end in LF)."""

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from sids_core.files import new_file

if TYPE_CHECKING:
    from pandas import DataFrame


def number_text(number: object) -> str:
    """The shortest text that reads back as the same float64; whole numbers without `.0`, as most tables write them.

    >>> number_text(0.1 + 0.2), number_text(57.0), number_text(1e-300)
    ('0.30000000000000004', '57', '1e-300')
    """
    return repr(float(cast("float", number))).removesuffix(".0")


def csv_text(frame: "DataFrame") -> str:
    """The table as text, without its index.

    Booleans are TRUE and FALSE, which Excel, R and pandas all read as such.

    >>> import pandas as pd
    >>> print(csv_text(pd.DataFrame({"country": ["FJI", "TON"], "value": [0.1, 2.0], "observed": [True, False]})))
    country,value,observed
    FJI,0.1,TRUE
    TON,2,FALSE
    <BLANKLINE>
    """
    written = frame.copy(deep=False)
    for column in written.columns[written.dtypes == np.bool_]:
        written[column] = written[column].map({True: "TRUE", False: "FALSE"})
    return written.to_csv(index=False, float_format=number_text, lineterminator="\n")


def write_csv(frame: "DataFrame", path: Path) -> None:
    """Write the table, atomically replacing an existing file; compressed if the name ends in `.gz`.

    Raises:
        OSError: the file cannot be written.
    """
    content = csv_text(frame).encode()
    if path.suffix.lower() == ".gz":
        content = gzip.compress(content, mtime=0)
    with new_file(path) as unfinished:
        unfinished.write_bytes(content)
