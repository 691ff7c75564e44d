"""Writing the three tables into a folder so that nobody finds half of them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sids_core.panel.errors import DatasetError
from sids_core.panel.layout import ENDINGS, INDICATOR_DATA, REQUIRED_COLUMNS
from sids_service.dataset.snapshot import CURRENT

SCRATCH = ".new-"
# What a process that was killed while writing left behind; none writes for so long.
ABANDONED_SECONDS = 3600


@contextmanager
def new_tables(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """A scratch folder whose files take the places of `folder`'s when the enclosed work is done.

    The old figures go first and the new ones come last: who looks in between finds no dataset, never a mixed one.

    Raises:
        DatasetError: the folder has tables with endings other than `endings`, or a `current.json`, which would stay.
    """
    check_target(folder, endings)
    folder.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(folder)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder) as name:
        yield Path(name)
        made = sorted(Path(name).iterdir(), key=lambda path: path.name.startswith(INDICATOR_DATA))
        for path in made:
            _flush(path)
        for ending in endings:
            (folder / (INDICATOR_DATA + ending)).unlink(missing_ok=True)
        for path in made:
            path.replace(folder / path.name)


def check_target(folder: Path, endings: tuple[str, ...]) -> None:
    """Raise DatasetError where new tables with these endings would stand beside others."""
    if folder.exists() and not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder")
    others = [table + ending for table in REQUIRED_COLUMNS for ending in ENDINGS if ending not in endings]
    found = [name for name in (*others, CURRENT) if (folder / name).exists()]
    if found:
        raise DatasetError(f"{folder} holds other tables ({', '.join(found)}); choose another folder")


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(f"{SCRATCH}*"):
        if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
            shutil.rmtree(path)
