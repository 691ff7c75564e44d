"""Parquet files, by fastparquet."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sids_core.panel.errors import DatasetError, TableError


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """The file as a `fastparquet.ParquetFile`; TableError where it turns out to be damaged.

    The readers fail with struct, index, key, type, value and their own errors, depending on the damaged byte.
    """
    import fastparquet

    # Opened here, since fastparquet leaves files open that it opens itself.
    with path.open("rb") as file:
        try:
            yield fastparquet.ParquetFile(file)
        except DatasetError:
            raise
        except Exception as error:
            fault = f"not a parquet file, or a damaged one ({type(error).__name__}: {error})"
            raise TableError("corrupt_file", path.name, " ".join(fault.split())) from error
