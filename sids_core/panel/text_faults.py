"""The many ways in which libraries say that a text file is broken, in one."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sids_core.errors import DataUnavailableError
from sids_core.panel.errors import TableError


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
