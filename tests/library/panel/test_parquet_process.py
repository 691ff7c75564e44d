"""Whatever a Parquet file does to its reader, it is refused by name, and nothing else ends."""

from pathlib import Path

import fastparquet
import numpy as np
import pandas as pd
import pytest

from sids_core.errors import DatasetError, DataUnavailableError, SidsError
from sids_core.panel import parquet
from sids_core.panel.open import open_panel
from sids_core.panel.parquet import one_process, open_parquet
from sids_core.panel.tables import check_folder, read_folder
from sids_core.panel.write import write_parquet
from tests.fake_reader import ALL_MEMORY, ENDLESS, GONE, SEGFAULT, fake_reader
from tests.small_tables import SmallTables


@pytest.fixture
def folder(small: SmallTables, tmp_path: Path) -> Path:
    write_parquet(read_folder(small.folder).content(), tmp_path / "packed")
    return tmp_path / "packed"


@pytest.mark.parametrize(
    ("deed", "fault"),
    [
        (SEGFAULT, "its reader was ended by SIGSEGV"),
        (ENDLESS, "its reader did not end within 3 s of processor time"),
        (ALL_MEMORY, "MemoryError"),
        (GONE, "its reader was ended by 0"),
        ("os.write(1, b'noise'); raise ValueError(7)", "ValueError: 7"),
    ],
    ids=["segfault", "endless", "all memory", "gone", "noise"],
)
def test_what_ends_the_reader_refuses_the_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str, fault: str
) -> None:
    monkeypatch.setattr(parquet, "CPU_SECONDS", 3)
    fake_reader(tmp_path, monkeypatch, deed)
    tables, report = check_folder(folder)
    assert tables is None
    assert [error.file for error in report.errors] == [
        "datasetMeta.parquet",
        "indicatorMeta.parquet",
        "indicatorData.parquet",
    ]
    assert all(fault in error.message for error in report.errors)
    with pytest.raises(DatasetError, match=r"indicatorData\.parquet: not a parquet file, or a damaged one"):
        open_panel(folder / "indicatorData.parquet")


def test_a_reader_that_is_killed_or_does_not_answer_is_tried_again_later(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_reader(tmp_path, monkeypatch, "os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(DataUnavailableError, match=r"datasetMeta\.parquet cannot be read: its reader was killed"):
        check_folder(folder)
    monkeypatch.setattr(parquet, "WALL_SECONDS", 0.5)
    fake_reader(tmp_path, monkeypatch, "import time; time.sleep(100)")
    with pytest.raises(DataUnavailableError, match=r"datasetMeta\.parquet cannot be read: not within 0\.5 s"):
        check_folder(folder)


def test_a_file_that_unpacks_to_more_than_is_allowed_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_BYTES", 300)
    assert "unpacks to more than" in check_folder(folder)[1].errors[-1].message


def test_columns_of_every_kind_arrive_as_they_are(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "float": [1.5, np.nan, -0.0],
            "single": np.array([1, 2, 3], dtype=np.float32),
            "int": [1, 2, 2**60],
            "missing int": pd.array([1, None, 3], dtype="Int64"),
            "bool": [True, False, True],
            "missing bool": pd.array([True, None, False], dtype="boolean"),
            "text": ["a", None, "ü"],
            "category": pd.Categorical(["x", None, "x"]),
            "time": pd.to_datetime(pd.Series(["2001-01-01", None, "2002-02-02"])),
        }
    )
    fastparquet.write(str(tmp_path / "all.parquet"), frame)
    with open_parquet(tmp_path / "all.parquet") as file:
        assert file.columns == tuple(frame.columns)
        (read,) = file.frames(file.columns)
        (chosen,) = file.frames(["text", "int"])
    assert list(chosen.columns) == ["text", "int"]
    for column in frame:
        assert read[column].isna().tolist() == frame[column].isna().tolist()
        assert read[column].dropna().astype(str).tolist() == frame[column].dropna().astype(str).tolist()
    assert read.dtypes["float"] == np.float64
    assert read.dtypes["int"] == np.int64


def test_an_answer_that_is_not_read_to_its_end_does_not_reach_the_next_file(folder: Path) -> None:
    with one_process(), open_parquet(folder / "indicatorData.parquet") as first:
        rows = first.frames(first.columns)
        next(rows)
        with open_parquet(folder / "datasetMeta.parquet") as second:
            assert second.columns == ("Dataset Code", "Dataset Name")
            (frame,) = second.frames(["Dataset Code"])
        assert frame["Dataset Code"].tolist() == ["wdi", "key"]


def test_flipped_bits_are_refused_or_read_and_end_nothing(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()
    path = folder / "indicatorMeta.parquet"
    good = path.read_bytes()
    with one_process():
        for position in range(0, len(good), max(1, len(good) // 25)):
            path.write_bytes(good[:position] + bytes([good[position] ^ 1 << position % 8]) + good[position + 1 :])
            try:
                with open_parquet(path) as file:
                    list(file.frames(file.columns))
            except SidsError as error:
                assert "indicatorMeta.parquet" in str(error)  # noqa: PT017
