"""The versions of a dataset in a Blob container: one folder each, and `current.json`, which names the served one.

`current.json` is replaced in one conditional write, so that of two processes one fails. The files of an old version are
removed only as they were listed: who is about to serve it again first marks each of them, which changes its ETag.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import TYPE_CHECKING, Any

from sids_core.errors import DatasetError, DataUnavailableError
from sids_core.panel.layout import CURRENT
from sids_service.storage.azure import translated

if TYPE_CHECKING:
    from azure.storage.blob import BlobProperties, ContainerClient

VERSIONS = "versions/"


@dataclass(frozen=True, slots=True)
class Current:
    """`current.json` as found; no ETag if it does not exist."""

    named: Mapping[str, Any]
    etag: str | None

    def has(self, folder: str) -> bool:
        """Whether it names a file of the folder."""
        files = self.named.get("files")
        return isinstance(files, dict) and any(str(name).startswith(folder) for name in files.values())


def read_current(container: "ContainerClient") -> Current:
    """`current.json`; a broken one names nothing."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        stream = container.download_blob(CURRENT)
    except ResourceNotFoundError:  # if the container does not exist, the next call reports it
        return Current({}, None)
    try:
        named = json.loads(stream.readall())
    except (ValueError, RecursionError):
        named = {}
    return Current(named if isinstance(named, dict) else {}, str(stream.properties.etag))


def replace_current(container: "ContainerClient", named: Mapping[str, Any], current: Current) -> None:
    """Replace it if it is still as found.

    Raises:
        DatasetError: another process has replaced it meanwhile.
    """
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

    text = json.dumps(named, indent=1).encode()
    try:
        if current.etag is None:
            container.upload_blob(CURRENT, text)
        else:
            container.upload_blob(
                CURRENT, text, overwrite=True, etag=current.etag, match_condition=MatchConditions.IfNotModified
            )
    except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
        raise DatasetError(
            f"{address(container)}: another process published meanwhile, and its version stays; publish again"
        ) from error


def folders(container: "ContainerClient") -> dict[str, list["BlobProperties"]]:
    """Folder → its blobs with their metadata, of every version; blobs in no version's folder are left out."""
    found: dict[str, list[BlobProperties]] = {}
    for blob in container.list_blobs(name_starts_with=VERSIONS, include=["metadata"]):
        folder = blob.name[: blob.name.find("/", len(VERSIONS)) + 1]
        if folder:
            found.setdefault(folder, []).append(blob)
    return found


def mark(container: "ContainerClient", name: str) -> None:
    """Give a blob another ETag and date, so that nobody removes it who listed it before.

    Raises:
        DatasetError: somebody has removed it.
    """
    from azure.core.exceptions import ResourceNotFoundError

    blob = container.get_blob_client(name)
    try:
        blob.set_blob_metadata(blob.get_blob_properties().metadata)
    except ResourceNotFoundError as error:
        raise DatasetError(f"{address(container)}: {name} was removed meanwhile; nothing was replaced") from error


def remove(container: "ContainerClient", blobs: list["BlobProperties"]) -> bool:
    """Remove a version's files as they were listed; False if somebody is about to serve it again."""
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

    for blob in blobs:
        etag = f'"{blob.etag.strip(chr(34))}"'
        try:
            container.delete_blob(blob.name, etag=etag, match_condition=MatchConditions.IfNotModified)
        except ResourceModifiedError:
            return False
        except ResourceNotFoundError:
            continue
    return True


def digest_of(names: Mapping[str, str], digests: Mapping[str, str]) -> str:
    """The end of a folder's name: tells versions of the same content in other files apart.

    Args:
        names: table → name of its file, without the folder.
        digests: table → SHA-256 of its file.
    """
    lines = "".join(f"{digest}  {names[table]}\n" for table, digest in sorted(digests.items()))
    return blake2b(lines.encode(), digest_size=4).hexdigest()


def sha256_of_blob(container: "ContainerClient", name: str) -> str:
    """The SHA-256 of a blob's content."""
    digest = sha256()
    for chunk in container.download_blob(name).chunks():
        digest.update(chunk)
    return digest.hexdigest()


def address(container: "ContainerClient") -> str:
    """The container's URL without the shared access signature, which is a secret."""
    return str(container.url).partition("?")[0]


@contextmanager
def using(container: "ContainerClient", verb: str) -> Iterator[None]:
    """Translate errors of the client library to DataUnavailableError: the container cannot be `verb`."""
    with translated(f"{address(container)} cannot be {verb}", DataUnavailableError):
        yield
