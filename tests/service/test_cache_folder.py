"""The default cache folder is the user's own, whatever others have put into the temporary folder."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sids_core.errors import DataUnavailableError
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import ConfigurationError
from sids_service.settings import Settings, read_settings
from tests.small_tables import SmallTables

USER = 4242


@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The default folder of this user in a temporary folder of the test; it does not exist yet."""
    monkeypatch.delenv("DATASET_CACHE_PATH", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"sids-ml-backend-{os.geteuid()}"


def mode(folder: Path) -> int:
    return folder.stat().st_mode & 0o777


def as_link(folder: Path) -> None:
    target = folder.with_name("target")
    target.mkdir(mode=0o700)
    folder.symlink_to(target)


def as_dangling_link(folder: Path) -> None:
    folder.symlink_to(folder.with_name("nowhere"))


def as_file(folder: Path) -> None:
    folder.touch()


def open_to_others(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def open_to_a_group(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)


TRAPS = {
    as_link: "is a symbolic link",
    as_dangling_link: "is a symbolic link",
    as_file: "is not a folder",
    open_to_others: "can be written by other users",
    open_to_a_group: "can be written by other users",
}


def test_it_is_made_for_the_user_alone(default: Path) -> None:
    assert read_settings().dataset_cache_path == default
    assert mode(default) == 0o700
    default.chmod(0o755)
    read_settings()
    assert mode(default) == 0o700


@pytest.mark.parametrize(("trap", "fault"), TRAPS.items())
def test_a_folder_that_another_user_may_have_made_is_refused(
    default: Path, trap: Callable[[Path], None], fault: str
) -> None:
    trap(default)
    before = default.lstat()
    with pytest.raises(ConfigurationError, match=rf"DATASET_CACHE_PATH.*{default},? {fault}") as error:
        read_settings()
    assert str(error.value).isprintable()
    assert (default.lstat().st_mode, default.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert not default.with_name("nowhere").exists()


def test_a_folder_of_another_user_is_refused(default: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = default.with_name(f"sids-ml-backend-{USER}")
    other.mkdir(mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: USER)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        read_settings()


def test_an_operators_own_folder_is_left_as_it_is(
    default: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    open_to_others(volume)
    monkeypatch.setenv("DATASET_CACHE_PATH", str(volume))
    assert read_settings().dataset_cache_path == volume
    assert (mode(volume), default.exists()) == (0o777, False)


def test_a_folder_that_is_put_there_later_gets_no_data(default: Path, tmp_path: Path) -> None:
    small = SmallTables(tmp_path / "small")
    source = open_panel_source(Settings(dataset_path=small.folder))
    default.rmdir()
    as_link(default)
    try:
        with pytest.raises(DataUnavailableError, match="is a symbolic link"):
            source.panel()
    finally:
        source.stop()
    assert list(default.with_name("target").iterdir()) == []


def test_a_temporary_folder_that_cannot_be_written_is_no_reason_to_stop(
    default: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(default / "missing"))
    assert read_settings().dataset_cache_path.parent == default / "missing"
