"""Packed panels on local disk: a file per version, read into memory and verified.

The first line says where the header is and what its SHA-256 is. The header, in JSON, holds the codes, the metadata, and
for every year the number of its values and the SHA-256 of its part of the file: the bits and values of `SparseValues`,
and the numbers of countries that have a value. So every byte is covered. The complete file is renamed into place, so
that several processes may write it at the same time. What is damaged raises PackError, and the caller packs the tables
again; whatever happens to the file later concerns no process that has read it.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from sids_core.files import UNFINISHED, is_abandoned
from sids_core.panel.panel import Indicator, Panel
from sids_core.panel.sparse import SparseValues, words_of
from sids_core.panel.tables import Tables

FORMAT = 5
SUFFIX = ".panel"
FIRST = f"sids-panel {FORMAT}, header at {{:16}} of {{:16}} bytes, sha256 {{}}\n"
FIRST_LINE = re.compile(rb"sids-panel %d, header at +([0-9]+) of +([0-9]+) bytes, sha256 ([0-9a-f]{64})\n" % FORMAT)
FIRST_BYTES = len(FIRST.format(0, 0, "0" * 64))


class PackError(Exception):
    """The file is not a packed panel of this format, is damaged, or holds another dataset."""


@dataclass(frozen=True, slots=True)
class PackKey:
    """Identifies a packed panel: the source of its tables, and their version there."""

    source: str
    tags: str

    def path(self, cache_folder: Path) -> Path:
        """The packed panel's file."""
        return cache_folder / f"{_short(self.source)}-{_short(self.tags)}{SUFFIX}"


@dataclass(frozen=True, slots=True)
class PackedPanel:
    """A panel, and statistics of reading its tables.

    Attributes:
        panel: the panel; its arrays are read-only.
        rows: rows of values in the tables.
        repairs: number of repaired places, by kind.
    """

    panel: Panel
    rows: int
    repairs: Mapping[str, int]


def pack(tables: Tables, repairs: Mapping[str, int]) -> PackedPanel:
    """A panel held in memory as one array."""
    values = np.stack(list(tables.slices()))
    observed = np.isfinite(values).sum(axis=1, dtype=np.int32)
    values.flags.writeable = observed.flags.writeable = False
    return PackedPanel(_panel(tables, values, observed), len(tables.position), dict(repairs))


def compact(tables: Tables, repairs: Mapping[str, int]) -> PackedPanel:
    """The same as `pack`, without memory for missing cells: the form that is written and read."""
    shape = (len(tables.years), len(tables.countries), len(tables.indicators))
    values = SparseValues.of(shape, tables.slices())
    observed = np.stack([np.isfinite(slice_).sum(axis=0, dtype=np.int32) for slice_ in values])
    observed.flags.writeable = False
    return PackedPanel(_panel(tables, values.as_array(), observed), len(tables.position), dict(repairs))


