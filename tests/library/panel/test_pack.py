"""Packed panels on disk, where processes are killed and disks are full."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sids_core.panel import pack
from sids_core.panel.pack import PackError, PackKey
from sids_core.panel.tables import Tables
from tests.small_tables import SmallTables

PROJECT = Path(__file__).resolve().parents[3]
KEY = PackKey("a source", "version 1")
WRITE_HALF = """
import sys
from pathlib import Path
from sids_core.panel import pack
from sids_core.panel.tables import Tables, read_folder

class Held(Tables):
    def slices(self):
        yield next(super().slices())
        print("half", flush=True)
        sys.stdin.read()

tables = Held(**vars(read_folder(Path(sys.argv[1]))))
pack.write(Path(sys.argv[2]), pack.PackKey("a source", "version 1"), tables, {})
"""


@pytest.fixture
def tables(small: SmallTables) -> Tables:
    tables, _ = small.read()
    assert tables is not None
    return tables


def test_what_is_read_is_what_is_held_in_memory(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, tables, {"missing_name": 2})
    read, held = pack.read(tmp_path, KEY), pack.pack(tables, {"missing_name": 2})
    np.testing.assert_array_equal(read.panel.values, held.panel.values)
    np.testing.assert_array_equal(read.panel.observed, held.panel.observed)
    for name in ("version", "countries", "indicators", "datasets", "years", "files"):
        assert getattr(read.panel, name) == getattr(held.panel, name)
    assert (read.rows, read.repairs) == (held.rows, held.repairs)


def test_the_arrays_are_plain_npy_files(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, tables, {})
    np.testing.assert_array_equal(np.load(KEY.path(tmp_path) / "values.npy"), np.stack(list(tables.slices())))


def test_every_flipped_bit_of_the_header_is_refused_or_changes_nothing(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, tables, {})
    expected = pack.read(tmp_path, KEY)
    path = KEY.path(tmp_path) / "header.json"
    good = path.read_bytes()
    refused = 0
    for position in range(0, len(good), 7):
        spoilt = bytearray(good)
        spoilt[position] ^= 1 << position % 8
        path.write_bytes(spoilt)
        try:
            found = pack.read(tmp_path, KEY)
        except PackError:
            refused += 1
            continue
        assert (found.panel.version, found.panel.indicators) == (expected.panel.version, expected.panel.indicators)
        assert found.panel.countries == expected.panel.countries
    assert refused > len(good) // 7 * 0.9


def test_a_writer_that_is_killed_leaves_nothing_that_is_read(
    small: SmallTables, tables: Tables, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", WRITE_HALF, str(small.folder), str(cache)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=PROJECT, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    (left,) = cache.iterdir()
    with pytest.raises(FileNotFoundError):
        pack.read(cache, KEY)
    pack.write(cache, KEY, tables, {})
    assert pack.read(cache, KEY).panel.observed.sum() == 6
    assert left.exists()
    os.utime(left, (0, 0))
    pack.write(cache, KEY, tables, {})
    assert list(cache.iterdir()) == [KEY.path(cache)]


def test_a_full_disk_is_an_error_and_leaves_nothing(tables: Tables, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            pack.write(cache, KEY, tables, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []


def test_a_good_packed_panel_is_not_replaced(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, tables, {})
    before = (KEY.path(tmp_path) / "values.npy").stat().st_ino
    pack.write(tmp_path, KEY, tables, {})
    assert (KEY.path(tmp_path) / "values.npy").stat().st_ino == before
