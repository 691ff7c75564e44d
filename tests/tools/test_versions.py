"""`data versions`, `rollback` and `diff` with real Azurite, and what happens when two do so at once."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from azure.storage.blob import BlobProperties, ContainerClient

from sids_core.errors import DatasetError
from sids_core.panel.layout import table_files
from sids_core.panel.tables import read_folder
from sids_service.dataset.blob_source import BlobSource
from sids_service.dataset.panel_source import PanelSource
from sids_tools.current import mark, remove, replace_current
from sids_tools.publishing import publish
from sids_tools.versions import RolledBack, fetch, find, list_versions, rollback
from tests.tools.running import Result

if TYPE_CHECKING:
    from tests.conftest import Azurite

Run = Callable[..., Result]
Publish = Callable[[int], str]


@pytest.fixture
def run(command: Run, azurite: "Azurite", container: ContainerClient) -> Run:
    settings = {
        "DATASET_CONNECTION_STRING": azurite.connection_string,
        "DATASET_CONTAINER": container.container_name,
    }
    return lambda *arguments: command("data", *arguments, **settings)


@pytest.fixture
def make(demo_data: Path, tmp_path: Path) -> Callable[[int], Path]:
    """The demo data with another dataset's name, so that every number is another version."""

    def make(number: int) -> Path:
        folder = tmp_path / f"number {number}"
        if not folder.exists():
            shutil.copytree(demo_data, folder)
            path = folder / "datasetMeta.csv"
            path.write_text(path.read_text().replace("Synthetic", f"Synthetic no. {number}"))
            for sums in folder.glob("SHA256SUMS"):
                sums.unlink()
        return folder

    return make


@pytest.fixture
def put(make: Callable[[int], Path], container: ContainerClient) -> Publish:
    """Publish a number; its version."""

    def put(number: int) -> str:
        version = read_folder(make(number)).version()
        publish(table_files(make(number)), version, container, 3, lambda _done, _total: None)
        return version

    return put


def served(container: ContainerClient) -> str:
    return str(json.loads(container.download_blob("current.json").readall())["version"])


def test_versions_says_which_is_served_and_where_each_is_from(run: Run, put: Publish) -> None:
    published = [put(number) for number in range(3)]
    listed = run("versions")
    assert (listed.code, listed.err) == (0, "")
    head, *rows = listed.out.splitlines()
    assert head.split() == ["version", "published", "by", "from", "size"]
    assert sorted(re.findall(r"[0-9a-f]{16}", listed.out)) == sorted(published)
    (marked,) = [row for row in rows if row.startswith("*")]
    assert published[2] in marked
    assert re.search(r"-[0-9a-f]{8}  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00  \S+ +number 2 +\d\.\d MB$", marked)


def test_a_rollback_serves_the_earlier_version_and_says_how_to_come_back(
    run: Run, put: Publish, azurite: "Azurite", container: ContainerClient, tmp_path: Path
) -> None:
    first, second = put(1), put(2)
    done = run("rollback", first)
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(
        rf"{first}-\w+ is now the current version instead of ({second}-\w+); services load it at their next poll\n"
        r"back again: sids data rollback \1\n",
        done.out,
    )
    dataset = PanelSource(
        BlobSource.by_connection_string(azurite.connection_string, container.container_name), tmp_path / "cache", 60
    )
    assert dataset.panel().version == first
    assert run("rollback", done.out.split()[-1]).code == 0
    dataset.refresh()
    assert dataset.panel().version == second
    dataset.stop()


def test_a_rollback_to_the_served_version_writes_nothing(run: Run, put: Publish, container: ContainerClient) -> None:
    version = put(1)
    before = {blob.name: blob.etag for blob in container.list_blobs()}
    assert "is the current version already" in run("rollback", version).out
    assert {blob.name: blob.etag for blob in container.list_blobs()} == before


def test_a_version_that_is_not_there_is_named_with_those_that_are(run: Run, put: Publish) -> None:
    version = put(1)
    result = run("rollback", "0123456789abcdef")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert f"version '0123456789abcdef' is unknown; allowed: {version}-" in result.err


def test_what_others_named_a_folder_stays_text_in_every_line(
    run: Run, put: Publish, container: ContainerClient
) -> None:
    """Without an escape, these characters would turn the rest of a terminal's line around, or end it."""
    version = put(1)
    forged = "\u202eversion\u2028*"
    for blob in list(container.list_blobs(name_starts_with=f"versions/{version}-")):
        folder, _, name = blob.name.rpartition("/")
        copy = f"versions/{forged}-{folder.rpartition('-')[2]}/{name}"
        container.upload_blob(copy, container.download_blob(blob.name).readall())
    unknown = run("rollback", "0123456789abcdef")
    rollback(container, forged)
    back = run("rollback", version)
    assert (unknown.code, back.code) == (2, 0)
    for line in (*unknown.err.splitlines(), *back.out.splitlines()):
        assert line.isprintable()
    assert "\\u202eversion\\u2028*" in unknown.err
    assert "\\u202eversion\\u2028*" in back.out


def test_an_empty_container_and_none(run: Run, command: Run) -> None:
    assert "there are no versions" in run("versions").err
    result = command("data", "versions")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "name the container" in result.err


