"""Downloads a blob as it is stored, checks that it is complete, and undoes compression that its name does not tell of.

A client library would decompress what the header Content-Encoding calls compressed, and fails if the header is wrong.
Here the header decides nothing that the content can: `az storage blob upload --content-encoding gzip` sets it on plain
and on compressed files, and a `.csv.gz` may have it or not. Checksums are those of the stored bytes.
"""

import gzip
import shutil
import zlib
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sids_core.errors import DatasetError, DataUnavailableError

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobProperties

ATTEMPTS = 2
"""Downloads of a blob that arrives incomplete or changed, before it is given up until the next poll."""

GZIP = b"\x1f\x8b"
"""First bytes of a gzip file; neither UTF-8 text nor a Parquet file begins with them."""

GZIP_ERRORS = (gzip.BadGzipFile, EOFError, zlib.error)
CHUNK_BYTES = 1 << 20


def download(blob: "BlobClient", tag: str, path: Path, address: str) -> None:
    """Write the version of a blob with this ETag to a new file, in the form that the file's name says.

    Args:
        blob: the blob.
        tag: its ETag, without quotes.
        path: the file.
        address: the blob's address in messages, without a secret.

    Raises:
        DataUnavailableError: it arrived incomplete or changed, at every attempt.
        DatasetError: the stored content is compressed and damaged.
        azure.core.exceptions.AzureError: the download failed, or the ETag is not the current one.
    """
    from azure.core import MatchConditions

    condition: dict[str, Any] = {"etag": f'"{tag}"', "match_condition": MatchConditions.IfNotModified}
    stored = blob.get_blob_properties(**condition)
    for _ in range(ATTEMPTS):
        with path.open("wb") as file:
            blob.download_blob(decompress=False, **condition).readinto(file)
        fault = _fault(path, stored)
        if not fault:
            break
    else:
        raise DataUnavailableError(f"{address} was not downloaded completely: {fault}")
    if "deflate" in str(stored.content_settings.content_encoding).lower():
        _inflate(path)
    _uncompress(path)


def _fault(path: Path, stored: "BlobProperties") -> str:
    """How the file differs from the stored blob; empty if it does not."""
    size = path.stat().st_size
    if size != stored.size:
        return f"{size} of {stored.size} bytes arrived"
    checksum = stored.content_settings.content_md5
    if checksum and _md5(path) != bytes(checksum):
        return f"{size} bytes arrived that do not match the blob's MD5"
    return ""


def _md5(path: Path) -> bytes:
    checksum = md5(usedforsecurity=False)
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            checksum.update(chunk)
    return checksum.digest()


def _uncompress(path: Path) -> None:
    """Undo gzip until the file has one layer of it, if its name ends in .gz, or else none."""
    while _is_gzip(path) and (path.suffix != ".gz" or _is_twice_gzip(path)):
        plain = path.with_name(f"{path.name}.plain")
        try:
            with gzip.open(path) as content, plain.open("wb") as file:
                shutil.copyfileobj(content, file, CHUNK_BYTES)
        except GZIP_ERRORS as error:
            raise DatasetError(f"{path.name} is stored as a gzip file that is cut off or damaged: {error}") from error
        plain.replace(path)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP)) == GZIP


def _is_twice_gzip(path: Path) -> bool:
    try:
        with gzip.open(path) as file:
            return file.read(len(GZIP)) == GZIP
    except GZIP_ERRORS:  # the reader of the table says what is wrong with it
        return False


def _inflate(path: Path) -> None:
    """Undo the encoding `deflate`; a file that does not have it is left as it is."""
    plain = path.with_name(f"{path.name}.plain")
    try:
        with path.open("rb") as content, plain.open("wb") as file:
            file.writelines(_inflated(content))
    except zlib.error:
        plain.unlink()
    else:
        plain.replace(path)


def _inflated(content: IO[bytes]) -> Iterator[bytes]:
    decompressor = zlib.decompressobj()
    for chunk in iter(lambda: content.read(CHUNK_BYTES), b""):
        yield decompressor.decompress(chunk)
    yield decompressor.flush()
    if not decompressor.eof:
        raise zlib.error("cut off")
