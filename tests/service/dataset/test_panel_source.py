"""A panel source over a folder and its packed cache."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.digests import sha256_of, write_sums
from sids_core.panel.tables import read_folder
from sids_core.panel.write import write_parquet
from sids_service.dataset.panel_source import PanelSource, open_panel_source
from sids_service.dataset.sources import FileSource, FolderSource
from sids_service.errors import ConfigurationError
from sids_service.settings import Settings
from tests.fake_reader import SEGFAULT, fake_reader
from tests.small_tables import SmallTables

PROJECT = Path(__file__).resolve().parents[3]
Opener = Callable[[FileSource], PanelSource]
Eventually = Callable[[Callable[[], bool]], None]
LOAD = """
import sys
from pathlib import Path
from sids_service.dataset.panel_source import PanelSource
from sids_service.dataset.sources import FolderSource
dataset = PanelSource(FolderSource(Path(sys.argv[1])), Path(sys.argv[2]), 60)
panel = dataset.panel()
heavy = [name for name in ("pandas", "fastparquet", "azure") if name in sys.modules]
print(panel.version, int(panel.observed.sum()), heavy)
"""


def _load_elsewhere(folder: Path, cache: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", LOAD, str(folder), str(cache)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def _answer(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return output.strip()


def _cached(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").iterdir())


def test_a_panel_and_its_status(small: SmallTables, open_source: Opener) -> None:
    dataset = open_source(FolderSource(small.folder))
    panel = dataset.panel()
    assert panel.values.shape == (2, 51, 3)
    assert panel.observed.tolist() == [[1, 2, 0], [1, 1, 1]]
    assert panel.files == ("datasetMeta.csv", "indicatorData.csv", "indicatorMeta.csv")
    assert panel.values[panel.year_index(2001), panel.country_index["FJI"], panel.indicator_index["wdi-B"]] == 300
    status = dataset.status()
    assert (status.ready, status.version, status.rows) == (True, panel.version, 5)
    assert (status.countries, status.indicators, status.years) == (51, 3, 2)
    assert (status.source, status.error, dict(status.repairs)) == (str(small.folder), "", {})
    assert status.age_seconds is not None
    assert status.age_seconds >= 0


def test_a_panel_is_read_only(small: SmallTables, open_source: Opener) -> None:
    panel = open_source(FolderSource(small.folder)).panel()
    with pytest.raises(ValueError, match="read-only"):
        panel.values[0][0, 0] = 1


def test_the_cache_gives_the_same_panel_without_reading_the_tables(
    small: SmallTables, open_source: Opener, tmp_path: Path
) -> None:
    small.edit("indicatorData.csv", "3e2", "abc")
    first = open_source(FolderSource(small.folder))
    before = first.panel()
    again = open_source(FolderSource(small.folder))
    panel = again.panel()
    np.testing.assert_array_equal(panel.values, before.values)
    np.testing.assert_array_equal(panel.observed, before.observed)
    for name in ("version", "countries", "indicators", "datasets", "years", "files"):
        assert getattr(panel, name) == getattr(before, name)
    assert dict(again.status().repairs) == {"non_numeric_cell": 1}
    assert again.status().rows == first.status().rows
    answer = _answer(_load_elsewhere(small.folder, tmp_path / "cache"))
    assert answer == f"{panel.version} {panel.observed.sum()} []"


def test_two_processes_that_start_together_do_not_disturb_each_other(demo_data: Path, tmp_path: Path) -> None:
    processes = [_load_elsewhere(demo_data, tmp_path / "cache") for _ in range(2)]
    answers = {_answer(process).partition("[")[0] for process in processes}
    assert len(answers) == 1
    assert [path.suffix for path in _cached(tmp_path)] == [".panel"]
    warm = _answer(_load_elsewhere(demo_data, tmp_path / "cache"))
    assert warm == f"{answers.pop()}[]"


def _flipped(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[:-1], "the header is damaged or cut off"),
        (lambda content: content[:0], "or its first line is damaged"),
        (lambda content: content + b"x", "longer than its header says"),
        (lambda content: _flipped(content, 140), "damaged: wrong digest of its year 1"),
        (lambda content: content.replace(b"Forest", b"Gorest"), "the header is damaged or cut off"),
        (lambda content: content.replace(b"panel 5", b"panel 3"), "not a packed panel of format 5"),
        (lambda content: b"x" * len(content), "not a packed panel of format 5"),
    ],
)
def test_a_packed_panel_that_is_damaged_is_packed_again(
    small: SmallTables,
    open_source: Opener,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = open_source(FolderSource(small.folder)).panel()
    (file,) = _cached(tmp_path)
    good = file.read_bytes()
    assert spoil(good) != good
    file.write_bytes(spoil(good))
    panel = open_source(FolderSource(small.folder)).panel()
    assert panel.version == before.version
    np.testing.assert_array_equal(panel.values, before.values)
    np.testing.assert_array_equal(panel.observed, before.observed)
    assert file.read_bytes() == good
    assert "is packed again: " in caplog.text
    assert message in caplog.text
    assert _cached(tmp_path) == [file]


def test_a_folder_in_the_packed_panel_s_place_is_replaced(
    small: SmallTables, open_source: Opener, tmp_path: Path
) -> None:
    open_source(FolderSource(small.folder)).panel()
    (file,) = _cached(tmp_path)
    file.unlink()
    file.mkdir()
    (file / "header.json").write_text("a packed panel of an earlier release", encoding="utf-8")
    assert open_source(FolderSource(small.folder)).panel().observed.sum() == 6
    assert (_cached(tmp_path), file.is_file()) == ([file], True)


@pytest.mark.parametrize("unreachable", [False, True])
def test_a_restart_with_a_broken_version_serves_the_last_good_one(
    small: SmallTables, open_source: Opener, eventually: Eventually, unreachable: bool
) -> None:
    before, good = open_source(FolderSource(small.folder)).panel(), small.text("indicatorData.csv")
    if unreachable:
        (small.folder / "indicatorData.csv").unlink()
    else:
        small.write("indicatorData.csv", "no table")
    dataset = open_source(FolderSource(small.folder))
    panel = dataset.panel()
    assert panel.version == before.version
    np.testing.assert_array_equal(panel.values, before.values)
    status = dataset.status()
    assert status.ready
    assert "indicatorData" in status.error
    small.write("indicatorData.csv", good.replace("3e2", "12345"))
    eventually(lambda: not dataset.status().error)
    assert np.nanmax(dataset.panel().values) == 12345


def test_the_last_good_version_is_never_served_without_the_error(
    small: SmallTables, open_source: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_source(FolderSource(small.folder)).panel()
    (small.folder / "indicatorData.csv").unlink()
    dataset = PanelSource(FolderSource(small.folder), tmp_path / "cache", 60)
    seen = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda _record: seen.append(dataset.status()))
    logger = logging.getLogger("sids_service.dataset.panel_source")
    logger.addHandler(handler)
    try:
        dataset.refresh()
    finally:
        logger.removeHandler(handler)
    seen.append(dataset.status())
    assert len(seen) == 3
    assert [status.ready for status in seen] == [bool(status.error) for status in seen] == [False, False, True]


def test_the_cache_of_another_source_is_not_taken(small: SmallTables, open_source: Opener, tmp_path: Path) -> None:
    open_source(FolderSource(small.folder)).panel()
    (path,) = _cached(tmp_path)
    other = tmp_path / "other"
    shutil.copytree(small.folder, other)
    (other / "indicatorData.csv").write_text("Country Code,Indicator Code,2000\nFJI,wdi-A,5\n", encoding="utf-8")
    open_source(FolderSource(other)).panel()
    (new,) = set(_cached(tmp_path)) - {path}
    shutil.copy(path, new)
    panel = open_source(FolderSource(other)).panel()
    assert panel.years == (2000,)


def test_without_a_usable_cache_folder_the_panel_is_in_memory(
    small: SmallTables, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    dataset = PanelSource(FolderSource(small.folder), tmp_path / "file" / "cache", 60)
    assert dataset.panel().observed.sum() == 6
    dataset.stop()
    assert "held in memory" in caplog.text


def test_a_changed_file_is_picked_up_and_older_versions_go(
    small: SmallTables, open_source: Opener, eventually: Eventually, tmp_path: Path
) -> None:
    dataset = open_source(FolderSource(small.folder))
    before = dataset.panel()
    small.edit("indicatorData.csv", "3e2", "12345")
    eventually(lambda: dataset.panel().version != before.version)
    assert np.nanmax(dataset.panel().values) == 12345
    assert np.nanmax(before.values) == 300
    assert len(_cached(tmp_path)) == 1


HEADER = "Country Code,Indicator Code,2000,2001\n"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("Land,Indicator Code,2000\nFJI,wdi-A,1\n", "column missing: Country Code"),
        (HEADER + "FJI,wdi-A,,\nUSA,wdi-A,,\n", "no row has a value"),
        (HEADER + 'FJI,wdi-A,"1,1","2,5"\nUSA,wdi-A,7,"8,2"\n', "3 of 4 values cannot be read"),
        (HEADER + "WLD,wdi-A,1,2\n", "no usable row"),
    ],
)
def test_a_broken_version_leaves_the_last_good_one(
    small: SmallTables,
    open_source: Opener,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
    broken: str,
    reason: str,
) -> None:
    caplog.set_level(logging.INFO)
    dataset = open_source(FolderSource(small.folder))
    before, good = dataset.panel(), small.text("indicatorData.csv")
    small.write("indicatorData.csv", broken)
    eventually(lambda: bool(dataset.status().error))
    assert f"indicatorData.csv: {reason}" in dataset.status().error
    assert dataset.status().ready
    assert dataset.panel() is before
    small.write("indicatorData.csv", good)
    eventually(lambda: not dataset.status().error)
    assert dataset.panel().version == before.version
    assert caplog.text.count(reason) == 1


def test_unknown_countries_are_kept_where_the_operator_says_so(small: SmallTables, tmp_path: Path) -> None:
    small.write("indicatorData.csv", small.text("indicatorData.csv") + "WLD,wdi-A,1,2\n")
    for keep, countries in ((False, 51), (True, 52), (False, 51)):
        settings = Settings(dataset_path=small.folder, dataset_cache_path=tmp_path, keep_unknown_countries=keep)
        assert len(open_panel_source(settings).panel().countries) == countries


def test_a_missing_folder_is_one_clear_line_and_no_dataset(tmp_path: Path, open_source: Opener) -> None:
    dataset = open_source(FolderSource(tmp_path / "nowhere"))
    with pytest.raises(DataUnavailableError, match=r"dataset folder .*nowhere does not exist"):
        dataset.panel()
    with pytest.raises(DataUnavailableError, match=r"^dataset folder .*nowhere does not exist$"):
        dataset.check_source()
    assert not dataset.status().ready
    assert "does not exist" in dataset.status().error


def test_a_folder_that_comes_later_is_found(
    small: SmallTables, tmp_path: Path, open_source: Opener, eventually: Eventually
) -> None:
    dataset = open_source(FolderSource(tmp_path / "later"))
    with pytest.raises(DataUnavailableError):
        dataset.panel()
    small.folder.rename(tmp_path / "later")
    eventually(lambda: dataset.status().ready)
    assert dataset.panel().observed.sum() == 6


def test_missing_and_ambiguous_tables_are_named(small: SmallTables) -> None:
    dataset = PanelSource(FolderSource(small.folder), small.folder, 60)
    (small.folder / "indicatorData.csv.gz").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"indicatorData\.csv and indicatorData\.csv\.gz"):
        dataset.check_source()
    (small.folder / "indicatorData.csv.gz").unlink()
    (small.folder / "datasetMeta.csv").rename(small.folder / "datasetMeta.xlsx")
    with pytest.raises(DatasetError, match=r"no file for datasetMeta \(as \.csv, \.csv\.gz or \.parquet\)"):
        dataset.check_source()


def test_a_published_version_is_read_where_current_json_says(
    small: SmallTables, open_source: Opener, eventually: Eventually
) -> None:
    for number in (1, 2):
        folder = small.folder / "versions" / str(number)
        folder.mkdir(parents=True)
        for path in small.folder.glob("*.csv"):
            text = path.read_text(encoding="utf-8").replace("3e2", f"{number}e5")
            (folder / path.name).write_text(text, encoding="utf-8")

    def publish(number: int) -> None:
        files = ", ".join(
            f'"{name}": "versions/{number}/{name}.csv"' for name in ("indicatorMeta", "datasetMeta", "indicatorData")
        )
        draft = small.folder / "draft"
        draft.write_text(f'{{"version": "{number}", "files": {{{files}}}}}', encoding="utf-8")
        draft.replace(small.folder / "current.json")

    publish(1)
    dataset = open_source(FolderSource(small.folder))
    assert np.nanmax(dataset.panel().values) == 1e5
    publish(2)
    eventually(lambda: bool(np.nanmax(dataset.panel().values) == 2e5))


def _naming(indicator_meta: str) -> str:
    names = {"indicatorMeta": indicator_meta, "datasetMeta": "datasetMeta.csv", "indicatorData": "indicatorData.csv"}
    return json.dumps({"files": names})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "current.json is not of the form"),
        ("[" * 10**5, "current.json is not of the form"),
        *(
            (_naming(f"{folder}indicatorMeta.csv"), "which is outside")
            for folder in ("/", "v//", "./", "v/../../", "..\\\\", "v\0/", "\uff0e\uff0e/", "C:", "x" * 300 + "/")
        ),
        ('{"files": {"indicatorData": "a.csv"}}', "current.json is not of the form"),
        (
            '{"files": {"indicatorMeta": "indicatorMeta.csv", "datasetMeta": "v/datasetMeta.csv", '
            '"indicatorData": "indicatorData.csv"}}',
            "current.json names v/datasetMeta.csv for datasetMeta, which does not exist",
        ),
        (
            '{"files": {"indicatorMeta": "indicatorMeta.csv", "datasetMeta": "../datasetMeta.csv", '
            '"indicatorData": "indicatorData.csv"}}',
            "which is outside",
        ),
    ],
)
def test_a_faulty_current_json_is_named(small: SmallTables, text: str, words: str) -> None:
    small.write("current.json", text)
    with pytest.raises(DatasetError) as fault:
        PanelSource(FolderSource(small.folder), small.folder, 60).check_source()
    assert words in str(fault.value)
    assert str(fault.value).isprintable()


@pytest.mark.skipif(sys.platform != "linux", reason="reads a file of Linux whose first byte cannot be read")
def test_a_current_json_that_cannot_be_read_is_named(small: SmallTables, open_source: Opener) -> None:
    (small.folder / "current.json").symlink_to("/proc/self/mem")
    dataset = open_source(FolderSource(small.folder))
    with pytest.raises(DataUnavailableError, match=r"current\.json cannot be read: Input/output error"):
        dataset.panel()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "none is set"),
        (
            {"dataset_path": "a", "dataset_container_url": "https://b/c"},
            "DATASET_PATH and DATASET_CONTAINER_URL are set",
        ),
        ({"dataset_container_url": "somewhere"}, "must be of the form"),
        ({"dataset_container_url": "https://a.blob.core.windows.net/b?sig=1"}, "must be of the form"),
        ({"dataset_connection_string": "secret"}, "names neither AccountName nor BlobEndpoint"),
    ],
)
def test_settings_that_name_no_single_dataset_are_refused(
    settings: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("DATASET_"):
            monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError) as fault:
        open_panel_source(Settings.model_validate(settings))
    assert words in str(fault.value)
    assert "secret" not in str(fault.value)


class _Overtaken(FolderSource):
    """A folder that gets new values while its tables are being fetched."""

    def __init__(self, small: SmallTables, times: int) -> None:
        super().__init__(small.folder)
        self._small = small
        self.times = times

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        path = super().fetch(name, tag, folder)
        if name == "indicatorData.csv" and self.times:
            self.times -= 1
            self._small.edit("indicatorData.csv", "3e2", "33e2")
        return path


def test_files_that_change_while_they_are_read_are_read_again(small: SmallTables, open_source: Opener) -> None:
    store = _Overtaken(small, times=2)
    panel = open_source(store).panel()
    assert store.times == 0
    assert np.nanmax(panel.values) == 333e2


def test_files_that_keep_changing_are_left_for_later(small: SmallTables, tmp_path: Path) -> None:
    dataset = PanelSource(_Overtaken(small, times=3), tmp_path / "cache", 60)
    with pytest.raises(DataUnavailableError, match="changes while it is being read"):
        dataset.panel()
    dataset.stop()


def _publish(small: SmallTables, digests: Callable[[Path], str]) -> None:
    names = {name: f"{name}.csv" for name in ("indicatorMeta", "datasetMeta", "indicatorData")}
    sums = {name: digests(small.folder / file) for name, file in names.items()}
    small.write("current.json", json.dumps({"version": "7", "files": names, "sha256": sums}))


@pytest.mark.parametrize("published", [False, True])
def test_a_damaged_source_is_refused_by_name_and_the_last_good_version_stays(
    small: SmallTables, open_source: Opener, eventually: Eventually, published: bool
) -> None:
    if published:
        _publish(small, sha256_of)
    else:
        write_sums(small.folder)
    dataset = open_source(FolderSource(small.folder))
    before, good = dataset.panel(), small.text("indicatorData.csv")
    small.edit("indicatorData.csv", "1.1", "1.3")
    eventually(lambda: bool(dataset.status().error))
    assert "indicatorData.csv: the file is damaged, or was changed without its SHA-256" in dataset.status().error
    assert dataset.panel() is before
    again = open_source(FolderSource(small.folder))
    assert again.panel().version == before.version
    assert "indicatorData.csv" in again.status().error
    small.write("indicatorData.csv", good)
    eventually(lambda: not dataset.status().error and not again.status().error)


def test_a_digest_that_is_none_is_named(small: SmallTables) -> None:
    _publish(small, lambda _: "0123")
    with pytest.raises(DatasetError, match=r"current\.json has '0123' for indicatorMeta, which is no SHA-256"):
        PanelSource(FolderSource(small.folder), small.folder, 60).check_source()


def test_a_version_that_ends_its_reader_leaves_the_last_good_one_also_at_a_restart(
    small: SmallTables,
    open_source: Opener,
    eventually: Eventually,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = tmp_path / "packed"
    write_parquet(read_folder(small.folder).content(), packed)
    dataset = open_source(FolderSource(packed))
    before = dataset.panel()
    fake_reader(tmp_path, monkeypatch, SEGFAULT)
    small.edit("indicatorData.csv", "3e2", "12345")
    write_parquet(read_folder(small.folder).content(), packed)
    eventually(lambda: "SIGSEGV" in dataset.status().error)
    assert dataset.panel() is before
    again = open_source(FolderSource(packed))
    assert again.panel().version == before.version
    assert "parquet: not a parquet file, or a damaged one (its reader was ended by SIGSEGV)" in again.status().error