@pytest.mark.parametrize("moment", ["other", "same again"])
def test_of_two_who_replace_the_current_version_one_fails_loudly(
    put: Publish,
    make: Callable[[int], Path],
    container: ContainerClient,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    first, second = put(1), put(2)

    def meanwhile(*arguments: object) -> None:
        monkeypatch.setattr("sids_tools.versions.replace_current", replace_current)
        if moment == "other":
            put(3)
        else:
            rollback(container, first)
            put(2)
        replace_current(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("sids_tools.versions.replace_current", meanwhile)
    with pytest.raises(DatasetError, match="another process published meanwhile, and its version stays"):
        rollback(container, first)
    assert served(container) == (read_folder(make(3)).version() if moment == "other" else second)


def test_a_version_that_is_about_to_be_served_again_is_not_removed(
    put: Publish, make: Callable[[int], Path], container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher has listed what it removes when somebody rolls back to it: its removal leaves that version alone."""
    first = put(1)
    put(2)
    done: list[RolledBack] = []

    def meanwhile(client: ContainerClient, blobs: list[BlobProperties]) -> bool:
        if not done:
            done.append(rollback(container, first))
        return remove(client, blobs)

    monkeypatch.setattr("sids_tools.publishing.remove", meanwhile)
    folder = make(3)
    published = publish(table_files(folder), read_folder(folder).version(), container, 2, lambda _done, _total: None)
    assert done[0].changed
    assert served(container) == first
    assert published.removed == ()
    assert all(version.files for version in list_versions(container))


def test_a_version_that_is_removed_meanwhile_is_not_served_again(
    put: Publish, container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = put(1), put(2)

    def meanwhile(client: ContainerClient, name: str) -> None:
        client.delete_blob(name)
        mark(client, name)

    monkeypatch.setattr("sids_tools.versions.mark", meanwhile)
    with pytest.raises(DatasetError, match="was removed meanwhile; nothing was replaced"):
        rollback(container, first)
    assert served(container) == second


@pytest.mark.parametrize("damage", ["flipped", "cut", "gone"])
def test_a_damaged_version_is_neither_served_again_nor_compared(
    put: Publish, container: ContainerClient, tmp_path: Path, damage: str
) -> None:
    first, second = put(1), put(2)
    name = next(name for name in container.list_blob_names() if first in name and "datasetMeta" in name)
    content = container.download_blob(name).readall()
    if damage == "gone":
        container.delete_blob(name)
    else:
        container.upload_blob(name, content[:-1] if damage == "cut" else content.swapcase(), overwrite=True)
    said = "lacks files" if damage == "gone" else "is damaged"
    with pytest.raises(DatasetError, match=said):
        rollback(container, first)
    version = find(list_versions(container), first)
    with pytest.raises(DatasetError, match=said):
        fetch(container, version, tmp_path)
    assert served(container) == second
    assert bool(version.files) is (damage != "gone")


def test_the_version_that_was_replaced_stays_however_old(put: Publish, container: ContainerClient) -> None:
    """After a rollback the served one is the oldest: who publishes then keeps it for its readers."""
    first = put(1)
    put(2)
    rollback(container, first)
    put(2)
    put(3)
    rollback(container, first)
    put(4)
    kept = {version.version for version in list_versions(container)}
    assert first in kept
    assert len(kept) == 3


def test_diff_says_what_would_change_before_it_is_published(
    run: Run, put: Publish, make: Callable[[int], Path]
) -> None:
    put(1)
    folder = make(2)
    path = folder / "indicatorData.csv.gz"
    data: Any = pd.read_csv(path)
    years = [column for column in data.columns if column.isdecimal()]
    row, year = next((row, year) for row in data.index for year in years if data.at[row, year] > 0)
    indicator, country, value = data.at[row, "Indicator Code"], data.at[row, "Country Code"], data.at[row, year]
    data.loc[row, year] = 3 * value
    data.to_csv(path, index=False)
    found = run("diff", "current", folder)
    assert (found.code, found.err) == (0, "")
    lines = found.out.splitlines()
    assert lines[1:5] == [f"{what}: 0 added, 0 removed" for what in ("datasets", "indicators", "countries", "years")]
    assert re.fullmatch(r"values: 0 added, 0 removed, 1 changed, [0-9,]+ equal, in 1 indicators", lines[5])
    assert lines[6].startswith(f"  {indicator} (")
    assert lines[6].endswith(f"; most {country} {year}: {value:.10g} → {3 * value:.10g} (+200.0%)")
    assert "dataset name: " in found.out
    assert run("diff", "current", make(1)).out.startswith("no difference: both are version ")


def test_diff_of_two_files(command: Run, tmp_path: Path) -> None:
    for name, value in (("old", 0), ("new", 2)):
        (tmp_path / f"{name}.csv").write_text(f"country,indicator,year,value\nFJI,x,2000,{value}\nTON,{name},2001,1\n")
    found = command("data", "diff", tmp_path / "old.csv", tmp_path / "new.csv")
    assert (found.code, found.err) == (0, "")
    assert "indicators: 1 added (new), 1 removed (old)" in found.out
    assert "x (x): 0 added, 0 removed, 1 changed of 1; most FJI 2000: 0 → 2 (from 0)" in found.out


def test_diff_of_what_is_not_there_is_one_line(command: Run, demo_data: Path) -> None:
    result = command("data", "diff", demo_data, "nowhere")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "nowhere is no folder or file" in result.err
