"""What has been fetched so far, one file per indicator, so that a killed import resumes where it was."""

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
    """The parts of one request to one source, kept in the folder that the tables will be written to.

    `request` names everything on which an indicator's values depend (address, years): other requests have other parts.
    """

    def __init__(self, folder: Path, request: str) -> None:
        self._root = folder / PARTS
        self._folder = self._root / blake2b(request.encode(), digest_size=8).hexdigest()

    def has(self, code: str) -> bool:
        """Whether the indicator has been fetched."""
        return self._path(code).exists()

    def put(self, code: str, values: IndicatorValues) -> None:
        """Keep an indicator; its file appears as a whole or not at all."""
        write_file(self._path(code), json.dumps(values).encode())

    def get(self, code: str) -> IndicatorValues:
        """An indicator that has been fetched."""
        values: IndicatorValues = json.loads(self._path(code).read_text(encoding="utf-8"))
        return values

    def discard(self) -> None:
        """Remove everything that is kept in the folder, including other requests' parts."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _path(self, code: str) -> Path:
        return self._folder / f"{quote(code, safe='')}.json"
