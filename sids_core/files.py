"""Atomic file writes: a file appears complete or not at all, even if the process is killed."""

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

UNFINISHED = ".part"
ABANDONED_SECONDS = 3600
"""Unfinished files older than this were left by a killed process."""


def write_file(path: Path, content: bytes) -> None:
    """Write a file, atomically replacing an existing one; a failure leaves nothing behind.

    Args:
        path: the file; its folder is created if missing.
        content: the bytes to write.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with new_file(path) as unfinished, unfinished.open("xb") as file:
        file.write(content)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """The place to write a file at, which replaces `path` when the enclosed block succeeds; else nothing is left.

    The content is flushed to disk before the rename, so that it survives a power failure. A device, pipe or folder is
    never replaced: whoever may write to /dev may well be allowed to rename a file to /dev/null.

    Args:
        path: the file; its folder is created if missing. A symbolic link is replaced, not followed.

    Raises:
        OSError: the disk is full, the folder cannot be written, or the path is something else than a file.
    """
    if os.path.lexists(path) and not (stat.S_ISREG(mode := path.lstat().st_mode) or stat.S_ISLNK(mode)):
        raise OSError(errno.EINVAL, "is not a file", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.parent / f".{path.name}-{uuid4().hex}{UNFINISHED}"
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def is_abandoned(path: Path) -> bool:
    """Whether an unfinished file or folder is so old that a killed process must have left it; raises OSError."""
    return time.time() - path.stat().st_mtime > ABANDONED_SECONDS
