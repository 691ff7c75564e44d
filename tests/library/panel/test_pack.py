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
from sids_core.panel.tables import read_folder

def held(*parts):
    print("half", flush=True)
    sys.stdin.read()

panel = pack.compact(read_folder(Path(sys.argv[1])), {})
pack._year_parts = held
pack.write(Path(sys.argv[2]), pack.PackKey("a source", "version 1"), panel)
"""


@pytest.fixture
def tables(small: SmallTables) -> Tables:
    tables, _ = small.read()
    assert tables is not None
    return tables


def test_what_is_read_is_what_is_held_in_memory(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, pack.compact(tables, {"missing_name": 2}))
    read, held = pack.read(tmp_path, KEY), pack.pack(tables, {"missing_name": 2})
    np.testing.assert_array_equal(read.panel.values, held.panel.values)
    np.testing.assert_array_equal(read.panel.observed, held.panel.observed)
    for name in ("version", "countries", "indicators", "datasets", "years", "files"):
        assert getattr(read.panel, name) == getattr(held.panel, name)
    assert (read.rows, read.repairs) == (held.rows, held.repairs)


def test_every_flipped_bit_is_refused_or_changes_nothing(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, pack.compact(tables, {}))
    expected = pack.read(tmp_path, KEY)
    path = KEY.path(tmp_path)
    good = path.read_bytes()
    accepted = 0
    for position in range(len(good)):
        spoilt = bytearray(good)
        spoilt[position] ^= 1 << position % 8
        path.write_bytes(spoilt)
        try:
            found = pack.read(tmp_path, KEY)
        except PackError:
            continue
        accepted += 1
        assert found.panel.values.words.tobytes() == expected.panel.values.words.tobytes()  # type: ignore[attr-defined]
        np.testing.assert_array_equal(found.panel.values, expected.panel.values)
    assert accepted <= 2  # a zero instead of a blank before a number


@pytest.mark.parametrize("length", [0, 1, 130, 131, -1])
def test_a_file_that_is_cut_off_or_longer_is_refused(tables: Tables, tmp_path: Path, length: int) -> None:
    pack.write(tmp_path, KEY, pack.compact(tables, {}))
    path = KEY.path(tmp_path)
    good = path.read_bytes()
    for content in (good[:length], good + b"x", good + good):
        path.write_bytes(content)
        with pytest.raises(PackError):
            pack.read(tmp_path, KEY)


def test_what_happens_to_the_file_after_reading_changes_no_value(tables: Tables, tmp_path: Path) -> None:
    pack.write(tmp_path, KEY, pack.compact(tables, {}))
    panel = pack.read(tmp_path, KEY).panel
    before = np.array(panel.values)
    path = KEY.path(tmp_path)
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
        file.truncate(0)
    path.unlink()
    np.testing.assert_array_equal(panel.values, before)


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
    pack.write(cache, KEY, pack.compact(tables, {}))
    assert pack.read(cache, KEY).panel.observed.sum() == 6
    assert left.exists()
    os.utime(left, (0, 0))
    pack.write(cache, KEY, pack.compact(tables, {}))
    assert list(cache.iterdir()) == [KEY.path(cache)]


def test_a_full_disk_is_an_error_and_leaves_nothing(tables: Tables, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            pack.write(cache, KEY, pack.compact(tables, {}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(cache.iterdir()) == []
