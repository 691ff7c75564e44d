"""Publishes a folder's tables to a Blob container, so that no reader sees a partial version.

The files are uploaded to a new folder `versions/<version>-<digest>/`; then `current.json` (`sids_core.panel.layout`) is
replaced in one conditional write, which fails if another process has published meanwhile.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.digests import sha256_of
from sids_core.panel.layout import CURRENT
from sids_service.storage.azure import translated

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

VERSIONS = "versions/"


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing.

    Attributes:
        version: the version that `/ready` will report.
        folder: the files' folder in the container.
        changed: whether `current.json` was replaced; False if it named these files already.
        removed: folders of old versions that were removed.
    """

    version: str
    folder: str
    changed: bool
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Current:
    """`current.json` as found; no ETag if it does not exist."""

    named: Mapping[str, Any]
    etag: str | None

    def has(self, folder: str) -> bool:
        """Whether it names a file of the folder."""
        files = self.named.get("files")
        return isinstance(files, dict) and any(str(name).startswith(folder) for name in files.values())


def publish(
    files: Mapping[str, Path],
    version: str,
    container: "ContainerClient",
    keep: int,
    progress: Callable[[int, int], None],
) -> Published:
    """Upload the tables and make them the current ones.

    Args:
        files: table → file; checked by the caller.
        version: version of their content.
        container: the container; must exist.
        keep: number of versions to keep, including the current one, for readers still fetching the previous one.
        progress: called with (bytes done since the last call, total bytes).

    Raises:
        DatasetError: another process published meanwhile; nothing was replaced.
        DataUnavailableError: the container cannot be reached or written; `current.json` is unchanged.
    """
    digests = {table: sha256_of(path) for table, path in sorted(files.items())}
    folder = f"{VERSIONS}{version}-{_digest(files, digests)}/"
    names = {table: folder + path.name for table, path in sorted(files.items())}
    named = {"version": version, "files": names, "sha256": digests}
    with translated(f"{_address(container)} cannot be written", DataUnavailableError):
        current = _read_current(container)
        _upload(files, digests, folder, container, progress)
        if current.named == named:
            return Published(version, folder, changed=False, removed=())
        _replace_current(container, named, current)
        removed = _remove_old(container, folder, current, keep)
    return Published(version, folder, changed=True, removed=removed)


def _digest(files: Mapping[str, Path], digests: Mapping[str, str]) -> str:
    lines = "".join(f"{digest}  {files[table].name}\n" for table, digest in digests.items())
    return blake2b(lines.encode(), digest_size=4).hexdigest()


def _read_current(container: "ContainerClient") -> _Current:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        stream = container.download_blob(CURRENT)
    except ResourceNotFoundError:  # if the container does not exist, the upload reports it
        return _Current({}, None)
    try:
        named = json.loads(stream.readall())
    except (ValueError, RecursionError):
        named = {}  # a broken one is replaced too
    return _Current(named if isinstance(named, dict) else {}, str(stream.properties.etag))


def _upload(
    files: Mapping[str, Path],
    digests: Mapping[str, str],
    folder: str,
    container: "ContainerClient",
    progress: Callable[[int, int], None],
) -> None:
    total = sum(path.stat().st_size for path in files.values())
    existing = set(container.list_blob_names(name_starts_with=folder))
    for table, path in files.items():
        name = folder + path.name
        if name not in existing or _sha256(container, name) != digests[table]:
            with path.open("rb") as file:
                container.upload_blob(name, file, overwrite=True)
        progress(path.stat().st_size, total)


def _sha256(container: "ContainerClient", name: str) -> str:
    digest = sha256()
    for chunk in container.download_blob(name).chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _replace_current(container: "ContainerClient", named: Mapping[str, Any], current: _Current) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

    text = json.dumps(named, indent=1).encode()
    try:
        if current.etag is None:
            container.upload_blob(CURRENT, text)
        else:
            container.upload_blob(
                CURRENT, text, overwrite=True, etag=current.etag, match_condition=MatchConditions.IfNotModified
            )
    except (ResourceExistsError, ResourceModifiedError) as error:
        raise DatasetError(
            f"{_address(container)}: another process published meanwhile, and its version stays; publish again"
        ) from error


def _remove_old(container: "ContainerClient", current: str, replaced: _Current, keep: int) -> tuple[str, ...]:
    """Remove all but the newest versions, which include an upload in progress.

    Storage dates blobs to the second: of versions uploaded in the same one, the replaced version stays, since readers
    may still be fetching it.
    """
    newest: dict[str, Any] = {}
    for blob in container.list_blobs(name_starts_with=VERSIONS):
        folder = blob.name[: blob.name.find("/", len(VERSIONS)) + 1]
        if not folder:  # a blob that is in no version's folder
            continue
        newest[folder] = max(newest.get(folder, blob.last_modified), blob.last_modified)
    others = [folder for folder in newest if folder != current]
    others.sort(key=lambda folder: (newest[folder], replaced.has(folder)), reverse=True)
    old = tuple(others[keep - 1 :])
    for folder in old:
        for name in list(container.list_blob_names(name_starts_with=folder)):
            container.delete_blob(name)
    return old


def _address(container: "ContainerClient") -> str:
    # Without the shared access signature, which is a secret.
    return str(container.url).partition("?")[0]
