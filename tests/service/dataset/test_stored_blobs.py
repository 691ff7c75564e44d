"""Blobs as people upload them, compressed or said to be, and downloads that do not arrive, on real Azurite."""

import gzip
import json
import runpy
import zlib
from collections.abc import Callable, Iterator
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

import fastparquet
import pandas as pd
import pytest
from azure.storage.blob import BlobBlock, ContainerClient, ContentSettings

from sids_core.errors import DatasetError, DataUnavailableError
from sids_service.dataset import download
from sids_service.dataset.blob_source import BlobSource
from sids_service.dataset.panel_source import PanelSource
from sids_service.dataset.sources import FileSource
from tests.service.dataset.cutting_proxy import CuttingProxy
from tests.small_tables import TABLES, SmallTables

if TYPE_CHECKING:
    from tests.conftest import Azurite

Opener = Callable[[FileSource], PanelSource]
Eventually = Callable[[Callable[[], bool]], None]
DATA = "indicatorData.csv"


@pytest.fixture
def blobs(azurite: "Azurite", container: ContainerClient) -> BlobSource:
    return BlobSource.by_connection_string(azurite.connection_string, container.container_name)


@pytest.fixture
def proxy(azurite: "Azurite") -> Iterator[CuttingProxy]:
    azurite.start()
    started = CuttingProxy(azurite.blob_port)
    yield started
    started.stop()


@pytest.fixture
def through_proxy(azurite: "Azurite", container: ContainerClient, proxy: CuttingProxy) -> BlobSource:
    direct, through = (f"127.0.0.1:{port}" for port in (azurite.blob_port, proxy.port))
    return BlobSource.by_connection_string(azurite.connection_string.replace(direct, through), container.container_name)


def parquet(text: str, folder: Path) -> bytes:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    fastparquet.write(str(folder / "table.parquet"), pd.read_csv(path))
    return (folder / "table.parquet").read_bytes()


def upload(container: ContainerClient, name: str, content: bytes, encoding: str | None = None) -> None:
    settings = ContentSettings(
        content_encoding=encoding, content_md5=bytearray(md5(content, usedforsecurity=False).digest())
    )
    container.upload_blob(name, content, overwrite=True, content_settings=settings)


def rest(container: ContainerClient, small: SmallTables) -> None:
    for table in TABLES[:2]:
        upload(container, f"{table}.csv", small.text(f"{table}.csv").encode())


@pytest.mark.parametrize(
    "encoding", [None, "gzip", "GZIP", "x-gzip", "gzip, gzip", "deflate", "br", "utf-8", "identity"]
)
@pytest.mark.parametrize("layers", [0, 1, 2])
@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_a_table_is_read_whatever_the_header_says(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, tmp_path: Path, encoding: str | None,
    layers: int, ending: str,
) -> None:  # fmt: skip
    text = small.text(DATA)
    plain = parquet(text, tmp_path) if ending == ".parquet" else text.encode()
    content = plain
    for _ in range(layers + (ending == ".csv.gz")):
        content = gzip.compress(content)
    name = f"indicatorData{ending}"
    upload(container, name, content, encoding)
    path = blobs.fetch(name, blobs.tags()[name], tmp_path)
    found = path.read_bytes()
    assert path.name == name
    assert (gzip.decompress(found) if ending == ".csv.gz" else found) == plain


def test_all_tables_and_the_current_version_may_be_compressed(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, open_source: Opener
) -> None:
    for table in TABLES:
        upload(container, f"v1/{table}.csv", gzip.compress(small.text(f"{table}.csv").encode()), "gzip")
    current = json.dumps({"version": "1", "files": {table: f"v1/{table}.csv" for table in TABLES}})
    upload(container, "current.json", gzip.compress(current.encode()), "gzip")
    tables, _ = small.read()
    assert tables is not None
    assert open_source(blobs).panel().version == tables.version()


def test_deflated_tables_are_read(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, tmp_path: Path
) -> None:
    upload(container, DATA, zlib.compress(small.text(DATA).encode()), "deflate")
    assert blobs.fetch(DATA, blobs.tags()[DATA], tmp_path).read_text(encoding="utf-8") == small.text(DATA)


def test_members_one_after_the_other_are_one_file(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, tmp_path: Path
) -> None:
    lines = small.text(DATA).encode().splitlines(keepends=True)
    upload(container, DATA, b"".join(map(gzip.compress, lines)), "gzip")
    assert blobs.fetch(DATA, blobs.tags()[DATA], tmp_path).read_bytes() == b"".join(lines)


def test_a_case_that_failed(
    cases: Path, azurite: "Azurite", monkeypatch: pytest.MonkeyPatch, open_source: Opener
) -> None:
    azurite.start()
    monkeypatch.setenv("DATASET_CONNECTION_STRING", azurite.connection_string)
    runpy.run_path(str(cases / "azurite-content-encoding" / "put.py"))
    panel = open_source(BlobSource.by_connection_string(azurite.connection_string, "datasets")).panel()
    assert panel.observed.tolist() == [[2], [2]]