def write(cache_folder: Path, key: PackKey, packed: PackedPanel) -> None:
    """Write a panel of `compact`, and remove older versions of the same source.

    Nothing is flushed to disk: damage by a power failure fails verification, and the tables are packed again.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path = key.path(cache_folder)
    cache_folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}-{uuid4().hex}{UNFINISHED}")
    try:
        with unfinished.open("xb") as file:
            _write(file, key, packed)
        if path.is_dir():
            shutil.rmtree(path)  # of an earlier release
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _remove_older(path)


def _write(file: BinaryIO, key: PackKey, packed: PackedPanel) -> None:
    panel, values = packed.panel, cast("SparseValues", packed.panel.values)
    file.write(b" " * FIRST_BYTES)
    years = []
    for number in range(len(panel.years)):
        parts = _year_parts(values.words[number], values.year_values(number), panel.observed[number])
        digest = sha256()
        for part in parts:
            digest.update(part.data)
            file.write(part.data)
        years.append((len(parts[1]), digest.hexdigest()))
    header = {
        "source": key.source,
        "tags": key.tags,
        "version": panel.version,
        "countries": panel.countries,
        "indicators": [
            (known.code, known.name, known.dataset, known.category, known.dimension, known.units, known.source)
            for known in panel.indicators
        ],
        "datasets": dict(panel.datasets),
        "years": panel.years,
        "files": panel.files,
        "rows": packed.rows,
        "repairs": dict(packed.repairs),
        "content": years,
    }
    text = json.dumps(header, ensure_ascii=False).encode()
    place = file.tell()
    file.write(text)
    file.seek(0)
    file.write(FIRST.format(place, len(text), sha256(text).hexdigest()).encode())


def _year_parts(
    words: NDArray[np.uint64], values: NDArray[np.float64], observed: NDArray[np.int32]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    return words.astype("<u8", copy=False), values.astype("<f8", copy=False), observed.astype("<i4", copy=False)


def read(cache_folder: Path, key: PackKey) -> PackedPanel:
    """Read and verify the packed panel.

    Raises:
        FileNotFoundError: it does not exist.
        PackError: it is damaged, foreign, of another format or of another dataset.
        OSError: a file cannot be read.
    """
    with _opened(key.path(cache_folder)) as (file, header):
        if (header["source"], header["tags"]) != (key.source, key.tags):
            raise PackError(f"holds another dataset ({header['source']})")
        return _read(file, header)


def read_last(cache_folder: Path, source: str) -> PackedPanel | None:
    """The version of the source that was packed last, whatever its tags; None if there is none that is undamaged."""
    found = []
    for path in cache_folder.glob(f"{_short(source)}-*{SUFFIX}"):
        with suppress(OSError):  # another process has just removed it
            found.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(found, reverse=True):
        with suppress(PackError, OSError, MemoryError), _opened(path) as (file, header):
            if header["source"] == source:
                return _read(file, header)
    return None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, dict[str, Any]]]:
    """The file at its first year, and its header, which is verified."""
    try:
        file = path.open("rb")
    except IsADirectoryError:
        raise PackError("not a packed panel of this format") from None
    with file:
        found = FIRST_LINE.fullmatch(file.read(FIRST_BYTES))
        if found is None:
            raise PackError(f"not a packed panel of format {FORMAT}, or its first line is damaged")
        file.seek(int(found[1]))
        text = file.read(int(found[2]))
        if sha256(text).hexdigest() != found[3].decode():
            raise PackError("the header is damaged or cut off")
        if file.read(1):
            raise PackError("the file is longer than its header says")
        header: dict[str, Any] = json.loads(text)
        file.seek(FIRST_BYTES)
        yield file, header


def _read(file: BinaryIO, header: dict[str, Any]) -> PackedPanel:
    countries, indicators = tuple(header["countries"]), tuple(Indicator(*fields) for fields in header["indicators"])
    shape = (len(header["years"]), len(countries), len(indicators))
    words = np.empty((shape[0], words_of(shape)), dtype="<u8")
    values = np.empty(sum(count for count, _ in header["content"]), dtype="<f8")
    observed = np.empty((shape[0], shape[2]), dtype="<i4")
    first = 0
    for number, (count, expected) in enumerate(header["content"]):
        digest = sha256()
        for part in (words[number], values[first : first + count], observed[number]):
            if file.readinto(part.data) < part.nbytes:  # type: ignore[attr-defined]
                raise PackError(f"cut off in its year {number + 1}")
            digest.update(part.data)
        if digest.hexdigest() != expected:
            raise PackError(f"damaged: wrong digest of its year {number + 1}")
        first += count
    observed.flags.writeable = False
    panel = Panel(
        version=header["version"],
        countries=countries,
        indicators=indicators,
        datasets=header["datasets"],
        years=tuple(header["years"]),
        values=SparseValues(
            shape, words.astype(np.uint64, copy=False), values.astype(np.float64, copy=False)
        ).as_array(),
        observed=observed.astype(np.int32, copy=False),
        files=tuple(header["files"]),
    )
    return PackedPanel(panel, header["rows"], header["repairs"])


def _panel(tables: Tables, values: NDArray[np.float64], observed: NDArray[np.int32]) -> Panel:
    return Panel(
        version=tables.version(),
        countries=tables.countries,
        indicators=tables.indicators,
        datasets=tables.datasets,
        years=tables.years,
        values=values,
        observed=observed,
        files=tables.files,
    )


def _remove_older(path: Path) -> None:
    """Remove other versions, which processes that serve them hold in memory."""
    source = path.name.partition("-")[0]
    for other in path.parent.glob(f"{source}-*"):
        with suppress(OSError):
            if (other.suffix == UNFINISHED and is_abandoned(other)) or (other.suffix == SUFFIX and other != path):
                _remove(other)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
