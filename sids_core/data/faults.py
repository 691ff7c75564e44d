"""The many ways in which libraries say that a file is broken, in one."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sids_core.data.errors import DatasetError, TableError
from sids_core.errors import DataUnavailableError


@contextmanager
def text_faults(file: str) -> Iterator[None]:
    """Turn what reading a text table raises into TableError, or DataUnavailableError where the disk fails."""
    try:
        yield
    except EOFError:
        raise TableError("truncated_file", file, "the compressed file is cut off") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise TableError("corrupt_file", file, f"not a gzip file, or a damaged one ({error})") from None
    except UnicodeDecodeError as error:
        raise TableError("not_text", file, f"not UTF-8 text (byte {error.start} of a block: {error.reason})") from None
    except csv.Error as error:
        raise TableError("not_a_table", file, f"not a CSV table ({error})") from None
    except OSError as error:
        raise DataUnavailableError(f"{file} cannot be read: {error.strerror or error}") from error


@contextmanager
def parquet_faults(file: str) -> Iterator[None]:
    """Turn whatever fastparquet raises on a damaged file into TableError.

    Its readers fail with struct, index, key, type, value and their own errors, depending on the damaged byte.
    """
    try:
        yield
    except DatasetError:
        raise
    except Exception as error:
        fault = f"not a parquet file, or a damaged one ({type(error).__name__}: {error})"
        raise TableError("corrupt_file", file, " ".join(fault.split())) from error