@pytest.mark.parametrize("name", [DATA, f"{DATA}.gz"])
def test_a_compressed_file_that_was_stored_cut_off_is_an_error_of_the_dataset(
    small: SmallTables, container: ContainerClient, blobs: BlobSource, tmp_path: Path, name: str
) -> None:
    rest(container, small)
    upload(container, name, gzip.compress(small.text(DATA).encode())[:-9], "gzip")
    dataset = PanelSource(blobs, tmp_path / "cache", 60)
    dataset.start()
    with pytest.raises(DataUnavailableError, match=rf"no dataset could be loaded: .*{name}.*cut off"):
        dataset.panel()
    dataset.stop()
    if name == DATA:
        with pytest.raises(DatasetError, match="cut off or damaged"):
            blobs.fetch(name, blobs.tags()[name], tmp_path)


CHANGES = {
    "half": lambda body: body[: len(body) // 2],
    "a line short": lambda body: body[: body[:-1].rfind(b"\n") + 1],
    "empty": lambda _: b"",
    "longer": lambda body: body + body,
    "changed": lambda body: body[:-2] + b"7\n",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_download_that_does_not_arrive_is_repeated(
    small: SmallTables, container: ContainerClient, through_proxy: BlobSource, proxy: CuttingProxy, tmp_path: Path,
    change: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    upload(container, DATA, small.text(DATA).encode())
    proxy.of, proxy.change, proxy.times = DATA, change, 1
    assert through_proxy.fetch(DATA, through_proxy.tags()[DATA], tmp_path).read_text("utf-8") == small.text(DATA)


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_one_that_never_arrives_is_refused_and_the_last_good_dataset_stays(
    small: SmallTables, container: ContainerClient, through_proxy: BlobSource, proxy: CuttingProxy,
    open_source: Opener, eventually: Eventually, change: Callable[[bytes], bytes],
) -> None:  # fmt: skip
    rest(container, small)
    upload(container, DATA, small.text(DATA).encode())
    dataset = open_source(through_proxy)
    before = dataset.panel()
    proxy.of, proxy.change, proxy.times = DATA, change, 10**9
    small.edit(DATA, "3e2", "12345")
    upload(container, DATA, small.text(DATA).encode())
    eventually(lambda: bool(dataset.status().error))
    assert f"{through_proxy.source}/{DATA} was not downloaded completely" in dataset.status().error
    assert dataset.panel() is before
    proxy.times = 0
    eventually(lambda: dataset.panel().version != before.version)
    assert not dataset.status().error


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_connection_that_breaks_is_noticed_without_a_checksum(
    small: SmallTables, container: ContainerClient, through_proxy: BlobSource, proxy: CuttingProxy, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, encoding: str | None,
) -> None:  # fmt: skip
    monkeypatch.setattr("azure.storage.blob._download.time.sleep", lambda _: None)
    content = gzip.compress(small.text(DATA).encode()) if encoding else small.text(DATA).encode()
    blob = container.get_blob_client(DATA)
    blob.stage_block("a", content)
    blob.commit_block_list([BlobBlock("a")], content_settings=ContentSettings(content_encoding=encoding))
    assert blob.get_blob_properties().content_settings.content_md5 is None
    proxy.of, proxy.change, proxy.times = DATA, CHANGES["half"], 10**9
    for proxy.announces in (True, False):
        with pytest.raises(DataUnavailableError, match=DATA if not proxy.announces else "cannot be read"):
            through_proxy.fetch(DATA, through_proxy.tags()[DATA], tmp_path)
    proxy.times, proxy.announces = 0, False
    path = through_proxy.fetch(DATA, through_proxy.tags()[DATA], tmp_path)
    assert path.read_text("utf-8") == small.text(DATA)


def test_a_large_blob_arrives_in_parts(container: ContainerClient, blobs: BlobSource, tmp_path: Path) -> None:
    content = gzip.compress(bytes(70_000_000), compresslevel=0)
    container.upload_blob("large.csv", content, content_settings=ContentSettings(content_encoding="gzip"))
    path = blobs.fetch("large.csv", blobs.tags()["large.csv"], tmp_path)
    assert path.stat().st_size == 70_000_000


def test_it_is_tried_a_few_times_only(
    small: SmallTables, container: ContainerClient, through_proxy: BlobSource, proxy: CuttingProxy, tmp_path: Path
) -> None:
    upload(container, DATA, small.text(DATA).encode())
    proxy.of, proxy.change, proxy.times = DATA, CHANGES["changed"], 10**9
    with pytest.raises(DataUnavailableError, match="do not match the blob's MD5"):
        through_proxy.fetch(DATA, through_proxy.tags()[DATA], tmp_path)
    assert proxy.downloads == download.ATTEMPTS
