"""A panel source over a container of real Azurite."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from azure.storage.blob import ContainerClient

from sids_core.errors import DatasetError, DataUnavailableError
from sids_service.dataset.blob_source import BlobSource
from sids_service.dataset.panel_source import PanelSource
from sids_service.dataset.sources import FileSource, SourceChangedError
from tests.small_tables import SmallTables

if TYPE_CHECKING:
    from tests.conftest import Azurite

Opener = Callable[[FileSource], PanelSource]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def blobs(azurite: "Azurite", container: ContainerClient) -> BlobSource:
    return BlobSource.by_connection_string(azurite.connection_string, container.container_name)


def _upload(container: ContainerClient, folder: Path, prefix: str = "") -> None:
    for path in sorted(folder.glob("*.csv")):
        container.upload_blob(prefix + path.name, path.read_bytes(), overwrite=True)


def test_a_container_gives_the_same_panel_as_a_folder(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, open_source: Opener
) -> None:
    _upload(container, small.folder)
    panel = open_source(blobs).panel()
    tables, _ = small.read()
    assert tables is not None
    assert panel.version == tables.version()
    assert panel.files == tables.files


def test_a_changed_blob_is_picked_up(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, open_source: Opener, eventually: Eventually
) -> None:
    _upload(container, small.folder)
    dataset = open_source(blobs)
    before = dataset.panel()
    small.edit("indicatorData.csv", "3e2", "12345")
    _upload(container, small.folder)
    eventually(lambda: dataset.panel().version != before.version)
    assert np.nanmax(dataset.panel().values) == 12345


def test_a_corrupt_upload_is_reported_and_ignored(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, open_source: Opener, eventually: Eventually
) -> None:
    _upload(container, small.folder)
    dataset = open_source(blobs)
    before = dataset.panel()
    container.upload_blob("indicatorData.csv", b"<html>not found</html>", overwrite=True)
    eventually(lambda: "indicatorData.csv: column missing" in dataset.status().error)
    assert dataset.panel() is before
    _upload(container, small.folder)
    eventually(lambda: not dataset.status().error)
    assert dataset.panel().version == before.version


def test_a_service_that_comes_late_is_found(
    small: SmallTables, azurite: "Azurite", container: ContainerClient, blobs: BlobSource, open_source: Opener,
    eventually: Eventually,
) -> None:  # fmt: skip
    _upload(container, small.folder)
    azurite.stop()
    dataset = open_source(blobs)
    with pytest.raises(DataUnavailableError, match=r"no dataset could be loaded: .* cannot be read"):
        dataset.panel()
    assert not dataset.status().ready
    azurite.start()
    eventually(lambda: dataset.status().ready)
    assert dataset.panel().observed.sum() == 6
    assert not dataset.status().error


def test_a_service_that_goes_away_leaves_the_last_good_version(
    small: SmallTables, azurite: "Azurite", container: ContainerClient, blobs: BlobSource, open_source: Opener,
    eventually: Eventually,
) -> None:  # fmt: skip
    _upload(container, small.folder)
    dataset = open_source(blobs)
    before = dataset.panel()
    azurite.stop()
    eventually(lambda: "cannot be read" in dataset.status().error)
    assert dataset.panel() is before
    assert dataset.status().ready
    azurite.start()
    eventually(lambda: not dataset.status().error)
    small.edit("indicatorData.csv", "3e2", "12345")
    _upload(container, small.folder)
    eventually(lambda: dataset.panel().version != before.version)


def test_a_container_that_does_not_exist_is_named(azurite: "Azurite") -> None:
    azurite.start()
    blobs = BlobSource.by_connection_string(azurite.connection_string, "missing")
    with pytest.raises(
        DataUnavailableError, match="/missing cannot be read: The specified container does not exist"
    ) as fault:
        blobs.tags()
    assert "AccountKey" not in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_published_version_replaces_another_as_a_whole(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, open_source: Opener, eventually: Eventually
) -> None:
    def publish(version: str) -> None:
        files = ", ".join(
            f'"{name}": "versions/{version}/{name}.csv"' for name in ("indicatorMeta", "datasetMeta", "indicatorData")
        )
        text = f'{{"version": "{version}", "files": {{{files}}}}}'
        container.upload_blob("current.json", text.encode(), overwrite=True)

    _upload(container, small.folder, "versions/1/")
    publish("1")
    dataset = open_source(blobs)
    before = dataset.panel()
    small.edit("indicatorData.csv", "3e2", "12345")
    _upload(container, small.folder, "versions/2/")
    assert dataset.panel() is before
    publish("2")
    eventually(lambda: dataset.panel().version != before.version)
    assert np.nanmax(dataset.panel().values) == 12345
    publish("3")
    eventually(lambda: "current.json names versions/3/" in dataset.status().error)
    assert dataset.status().ready


def test_a_blob_is_fetched_in_the_listed_version_or_not_at_all(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, tmp_path: Path
) -> None:
    _upload(container, small.folder)
    tag = blobs.tags()["datasetMeta.csv"]
    assert blobs.tag("datasetMeta.csv") == tag
    assert blobs.tag("nothing.csv") is None
    assert blobs.fetch("datasetMeta.csv", tag, tmp_path).read_text(encoding="utf-8") == small.text("datasetMeta.csv")
    _upload(container, small.folder)
    with pytest.raises(SourceChangedError):
        blobs.fetch("datasetMeta.csv", tag, tmp_path)


def test_an_empty_container_lacks_all_tables(blobs: BlobSource, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no file for indicatorMeta, datasetMeta, indicatorData"):
        PanelSource(blobs, tmp_path, 60).check_source()
