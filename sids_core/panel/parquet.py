"""Reads Parquet files, as pandas, Arrow, polars and DuckDB write them, in a process of their own.

Damaged bytes can lead native code to end its process, to take all memory, or never to end. All that refuses the file.
"""

import importlib.util
import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from threading import Timer
from typing import IO, TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import DatasetError, DataUnavailableError, TableError
from sids_core.panel.parquet_reader import KINDS

if TYPE_CHECKING:
    import pandas as pd

MEMORY_BYTES = 4 << 30
"""Address space of the process; reading the real data takes a quarter of it."""

CPU_SECONDS = 60
"""Processor time of the process, of which the real data takes a second."""

WALL_SECONDS = 300.0
"""Seconds until a request is given up, as on a share that does not answer."""

END_SECONDS = 5.0
"""That a process takes to end after its last answer."""

MOST_BYTES = 1 << 30
"""Of one file, unpacked."""

START = """
import os, sys
sys.path[:] = {path!r}
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
from sids_core.panel import parquet_reader
parquet_reader.limit({memory}, {cpu})
parquet_reader.serve()
"""


class ParquetFile:
    """An opened file.

    Attributes:
        columns: names of the columns, index columns included.
    """

    def __init__(self, path: Path, process: "_Process") -> None:
        self._path = path
        self._process = process
        (answer,) = process.answers(path, None)
        self.columns = tuple(map(str, answer["columns"]))

    def frames(self, columns: Sequence[str]) -> Iterator["pd.DataFrame"]:
        """Some columns in blocks of rows; decimals are the nearest float to what is written.

        Raises:
            TableError: the file turns out to be damaged.
            DataUnavailableError: the disk or share fails.
        """
        import pandas as pd

        positions = [self.columns.index(column) for column in columns]
        for answer in self._process.answers(self._path, positions):
            frame = pd.concat(answer["cells"], axis="columns", ignore_index=True)
            yield frame.set_axis(list(columns), axis="columns")


@contextmanager
def open_parquet(path: Path) -> Iterator[ParquetFile]:
    """Open a file, which a process of its own reads: that of `one_process`, or a new one.

    Raises:
        TableError: the file is damaged, ends its reader, takes too much memory or time, or uses an encoding that the
            reader does not know.
        DatasetError: fastparquet is not installed.
        DataUnavailableError: the disk or share fails, or no process can be started.
    """
    if not _is_installed("fastparquet"):
        raise missing_extra(path.name, "Parquet")
    shared = _shared.get()
    process = shared or _Process()
    try:
        yield ParquetFile(path, process)
    finally:
        if shared is None:
            process.end()


@contextmanager
def one_process() -> Iterator[None]:
    """Files opened in the enclosed block share a process, which is started with the first."""
    process = _Process()
    token = _shared.set(process)
    try:
        yield
    finally:
        _shared.reset(token)
        process.end()


