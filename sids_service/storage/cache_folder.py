"""The default cache folder, which belongs to the user alone.

It is in the temporary folder, where every user of a machine may write: another one could make it first, or a symbolic
link of its name, and so read the jobs in it, or have a dataset of their own served.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o700
OTHERS, OTHERS_WRITE = 0o077, 0o022


def default_folder() -> Path:
    """A folder per user in the temporary folder; on Windows that is the user's already."""
    user = f"-{os.geteuid()}" if hasattr(os, "geteuid") else ""
    return Path(tempfile.gettempdir()) / f"sids-ml-backend{user}"


def prepare(folder: Path) -> Path:
    """Make the default folder, if it is that, with access for the user alone; returns the folder.

    An operator's own folder is left as it is, since volumes of containers often belong to another user. Where the
    folder cannot be made, nothing happens: whoever writes into it reports that.

    Raises:
        ValueError: another user may have put something there; one line that says so and what to set.
    """
    if folder != default_folder() or not hasattr(os, "geteuid"):
        return folder
    with suppress(OSError):
        folder.mkdir(PRIVATE)
    try:
        found = folder.lstat()
    except OSError:
        return folder
    if fault := _fault(found):
        raise ValueError(f"the default folder of DATASET_CACHE_PATH, {folder}, {fault}: remove it, or set another one")
    if found.st_mode & OTHERS:
        with suppress(OSError):
            folder.chmod(PRIVATE)
    return folder


def _fault(found: os.stat_result) -> str:
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link"
    if not stat.S_ISDIR(found.st_mode):
        return "is not a folder"
    if found.st_uid != os.geteuid():
        return "belongs to another user"
    if found.st_mode & OTHERS_WRITE:
        return "can be written by other users"
    return ""
