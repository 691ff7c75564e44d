"""Files whose digests are known: every change is noticed, by every reader."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sids_core.errors import DatasetError
from sids_core.panel.open import open_panel
from sids_core.panel.tables import read_folder
from sids_core.panel.write import write_csv, write_parquet
from tests.small_tables import SmallTables

NAMES = ("indicatorMeta", "datasetMeta", "indicatorData")


@pytest.fixture(params=[write_csv, write_parquet], ids=["csv", "parquet"])
def written(request: pytest.FixtureRequest, small: SmallTables, tmp_path: Path) -> Path:
    folder = tmp_path / "written"
    request.param(read_folder(small.folder).content(), folder)
    return folder


def test_the_digests_that_are_written_are_those_of_sha256sum(written: Path) -> None:
    assert len((written / "SHA256SUMS").read_text().splitlines()) == 3
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=written, check=True)


@pytest.mark.parametrize("table", NAMES)
def test_a_flipped_bit_of_any_table_is_refused_by_name(written: Path, table: str) -> None:
    (path,) = written.glob(f"{table}.*")
    good = path.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 40)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 4]) + good[position + 1 :])
        with pytest.raises(DatasetError, match=rf"{table}.*: the file is damaged, or was changed without its SHA-256"):
            read_folder(written)
        with pytest.raises(DatasetError, match=table):
            open_panel(path)
    path.write_bytes(good)
    read_folder(written)


def test_every_flipped_bit_of_the_digests_is_refused_or_changes_nothing(written: Path) -> None:
    path, version = written / "SHA256SUMS", read_folder(written).version()
    good = path.read_bytes()
    refused = 0
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1 << position % 8]) + good[position + 1 :])
        try:
            assert read_folder(written).version() == version
        except DatasetError:
            refused += 1
    assert refused > len(good) * 0.97


def test_digests_by_sha256sum_of_files_of_any_origin_are_checked(small: SmallTables) -> None:
    def sums(option: str) -> None:
        files = sorted(f"./{path.name}" for path in small.folder.glob("*.csv"))
        done = subprocess.run(["sha256sum", option, *files], cwd=small.folder, check=True, stdout=subprocess.PIPE)
        (small.folder / "SHA256SUMS").write_bytes(done.stdout)

    for option in ("--binary", "--text"):
        sums(option)
        read_folder(small.folder)
    small.edit("indicatorData.csv", "3e2", "3e3")
    with pytest.raises(DatasetError, match=r"indicatorData\.csv: the file is damaged"):
        read_folder(small.folder)
    sums("--text")
    read_folder(small.folder)
    shutil.move(small.folder / "datasetMeta.csv", small.folder / "datasetMeta.old")
    small.write("datasetMeta.csv.gz", "")
    with pytest.raises(DatasetError, match=r"SHA256SUMS does not list datasetMeta\.csv\.gz"):
        read_folder(small.folder)


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_writing_again_replaces_the_digests(
    written: Path, small: SmallTables, tmp_path: Path, write: Callable[..., None]
) -> None:
    small.edit("indicatorData.csv", "3e2", "3e3")
    again = written if (write is write_csv) == (written / "datasetMeta.csv").exists() else tmp_path / "other"
    write(read_folder(small.folder).content(), again)
    assert read_folder(again).version() == read_folder(small.folder).version()
