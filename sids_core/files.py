"""Files that appear complete or not at all, whatever process is killed while writing them."""

import os
import time
from pathlib import Path
from uuid import uuid4

UNFINISHED = ".part"
ABANDONED_SECONDS = 3600
"""Nothing takes so long to write."""


def write_file(path: Path, content: bytes) -> None:
    """Write a file as a whole in place of an older one; nothing is left of a failure.

    The content is flushed to disk before it takes its place, so that it survives a power failure.

    Args:
        path: where the file is to be; its folder is made where it is missing.
        content: of the file.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{path.name}-{uuid4().hex}{UNFINISHED}"
    try:
        with unfinished.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def is_abandoned(path: Path) -> bool:
    """Whether an unfinished file or folder is so old that a killed process must have left it; raises OSError."""
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
