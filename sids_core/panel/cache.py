"""Packed datasets on local disk: one file per version, whose arrays are mapped into memory rather than read.

Layout, little-endian: a prefix (magic, format, length of the header, size of the file, digest of the header), a JSON
header (codes, metadata, what was repaired, where the arrays are), then the arrays, each aligned to a page. A file
appears complete or not at all, so that processes that start together may write it at the same time.
"""

import json
import os
import struct
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from sids_core.panel.panel import Indicator, Panel
from sids_core.panel.tables import Tables

MAGIC = b"SIDSPANL"
FORMAT = 1
PREFIX = struct.Struct("<8sIIQ16s")
PAGE = 4096
SUFFIX = ".panel"
# What a process that was killed while writing left behind; none writes for so long.
ABANDONED_SECONDS = 3600


class CacheFault(Exception):  # noqa: N818
    """The file is not a packed dataset of this format, or not the one looked for."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Which packed dataset is meant: where it came from, and in which version."""

    source: str
    tags: str

    def path(self, folder: Path) -> Path:
        """The file in the cache folder."""
        return folder / f"{_short(self.source)}-{_short(self.tags)}{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Packed:
    """A panel, and what was found when its tables were read.

    Attributes:
        panel: its arrays are read-only.
        rows: rows of figures.
        repairs: how many places were repaired, by kind.
    """

    panel: Panel
    rows: int
    repairs: Mapping[str, int]


def pack(tables: Tables, repairs: Mapping[str, int]) -> Packed:
    """The same as `write` and `read` give, held in memory."""
    values = np.stack(list(tables.slices()))
    observed = np.isfinite(values).sum(axis=1, dtype=np.int32)
    values.flags.writeable = observed.flags.writeable = False
    panel = Panel(
        version=tables.version(),
        countries=tables.countries,
        indicators=tables.indicators,
        datasets=tables.datasets,
        years=tables.years,
        values=values,
        observed=observed,
        files=tables.files,
    )
    return Packed(panel, len(tables.position), dict(repairs))


def write(folder: Path, key: CacheKey, tables: Tables, repairs: Mapping[str, int]) -> None:
    """Write the packed dataset and remove older versions of the same source.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path = key.path(folder)
    shape = (len(tables.years), len(tables.countries), len(tables.indicators))
    header = {
        "source": key.source,
        "tags": key.tags,
        "version": tables.version(),
        "countries": tables.countries,
        "indicators": [
            (known.code, known.name, known.dataset, known.category, known.dimension, known.units)
            for known in tables.indicators
        ],
        "datasets": tables.datasets,
        "years": tables.years,
        "files": tables.files,
        "rows": len(tables.position),
        "repairs": repairs,
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    layout = _Layout(len(text), shape)
    with _replacing(path) as file:
        file.seek(layout.values)
        observed = []
        for figures in tables.slices():
            file.write(figures.astype("<f8", copy=False).tobytes())
            observed.append(np.isfinite(figures).sum(axis=0, dtype="<i4"))
        file.seek(layout.observed)
        file.write(np.stack(observed).tobytes())
        file.truncate(layout.size)
        file.seek(0)
        file.write(PREFIX.pack(MAGIC, FORMAT, len(text), layout.size, _digest(text)))
        file.write(text)
    _remove_older(path)


def read(folder: Path, key: CacheKey) -> Packed:
    """Map the packed dataset into memory.

    Raises:
        FileNotFoundError: there is none.
        CacheFault: the file is truncated, foreign, of another format or of another dataset.
        OSError: the file cannot be read.
    """
    path = key.path(folder)
    with path.open("rb") as file:
        header, layout = _header(file, key)
    panel = Panel(
        version=header["version"],
        countries=tuple(header["countries"]),
        indicators=tuple(Indicator(*fields) for fields in header["indicators"]),
        datasets=header["datasets"],
        years=tuple(header["years"]),
        values=_mapped(path, layout.values, layout.shape, "<f8"),
        observed=_mapped(path, layout.observed, (layout.shape[0], layout.shape[2]), "<i4"),
        files=tuple(header["files"]),
    )
    return Packed(panel, header["rows"], header["repairs"])


class _Layout:
    """Where the arrays stand after a header of some length."""

    def __init__(self, header: int, shape: tuple[int, int, int]) -> None:
        years, countries, indicators = shape
        self.shape = shape
        self.values = _aligned(PREFIX.size + header)
        self.observed = _aligned(self.values + years * countries * indicators * 8)
        self.size = self.observed + years * indicators * 4


def _aligned(offset: int) -> int:
    return -(-offset // PAGE) * PAGE


def _header(file: BinaryIO, key: CacheKey) -> tuple[dict[str, Any], _Layout]:
    prefix = file.read(PREFIX.size)
    if len(prefix) < PREFIX.size or not prefix.startswith(MAGIC):
        raise CacheFault("not a packed dataset")
    _, version, length, size, digest = PREFIX.unpack(prefix)
    if version != FORMAT:
        raise CacheFault(f"format {version} instead of {FORMAT}")
    if os.fstat(file.fileno()).st_size != size:
        raise CacheFault("truncated")
    text = file.read(length)
    if _digest(text) != digest:
        raise CacheFault("damaged header")
    header = json.loads(text)
    if (header["source"], header["tags"]) != (key.source, key.tags):
        raise CacheFault(f"holds another dataset ({header['source']})")
    layout = _Layout(length, (len(header["years"]), len(header["countries"]), len(header["indicators"])))
    if layout.size != size:
        raise CacheFault("the arrays do not fit the header")
    return header, layout


def _mapped(path: Path, offset: int, shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    # A plain view: slices of np.memmap would carry its bookkeeping along.
    return np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape).view(np.ndarray)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A new file that takes the name when it is complete and on disk; nothing is left of a failure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{path.stem}-", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _remove_older(path: Path) -> None:
    """Other versions stay readable for processes that have them mapped; only their names go."""
    source = path.name.partition("-")[0]
    for other in path.parent.glob(f"{source}-*"):
        with suppress(OSError):
            abandoned = other.suffix == ".part" and time.time() - other.stat().st_mtime > ABANDONED_SECONDS
            if abandoned or (other.suffix == SUFFIX and other != path):
                other.unlink()


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()
