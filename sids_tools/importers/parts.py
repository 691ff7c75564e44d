"""What has arrived so far, one file per indicator, so that an import that was killed goes on where it was."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from urllib.parse import quote

# Country → year → figure.
Figures = Mapping[str, Mapping[str, float]]
PARTS = ".parts"


class Parts:
    """The parts of one request to one source, kept in the folder that the tables will be written to.

    `request` names everything on which an indicator's figures depend (address, years): other requests have other parts.
    """

    def __init__(self, folder: Path, request: str) -> None:
        self._root = folder / PARTS
        self._folder = self._root / blake2b(request.encode(), digest_size=8).hexdigest()

    def has(self, code: str) -> bool:
        """Whether the indicator has arrived."""
        return self._path(code).exists()

    def put(self, code: str, figures: Figures) -> None:
        """Keep an indicator; it is there as a whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".new", dir=self._folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(figures, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path(code))

    def get(self, code: str) -> Figures:
        """An indicator that has arrived."""
        figures: Figures = json.loads(self._path(code).read_text(encoding="utf-8"))
        return figures

    def discard(self) -> None:
        """Forget everything that is kept in the folder, of other requests too."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _path(self, code: str) -> Path:
        return self._folder / f"{quote(code, safe='')}.json"
