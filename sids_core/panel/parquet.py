"""Reads Parquet files, as pandas, Arrow, polars and DuckDB write them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from errno import EINVAL
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import DatasetError, DataUnavailableError, TableError

DIGITS = 15
"""Decimal digits that every float holds."""

EXACT = 2.0**50
"""Numbers that rounding errors of a few units in the last place leave nearest to the same integer."""

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def open_parquet(path: Path) -> Iterator[Any]:
    """The file as a `fastparquet.ParquetFile`.

    Raises:
        TableError: the file is damaged, or uses an encoding that the reader does not know; the reader raises struct,
            index, key, type, value and its own errors, depending on the damaged byte.
        DatasetError: fastparquet is not installed.
        DataUnavailableError: the disk or share fails.
    """
    try:
        import fastparquet
    except ImportError as error:
        raise missing_extra(path.name, "Parquet") from error

    try:
        # Opened here, since fastparquet does not close files that it opens.
        with path.open("rb") as file:
            yield fastparquet.ParquetFile(file)
    except DatasetError:
        raise
    except OSError as error:
        if error.errno in {None, EINVAL}:  # a damaged file makes its reader seek to places that do not exist
            raise _damaged(path, error) from error
        raise DataUnavailableError(f"{path.name} cannot be read: {error.strerror}") from error
    except NotImplementedError as error:
        fault = (
            f"this Parquet encoding is not supported ({error}); write it with plain or dictionary encoding, "
            "as pandas, polars and DuckDB do by default, or as CSV"
        )
        raise TableError("unsupported_encoding", path.name, fault) from error
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> TableError:
    fault = f"not a parquet file, or a damaged one ({type(error).__name__}: {error})"
    return TableError("corrupt_file", path.name, " ".join(fault.split()))


def frames(file: Any, columns: Sequence[str]) -> Iterator["pd.DataFrame"]:
    """Some columns, index columns included, in blocks of rows; decimals are the nearest float to what is written."""
    decimals = {column: scale for column in columns if (scale := _decimal_places(file, column)) is not None}
    for frame in file.iter_row_groups(columns=list(columns), index=False):
        for column, scale in decimals.items():
            frame[column] = _nearest(frame[column].to_numpy(dtype=np.float64, na_value=np.nan), scale)
        yield frame[list(columns)]


def _nearest(values: NDArray[np.float64], scale: int) -> NDArray[np.float64]:
    """The decimal numbers with at most `scale` places that the values are, but for rounding errors."""
    nearest = np.round(values, scale)
    for row in np.flatnonzero(np.abs(values) * 10.0**scale > EXACT):
        nearest[row] = float(f"{values[row]:.{DIGITS}g}")
    return nearest


def _decimal_places(file: Any, column: str) -> int | None:
    """Decimals of a column of decimal numbers, which the reader multiplies out inexactly; None for other types."""
    from fastparquet.parquet_thrift import ConvertedType

    element = file.schema.schema_element(column)
    return (element.scale or 0) if element.converted_type == ConvertedType.DECIMAL else None


def missing_extra(file: str, kind: str) -> DatasetError:
    """The error for a file whose reader is not installed."""
    return DatasetError(f'{file}: reading {kind} files needs an extra: pip install "sids-ml-backend[files]"')
