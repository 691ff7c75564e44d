"""Tables as Parquet files, in the form that pandas, Arrow, polars, DuckDB and R read: plain columns, ZSTD, no index."""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sids_core.errors import MissingExtraError
from sids_core.files import new_file

if TYPE_CHECKING:
    from pandas import DataFrame


def write_parquet(frame: "DataFrame", path: Path) -> None:
    """Write the table without its index, atomically replacing an existing file.

    A missing number is a null, which is missing everywhere; NaN is a number to polars and DuckDB.

    Args:
        frame: columns of texts, booleans, integers and float64.
        path: the file.

    Raises:
        MissingExtraError: fastparquet is not installed.
        OSError: the file cannot be written.
    """
    check_writer()
    import fastparquet

    numbers = list(frame.columns[frame.dtypes == np.float64])
    with new_file(path) as unfinished:
        fastparquet.write(
            str(unfinished), frame, compression="ZSTD", write_index=False, object_encoding="utf8", has_nulls=numbers
        )


def check_writer() -> None:
    """Raise MissingExtraError if fastparquet is not installed."""
    if importlib.util.find_spec("fastparquet") is None:
        raise MissingExtraError("writing Parquet files", "fastparquet", "files")