class _Process:
    """The reading process, started when it is needed."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None
        self._idle = False
        self._late = False

    def answers(self, path: Path, positions: Sequence[int] | None) -> Iterator[dict[str, Any]]:
        """The answer with the columns, or one for every block of rows; raises what `open_parquet` does."""
        running = self._start(path)
        timer = Timer(WALL_SECONDS, self._give_up)
        timer.daemon = True
        timer.start()
        try:
            yield from self._read(running, path, positions)
        except (BrokenPipeError, EOFError):
            self._ended(running, path)
        except (ValueError, KeyError, TypeError, AttributeError, MemoryError) as error:  # it wrote no answer
            raise damaged(path, f"{type(error).__name__}: {error}") from error
        finally:
            timer.cancel()
            if self._running is running and not self._idle:
                self.end()

    def end(self) -> None:
        """End the process, if it runs."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def _start(self, path: Path) -> "subprocess.Popen[bytes]":
        if not self._idle:  # its last answer was not read to the end
            self.end()
        if self._running is None:
            words = {
                "path": [place or str(Path.cwd()) for place in sys.path],
                "memory": MEMORY_BYTES,
                "cpu": CPU_SECONDS,
            }
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            try:
                self._running = subprocess.Popen(  # noqa: S603 - the command is ours
                    [sys.executable, "-I", "-c", START.format(**words)], **pipes
                )
            except OSError as error:
                raise DataUnavailableError(
                    f"{path.name} cannot be read: its reader cannot be started ({error.strerror})"
                ) from error
        return self._running

    def _read(
        self, running: "subprocess.Popen[bytes]", path: Path, positions: Sequence[int] | None
    ) -> Iterator[dict[str, Any]]:
        assert running.stdin is not None  # noqa: S101 - pipes
        assert running.stdout is not None  # noqa: S101
        request: dict[str, Any] = {"path": str(path.absolute())}
        if positions is not None:
            request["columns"] = positions
        self._idle = False
        running.stdin.write(json.dumps(request).encode() + b"\n")
        running.stdin.flush()
        left = MOST_BYTES
        while True:
            line = running.stdout.readline(MOST_BYTES)
            if len(line) == MOST_BYTES:
                raise _too_large(path)
            if not line.endswith(b"\n"):
                raise EOFError
            answer = json.loads(line)
            if "error" in answer:
                self._idle = True
                raise _error(path, answer["error"], answer["fault"])
            if "end" in answer:
                break
            if positions is not None:
                left -= len(line) + sum(_bytes(answer["rows"], column) for column in answer["columns"])
                if left < 0:
                    raise _too_large(path)
                answer["cells"] = [_cells(running.stdout, answer["rows"], each) for each in answer["columns"]]
            yield answer
            if positions is None:
                break
        self._idle = True

    def _give_up(self) -> None:
        self._late = True
        if self._running is not None:
            self._running.kill()

    def _ended(self, running: "subprocess.Popen[bytes]", path: Path) -> NoReturn:
        with suppress(subprocess.TimeoutExpired):
            running.wait(END_SECONDS)
        running.kill()
        code = running.wait()
        late, self._late = self._late, False
        if late:
            raise DataUnavailableError(f"{path.name} cannot be read: not within {WALL_SECONDS:g} s")
        if -code == signal.SIGKILL:
            raise DataUnavailableError(f"{path.name} cannot be read: its reader was killed, perhaps for lack of memory")
        if -code == getattr(signal, "SIGXCPU", None):
            raise damaged(path, f"its reader did not end within {CPU_SECONDS} s of processor time")
        name = str(code)
        with suppress(ValueError):
            name = signal.Signals(-code).name
        raise damaged(path, f"its reader was ended by {name}")


_shared: ContextVar[_Process | None] = ContextVar("_shared", default=None)


def _is_installed(module: str) -> bool:
    """Whether it could be imported, without importing it."""
    if module in sys.modules:
        return sys.modules[module] is not None
    return importlib.util.find_spec(module) is not None


def _bytes(rows: int, column: dict[str, Any]) -> int:
    """Bytes that follow the line which describes a column."""
    if column["kind"] == "cells":
        return 0
    mine: int = rows * np.dtype(column["dtype"]).itemsize
    if column["kind"] == "category":
        return mine + _bytes(column["count"], column["categories"])
    return mine + (rows if column["kind"] == "masked" else 0)


def _cells(pipe: IO[bytes], rows: int, column: dict[str, Any]) -> "pd.Series[Any]":
    import pandas as pd

    if column["kind"] == "cells":
        return pd.Series(column["cells"], dtype=object)
    values = _array(pipe, rows, column["dtype"])
    if column["kind"] == "category":
        categories = _cells(pipe, column["count"], column["categories"])
        return pd.Series(pd.Categorical.from_codes(values, pd.Index(categories)))
    if column["kind"] == "masked":
        missing = _array(pipe, rows, "|b1")
        return pd.Series(values).astype("object").where(~missing, None).convert_dtypes()
    return pd.Series(values)


def _array(pipe: IO[bytes], rows: int, dtype: str) -> NDArray[Any]:
    kind = np.dtype(dtype)
    if kind.kind not in KINDS:
        raise ValueError(f"an array of {dtype}")
    array = np.empty(rows, dtype=kind)
    if pipe.readinto(array.view(np.uint8).data) < array.nbytes:  # type: ignore[attr-defined]
        raise EOFError
    return array


def _error(path: Path, kind: str, fault: str) -> DatasetError | DataUnavailableError:
    if kind == "unavailable":
        return DataUnavailableError(f"{path.name} cannot be read: {fault}")
    if kind == "encoding":
        advice = (
            f"this Parquet encoding is not supported ({fault}); write it with plain or dictionary encoding, "
            "as pandas, polars and DuckDB do by default, or as CSV"
        )
        return TableError("unsupported_encoding", path.name, advice)
    return damaged(path, fault)


def damaged(path: Path, fault: str) -> TableError:
    """The error for a file that cannot be read as Parquet."""
    return TableError("corrupt_file", path.name, " ".join(f"not a parquet file, or a damaged one ({fault})".split()))


def _too_large(path: Path) -> TableError:
    return damaged(path, f"it unpacks to more than {MOST_BYTES >> 20} MB")


def missing_extra(file: str, kind: str) -> DatasetError:
    """The error for a file whose reader is not installed."""
    return DatasetError(f'{file}: reading {kind} files needs an extra: pip install "sids-ml-backend[files]"')
