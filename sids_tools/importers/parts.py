"""Fetched indicators, one file each, so that a killed import can resume."""

import json
import shutil
import time
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path

from sids_core.file_names import inside
from sids_core.files import write_file
from sids_service.storage.seal import DamagedError, sealed, unsealed
from sids_tools.importers.observations import IndicatorValues, Remarks

PARTS = ".parts"
LONGEST_KEPT_SECONDS = 24 * 60 * 60
"""Parts older than this are fetched again, since the source may have changed."""
FORM = "observations and remarks, sealed"
"""Names what a part's file holds; parts of another form are not read."""


class Parts:
    """The fetched indicators of one import, stored in the folder of the future tables.

    `request` names everything an indicator's values depend on (address, years); other requests have separate parts.
    """

    def __init__(self, folder: Path, request: str) -> None:
        self._target = folder
        self._folder = f"{PARTS}/{_digest(f'{FORM} {request}')}"

    def has(self, code: str) -> bool:
        """Whether the indicator has been fetched, at most LONGEST_KEPT_SECONDS ago, and is undamaged."""
        try:
            fetched = self._path(code).stat().st_mtime
            self._content(code)
        except (FileNotFoundError, DamagedError):
            return False
        return time.time() - fetched <= LONGEST_KEPT_SECONDS

    def put(self, code: str, values: IndicatorValues) -> None:
        """Store an indicator atomically."""
        write_file(self._path(code), sealed(json.dumps(asdict(values)).encode(), code))

    def get(self, code: str) -> IndicatorValues:
        """Read a fetched indicator."""
        stored = json.loads(self._content(code))
        return IndicatorValues(stored["observations"], Remarks(**stored["remarks"]))

    def discard(self) -> None:
        """Remove all parts in the folder, including those of other requests."""
        shutil.rmtree(inside(self._target, PARTS), ignore_errors=True)

    def _content(self, code: str) -> bytes:
        return unsealed(self._path(code).read_bytes(), code)

    def _path(self, code: str) -> Path:
        # By digest: a quoted code may be three times as long as the code, too long for a name.
        return inside(self._target, f"{self._folder}/{_digest(code)}.json")


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()
