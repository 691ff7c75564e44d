"""`data publish` into real Azurite, with a reader that looks on."""

import json
import shutil
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from azure.storage.blob import ContainerClient

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.layout import table_files
from sids_core.panel.tables import read_folder
from sids_service.dataset.blob_source import BlobSource
from sids_service.dataset.panel_source import PanelSource
from sids_tools.publishing import Published, publish
from tests.tools.running import Result

if TYPE_CHECKING:
    from tests.conftest import Azurite

Run = Callable[..., Result]
DEADLINE_SECONDS = 60


@pytest.fixture
def run_publish(command: Run, azurite: "Azurite", container: ContainerClient) -> Run:
    def run(folder: Path, *arguments: object) -> Result:
        to = ("--connection-string", azurite.connection_string, "--container", container.container_name)
        return command("data", "publish", folder, *to, *arguments)

    return run


@pytest.fixture
def make_version(demo_data: Path, tmp_path: Path) -> Callable[[int], Path]:
    """The demo data with another dataset's name, so that every number is another version."""

    def make(number: int) -> Path:
        folder = tmp_path / f"version{number}"
        shutil.copytree(demo_data, folder)
        path = folder / "datasetMeta.csv"
        path.write_text(path.read_text().replace("Synthetic", f"Synthetic no. {number}"))
        return folder

    return make


def _version(folder: Path) -> str:
    return read_folder(folder).version()


def _current(container: ContainerClient) -> str:
    return str(json.loads(container.download_blob("current.json").readall())["version"])


def _folders(container: ContainerClient) -> set[str]:
    return {name.split("/")[1].partition("-")[0] for name in container.list_blob_names(name_starts_with="versions/")}


def test_a_reader_takes_over_each_version_and_never_half_of_one(
    run_publish: Run,
    make_version: Callable[[int], Path],
    azurite: "Azurite",
    container: ContainerClient,
    tmp_path: Path,
) -> None:
    folders = [make_version(number) for number in range(3)]
    versions = [_version(folder) for folder in folders]
    assert run_publish(folders[0]).code == 0
    blobs = BlobSource.by_connection_string(azurite.connection_string, container.container_name)
    dataset = PanelSource(blobs, tmp_path / "cache", 0.02)
    seen: list[str] = []
    errors: list[str] = []
    done, pause = threading.Event(), threading.Event()

    def watch() -> None:
        while not done.is_set():
            version = dataset.panel().version
            if version not in seen[-1:]:
                seen.append(version)
            errors.extend({dataset.status().error} - {""})
            pause.wait(0.005)

    dataset.start()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for folder, version in zip(folders, versions, strict=True):
            assert run_publish(folder, "--keep", "1").code == 0
            deadline = time.monotonic() + DEADLINE_SECONDS
            while seen[-1:] != [version]:
                assert time.monotonic() < deadline, f"{version} was not taken over: {dataset.status()}"
                pause.wait(0.02)
    finally:
        done.set()
        watcher.join()
        dataset.stop()
    assert seen == versions
    assert not errors


def test_the_identical_version_again_changes_nothing(
    run_publish: Run, demo_data: Path, container: ContainerClient
) -> None:
    first = run_publish(demo_data)
    assert (first.code, first.err) == (0, "")
    assert "is now the current version" in first.out
    before = {blob.name: blob.etag for blob in container.list_blobs()}
    assert len(before) == 4
    again = run_publish(demo_data)
    assert again.code == 0
    assert "is already the current version" in again.out
    assert {blob.name: blob.etag for blob in container.list_blobs()} == before


def test_a_lost_file_of_the_current_version_is_uploaded_again(
    run_publish: Run, demo_data: Path, container: ContainerClient
) -> None:
    assert run_publish(demo_data).code == 0
    names = set(container.list_blob_names())
    container.delete_blob(next(name for name in names if name.endswith("indicatorMeta.csv")))
    assert run_publish(demo_data).code == 0
    assert set(container.list_blob_names()) == names


def test_old_versions_stay_for_a_while(
    run_publish: Run, make_version: Callable[[int], Path], container: ContainerClient
) -> None:
    folders = [make_version(number) for number in range(4)]
    versions = [_version(folder) for folder in folders]
    for folder in folders[:3]:
        assert run_publish(folder, "--keep", "2").code == 0
    assert _folders(container) == set(versions[1:3])
    # Back to a version that is still there, which is older than the other.
    assert run_publish(folders[1], "--keep", "2").code == 0
    assert _current(container) == versions[1]
    assert _folders(container) == set(versions[1:3])


