"""Files that appear complete or not at all, whatever process is killed while writing them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

UNFINISHED = ".part"
ABANDONED_SECONDS = 3600
"""Nothing takes so long to write."""


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the enclosed work succeeds; nothing is left of a failure.

    Args:
        path: where the file is to be; its folder is made where it is missing.
        durable: flush the content to disk before it takes its place, so that it survives a power failure.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{path.name}-{uuid4().hex}{UNFINISHED}"
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_file(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file as a whole in place of an older one; raises OSError as `replacing` does."""
    with replacing(path, durable=durable) as file:
        file.write(content)


def is_abandoned(path: Path) -> bool:
    """Whether an unfinished file or folder is so old that a killed process must have left it; raises OSError."""
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
