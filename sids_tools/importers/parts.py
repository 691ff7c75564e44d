"""Fetched indicators, one file each, so that a killed import can resume."""

import json
import shutil
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

from sids_core.files import write_file

IndicatorValues = Mapping[str, Mapping[str, float]]
"""The observations of one indicator: country → year → value."""
PARTS = ".parts"


class Parts:
    """The fetched indicators of one import, stored in the folder of the future tables.

    `request` names everything an indicator's values depend on (address, years); other requests have separate parts.
    """

    def __init__(self, folder: Path, request: str) -> None:
        self._root = folder / PARTS
        self._folder = self._root / blake2b(request.encode(), digest_size=8).hexdigest()

    def has(self, code: str) -> bool:
        """Whether the indicator has been fetched."""
        return self._path(code).exists()

    def put(self, code: str, values: IndicatorValues) -> None:
        """Store an indicator atomically."""
        write_file(self._path(code), json.dumps(values).encode())

    def get(self, code: str) -> IndicatorValues:
        """Read a fetched indicator."""
        values: IndicatorValues = json.loads(self._path(code).read_text(encoding="utf-8"))
        return values

    def discard(self) -> None:
        """Remove all parts in the folder, including those of other requests."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _path(self, code: str) -> Path:
        return self._folder / f"{quote(code, safe='')}.json"
