"""Publishes a folder's tables to a Blob container, so that no reader sees a partial version.

The files are uploaded to a new folder `versions/<version>-<digest>/`, with when, by whom and from which folder in their
metadata; then `current.json` (`sids_core.panel.layout`) is replaced.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sids_core.panel.digests import sha256_of
from sids_tools.current import (
    VERSIONS,
    Current,
    digest_of,
    folders,
    mark,
    read_current,
    remove,
    replace_current,
    sha256_of_blob,
    using,
)

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient


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
    folder = f"{VERSIONS}{version}-{digest_of({table: path.name for table, path in files.items()}, digests)}/"
    names = {table: folder + path.name for table, path in sorted(files.items())}
    named = {"version": version, "files": names, "sha256": digests}
    with using(container, "written"):
        current = read_current(container)
        changed = current.named != named
        _upload(files, digests, folder, container, progress, again=changed)
        if not changed:
            return Published(version, folder, changed=False, removed=())
        replace_current(container, named, current)
        removed = _remove_old(container, folder, current, keep)
    return Published(version, folder, changed=True, removed=removed)


def _upload(
    files: Mapping[str, Path],
    digests: Mapping[str, str],
    folder: str,
    container: "ContainerClient",
    progress: Callable[[int, int], None],
    *,
    again: bool,
) -> None:
    """Upload what is not there, or damaged; mark what is there if it is to be served again."""
    total = sum(path.stat().st_size for path in files.values())
    existing = set(container.list_blob_names(name_starts_with=folder))
    for table, path in files.items():
        name = folder + path.name
        if name not in existing or sha256_of_blob(container, name) != digests[table]:
            with path.open("rb") as file:
                container.upload_blob(name, file, overwrite=True, metadata=_origin(path.parent))
        elif again:
            mark(container, name)
        progress(path.stat().st_size, total)


def _origin(folder: Path) -> dict[str, str]:
    """When, by whom and from which folder a file is published; percent-encoded, since headers are ASCII."""
    origin = {"published": datetime.now(UTC).isoformat(timespec="seconds"), "source": folder.absolute().name}
    with suppress(OSError, KeyError, ImportError):  # a user without a name, as in containers
        origin["by"] = getuser()
    return {key: quote(value, safe=":+ ") for key, value in origin.items()}


def _remove_old(container: "ContainerClient", current: str, replaced: Current, keep: int) -> tuple[str, ...]:
    """Remove all but the newest versions, which include an upload in progress.

    The replaced version is the first to stay, however old: readers may still be fetching it.
    """
    blobs = folders(container)
    others = [folder for folder in blobs if folder != current]
    newest = {folder: max(blob.last_modified for blob in blobs[folder]) for folder in others}
    others.sort(key=lambda folder: (replaced.has(folder), newest[folder]), reverse=True)
    return tuple(folder for folder in others[keep - 1 :] if remove(container, blobs[folder]))