def test_a_blob_of_somebody_else_among_the_versions_stays(demo_data: Path, container: ContainerClient) -> None:
    container.upload_blob("versions/readme.txt", b"x")
    for name in "abc":
        publish(table_files(demo_data), name, container, 1, lambda _done, _total: None)
    assert {name.partition("-")[0] for name in container.list_blob_names()} == {
        "current.json",
        "versions/c",
        "versions/readme.txt",
    }


@pytest.mark.parametrize("names", ["abcd", "dcba"])
def test_of_versions_of_the_same_second_the_replaced_one_stays(
    names: str, demo_data: Path, container: ContainerClient
) -> None:
    for name in names:
        publish(table_files(demo_data), name, container, 2, lambda _done, _total: None)
    assert _folders(container) == set(names[-2:])


def test_broken_tables_are_not_published(
    run_publish: Run, demo_data: Path, container: ContainerClient, tmp_path: Path
) -> None:
    assert run_publish(demo_data).code == 0
    before = set(container.list_blob_names())
    broken = tmp_path / "broken"
    shutil.copytree(demo_data, broken)
    (broken / "indicatorData.csv.gz").write_bytes((demo_data / "indicatorData.csv.gz").read_bytes()[:-100])
    result = run_publish(broken)
    assert result.code == 1
    assert "error: indicatorData.csv.gz: the compressed file is cut off" in result.err
    assert "nothing was published" in result.err
    assert set(container.list_blob_names()) == before


def test_who_published_meanwhile_is_not_overwritten(
    demo_data: Path, make_version: Callable[[int], Path], container: ContainerClient
) -> None:
    files, meanwhile = table_files(demo_data), table_files(make_version(1))
    before: list[Published] = []

    def interfere(_done: int, _total: int) -> None:
        if not before:
            before.append(publish(meanwhile, "other", container, 3, lambda _done, _total: None))

    for _ in range(2):  # where there is no current.json yet, and where there is one
        before.clear()
        with pytest.raises(DatasetError, match="another process published meanwhile"):
            publish(files, "mine", container, 3, interfere)
        assert _current(container) == "other"
        publish(table_files(demo_data), "first", container, 3, lambda _done, _total: None)


def test_a_container_that_is_not_there_is_one_line(command: Run, azurite: "Azurite", demo_data: Path) -> None:
    azurite.start()
    secret = azurite.connection_string
    result = command("data", "publish", demo_data, DATASET_CONNECTION_STRING=secret, DATASET_CONTAINER="missing")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "/missing cannot be written: The specified container does not exist" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the container either by its URL or by a connection string"),
        (("--container-url", "https://account.blob.core.windows.net"), "the container's URL must be of the form"),
        (("--connection-string", "secret-nonsense"), "the connection string is malformed"),
        (("--container-url", "https://a/b", "--connection-string", "c"), "either by its URL or by a connection string"),
    ],
)
def test_a_wrong_request_is_one_line(command: Run, demo_data: Path, arguments: tuple[str, ...], message: str) -> None:
    result = command("data", "publish", demo_data, *arguments)
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert message in result.err
    assert "nonsense" not in result.err


def test_the_digests_of_a_version_are_published_and_a_damaged_one_is_repaired(
    run_publish: Run, demo_data: Path, azurite: "Azurite", container: ContainerClient, tmp_path: Path
) -> None:
    assert run_publish(demo_data).code == 0
    current = json.loads(container.download_blob("current.json").readall())
    for table, name in current["files"].items():
        assert sha256(container.download_blob(name).readall()).hexdigest() == current["sha256"][table]
    name = current["files"]["datasetMeta"]
    good = container.download_blob(name).readall()
    container.upload_blob(name, good.replace(b"Synthetic", b"Sxnthetic"), overwrite=True)
    blobs = BlobSource.by_connection_string(azurite.connection_string, container.container_name)
    dataset = PanelSource(blobs, tmp_path / "cache", 60)
    with pytest.raises(DataUnavailableError, match=r"datasetMeta\.csv: the file is damaged"):
        dataset.panel()
    dataset.stop()
    assert "already the current version" in run_publish(demo_data).out
    assert container.download_blob(name).readall() == good
