"""Digests of the tables' files: SHA-256, in `SHA256SUMS` beside them (the form of `sha256sum`) or in `current.json`.

With a digest every change of a file is noticed, without one only what makes it unreadable as a table.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import file_digest
from pathlib import Path

from sids_core.errors import DatasetError, DataUnavailableError, TableError

SUMS = "SHA256SUMS"
LINE = re.compile(r"([0-9a-f]{64}) [ *](?:\./)?(.+)")
DIGEST = re.compile(r"[0-9a-f]{64}")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits.

    Raises:
        DataUnavailableError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataUnavailableError(f"{path.name} cannot be read: {error.strerror or error}") from error


def write_sums(folder: Path) -> None:
    """Write `SHA256SUMS` of all files of a folder into it."""
    lines = [f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.iterdir()) if path.name != SUMS]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def parse_sums(content: bytes, source: str) -> dict[str, str]:
    """File → its digest.

    Raises:
        DatasetError: a line is none that `sha256sum` writes.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(content.decode(errors="replace").splitlines(), 1):
        match = LINE.fullmatch(line)
        if match is None:
            raise DatasetError(
                f"{source}: line {number} of {SUMS} is damaged: it is not a SHA-256 and a file; "
                f"write {SUMS} again by `sha256sum`, or remove it"
            )
        found[match[2]] = match[1]
    return found


def digests_of(names: Iterable[str], sums: Mapping[str, str], source: str) -> dict[str, str]:
    """File → its digest, for all files named.

    Raises:
        DatasetError: `SHA256SUMS` lacks a file.
    """
    missing = [name for name in names if name not in sums]
    if missing:
        raise DatasetError(
            f"{source}: {SUMS} does not list {', '.join(missing)}: write it again by `sha256sum`, or remove it"
        )
    return {name: sums[name] for name in names}


def check_digest(path: Path, expected: str, where: str) -> None:
    """Compare a file with its digest; an empty one is not compared.

    Args:
        path: the file.
        expected: its digest.
        where: what holds the digest, for the message.

    Raises:
        TableError: the file has another digest.
        DataUnavailableError: it cannot be read.
    """
    if expected and sha256_of(path) != expected:
        fault = f"the file is damaged, or was changed without its SHA-256 in {where}"
        if where == SUMS:
            fault += f"; if the change was meant, write {SUMS} again by `sha256sum`, or remove it"
        raise TableError("damaged_file", path.name, fault)
