"""The versions of a dataset that lie in a container: which there are, and back to an earlier one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sids_core.errors import DatasetError, UnknownValueError
from sids_core.file_names import shown
from sids_core.panel.digests import sha256_of
from sids_core.panel.layout import CURRENT, find_tables
from sids_tools.current import (
    VERSIONS,
    Current,
    address,
    digest_of,
    folders,
    mark,
    read_current,
    replace_current,
    sha256_of_blob,
    using,
)

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties, ContainerClient

SERVED = "current"
"""Stands for the version that is served, whichever it is."""

_FOLDER = re.compile(r"versions/(?P<version>.+)-(?P<digest>[0-9a-f]{8})/")


@dataclass(frozen=True, slots=True)
class Version:
    """A version in the container.

    Attributes:
        folder: its folder, `versions/<version>-<digest>/`.
        files: table → its file; empty if one of the tables has no file, as while it is being uploaded or removed.
        size: bytes of all files.
        published: when, as its publisher noted; empty for one of an earlier release.
        by: who, the name of a user.
        source: what, the name of the folder that was published.
        modified: when its files were last uploaded or marked.
        served: whether `current.json` names it.
    """

    folder: str
    files: Mapping[str, str]
    size: int
    published: str
    by: str
    source: str
    modified: datetime
    served: bool

    @property
    def name(self) -> str:
        """What tells it from others: `<version>-<digest>`."""
        return self.folder.removeprefix(VERSIONS).rstrip("/")

    @property
    def version(self) -> str:
        """The version of its content, which `/ready` reports."""
        match = _FOLDER.fullmatch(self.folder)
        return match["version"] if match else self.name


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The version that is served now, and the one before; None if that was none of a folder."""

    now: Version
    before: Version | None

    @property
    def changed(self) -> bool:
        """Whether it is another one."""
        return self.before is None or self.before.folder != self.now.folder


def list_versions(container: "ContainerClient") -> list[Version]:
    """Every version, the newest first.

    Raises:
        DataUnavailableError: the container cannot be read.
    """
    with using(container, "read"):
        current = read_current(container)
        return _versions(container, current)


def rollback(container: "ContainerClient", wanted: str) -> RolledBack:
    """Serve an earlier version again, by one conditional write, once its files were found to be as published.

    Args:
        container: the container.
        wanted: a version, as listed with or without the digest.

    Raises:
        UnknownValueError: there is no such version.
        DatasetError: there are several, a file is missing or damaged, or another process published meanwhile; nothing
            was replaced.
        DataUnavailableError: the container cannot be read or written.
    """
    with using(container, "written"):
        current = read_current(container)
        versions = _versions(container, current)
        version = find(versions, wanted)
        before = next((each for each in versions if each.served), None)
        if version.served:
            return RolledBack(version, version)
        digests = {table: sha256_of_blob(container, name) for table, name in version.files.items()}
        _check(container, version, digests)
        for name in version.files.values():
            mark(container, name)
        named = {"version": version.version, "files": dict(version.files), "sha256": digests}
        replace_current(container, named, current)
    return RolledBack(version, before)


def find(versions: list[Version], wanted: str) -> Version:
    """The version of that name, with or without the digest; `current` is the served one.

    Raises:
        UnknownValueError: there is none.
        DatasetError: there are several.
    """
    found = [each for each in versions if wanted in (each.name, each.version) or (wanted == SERVED and each.served)]
    if len(found) > 1:
        raise DatasetError(
            f"version {shown(wanted)} is there in several forms: {', '.join(each.name for each in found)}"
        )
    if not found:
        raise UnknownValueError("version", wanted, [each.name for each in versions])
    return found[0]


def fetch(container: "ContainerClient", version: Version, folder: Path) -> None:
    """Download a version's files into a folder.

    Raises:
        DatasetError: one of them is missing or damaged.
        DataUnavailableError: the container cannot be read.
    """
    with using(container, "read"):
        for name in version.files.values():
            with (folder / PurePosixPath(name).name).open("wb") as file:
                container.download_blob(name).readinto(file)
    digests = {table: sha256_of(folder / PurePosixPath(name).name) for table, name in version.files.items()}
    _check(container, version, digests)


def _versions(container: "ContainerClient", current: Current) -> list[Version]:
    found = [_version(folder, blobs, current) for folder, blobs in folders(container).items()]
    return sorted(found, key=lambda version: (version.modified, version.served, version.name), reverse=True)


def _version(folder: str, blobs: list["BlobProperties"], current: Current) -> Version:
    try:
        files = find_tables([blob.name.removeprefix(folder) for blob in blobs], folder)
    except DatasetError:
        files = {}
    notes = [{key: unquote(value) for key, value in (blob.metadata or {}).items()} for blob in blobs]
    note = max(notes, key=lambda each: each.get("published", ""))
    return Version(
        folder=folder,
        files={table: folder + name for table, name in files.items()},
        size=sum(blob.size for blob in blobs),
        published=note.get("published", ""),
        by=note.get("by", ""),
        source=note.get("source", ""),
        modified=max(blob.last_modified for blob in blobs),
        served=current.has(folder),
    )


def _check(container: "ContainerClient", version: Version, digests: Mapping[str, str]) -> None:
    """Raise DatasetError if the files are not those that were published."""
    match = _FOLDER.fullmatch(version.folder)
    names = {table: PurePosixPath(name).name for table, name in version.files.items()}
    if not names:
        raise DatasetError(f"{address(container)}: {version.folder} lacks files; {CURRENT} stays as it is")
    if match is None or match["digest"] != digest_of(names, digests):
        raise DatasetError(f"{address(container)}: {version.folder} is damaged; {CURRENT} stays as it is")
