"""Packed panels on local disk: a folder of memory-mapped `.npy` files per version.

`values.npy` and `observed.npy` are the panel's arrays; `header.json` holds the codes, the metadata, a CRC-32 for every
year of both arrays, and a digest of itself. The complete folder is renamed into place, so that several processes may
write it at the same time. Everything is verified before use: a truncated file or a flipped bit raises PackError, and
the caller packs the tables again.
"""

import io
import json
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4
from zlib import crc32

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from sids_core.files import UNFINISHED, is_abandoned
from sids_core.panel.panel import Indicator, Panel
from sids_core.panel.tables import Tables

FORMAT = 4
SUFFIX = ".panel"
HEADER, VALUES, OBSERVED = "header.json", "values.npy", "observed.npy"


class PackError(Exception):
    """The folder is not a packed panel of this format, is damaged, or holds another dataset."""


@dataclass(frozen=True, slots=True)
class PackKey:
    """Identifies a packed panel: the source of its tables, and their version there."""

    source: str
    tags: str

    def path(self, cache_folder: Path) -> Path:
        """The packed panel's folder."""
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
    """The same as `write` followed by `read`, held in memory."""
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
    return PackedPanel(panel, len(tables.position), dict(repairs))


def write(cache_folder: Path, key: PackKey, tables: Tables, repairs: Mapping[str, int]) -> None:
    """Write the packed panel, unless a valid one exists, and remove older versions of the same source.

    Nothing is flushed to disk: damage by a power failure fails verification, and the tables are packed again.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path = key.path(cache_folder)
    cache_folder.mkdir(parents=True, exist_ok=True)
    unfinished = _unfinished(path)
    unfinished.mkdir()
    try:
        checksums = _write_arrays(unfinished, tables)
        content = {
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
            "checksums": checksums,
        }
        header = {"format": FORMAT, "digest": _digest(content), "content": content}
        (unfinished / HEADER).write_text(json.dumps(header, ensure_ascii=False), encoding="utf-8")
        _move_into_place(unfinished, key, cache_folder)
    finally:
        _remove(unfinished)
    _remove_older(path)


def _write_arrays(folder: Path, tables: Tables) -> dict[str, list[int]]:
    """Write both arrays year by year; returns the CRC-32 of each year, by file.

    Plain writes, not a memory map: on a full disk a write raises OSError, whereas a mapped page without space kills the
    process.
    """
    years, countries, indicators = len(tables.years), len(tables.countries), len(tables.indicators)
    checksums: dict[str, list[int]] = {VALUES: [], OBSERVED: []}
    with (folder / VALUES).open("wb") as values, (folder / OBSERVED).open("wb") as observed:
        values.write(_npy_header((years, countries, indicators), "<f8"))
        observed.write(_npy_header((years, indicators), "<i4"))
        for year in tables.slices():
            for file, name, array in (
                (values, VALUES, year.astype("<f8", copy=False)),
                (observed, OBSERVED, np.isfinite(year).sum(axis=0, dtype="<i4")),
            ):
                file.write(array.data)
                checksums[name].append(crc32(array.data))
    return checksums


def read(cache_folder: Path, key: PackKey) -> PackedPanel:
    """Verify the packed panel and map it into memory.

    Raises:
        FileNotFoundError: it does not exist.
        PackError: it is damaged, foreign, of another format or of another dataset.
        OSError: a file cannot be read.
    """
    path = key.path(cache_folder)
    header = _read_header(path, key)
    years, countries, indicators = len(header["years"]), len(header["countries"]), len(header["indicators"])
    panel = Panel(
        version=header["version"],
        countries=tuple(header["countries"]),
        indicators=tuple(Indicator(*fields) for fields in header["indicators"]),
        datasets=header["datasets"],
        years=tuple(header["years"]),
        values=_mapped(path / VALUES, (years, countries, indicators), "<f8", header["checksums"][VALUES]),
        observed=_mapped(path / OBSERVED, (years, indicators), "<i4", header["checksums"][OBSERVED]),
        files=tuple(header["files"]),
    )
    return PackedPanel(panel, header["rows"], header["repairs"])


def _read_header(path: Path, key: PackKey) -> dict[str, Any]:
    try:
        header = json.loads((path / HEADER).read_bytes())
        if header["format"] != FORMAT:
            raise PackError(f"format {header['format']} instead of {FORMAT}")
        content: dict[str, Any] = header["content"]
        if _digest(content) != header["digest"]:
            raise PackError(f"{HEADER} is damaged")
    except NotADirectoryError:
        raise PackError("not a packed panel of this format") from None
    except (ValueError, KeyError, TypeError) as error:
        raise PackError(f"{HEADER} is damaged ({type(error).__name__})") from None
    if (content["source"], content["tags"]) != (key.source, key.tags):
        raise PackError(f"holds another dataset ({content['source']})")
    return content


def _mapped(path: Path, shape: tuple[int, ...], dtype: str, checksums: list[int]) -> NDArray[Any]:
    expected = _npy_header(shape, dtype)
    year_bytes = int(np.prod(shape[1:])) * np.dtype(dtype).itemsize
    with path.open("rb") as file:
        if file.read(len(expected)) != expected:
            raise PackError(f"{path.name} has another header than {HEADER} says")
        _verify(file, path.name, year_bytes, checksums)
    # A plain view: slices of np.memmap would carry its bookkeeping.
    array: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return array


def _verify(file: BinaryIO, name: str, year_bytes: int, checksums: list[int]) -> None:
    buffer = memoryview(bytearray(year_bytes))
    for number, checksum in enumerate(checksums):
        read = file.readinto(buffer)  # type: ignore[attr-defined]
        if read < year_bytes:
            raise PackError(f"{name} is truncated")
        if crc32(buffer) != checksum:
            raise PackError(f"{name} is damaged: wrong checksum of its year {number + 1}")
    if file.read(1):
        raise PackError(f"{name} is longer than {HEADER} says")


def _npy_header(shape: tuple[int, ...], dtype: str) -> bytes:
    """The beginning of an .npy file, aligned for mapping (numpy.lib.format)."""
    header = io.BytesIO()
    npy.write_array_header_1_0(header, {"descr": dtype, "fortran_order": False, "shape": shape})
    return header.getvalue()


def _move_into_place(unfinished: Path, key: PackKey, cache_folder: Path) -> None:
    """Rename the complete folder; an existing one is kept if valid, otherwise replaced."""
    path = key.path(cache_folder)
    with suppress(OSError):
        unfinished.rename(path)
        return
    with suppress(PackError, OSError):
        read(cache_folder, key)
        return
    aside = _unfinished(path)
    with suppress(FileNotFoundError):
        path.rename(aside)
    _remove(aside)
    unfinished.rename(path)


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.stem}-{uuid4().hex}{UNFINISHED}")


def _remove_older(path: Path) -> None:
    """Remove other versions; processes that have them mapped can still read them."""
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


def _digest(content: Mapping[str, Any]) -> str:
    return blake2b(json.dumps(content, ensure_ascii=False).encode(), digest_size=16).hexdigest()
