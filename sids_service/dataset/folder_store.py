"""Tables in a folder, which may be a mounted file share."""

from collections.abc import Mapping
from pathlib import Path

from sids_core.errors import DataUnavailableError
from sids_service.dataset.store import SourceChangedError


class FolderStore:
    """A folder; a file's tag is its size and time of change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    @property
    def source(self) -> str:
        """The folder's path."""
        return str(self._folder)

    def names(self) -> Mapping[str, str]:
        """Name → tag of the files in the folder itself."""
        if not self._folder.is_dir():
            fault = "is not a folder" if self._folder.exists() else "does not exist"
            raise DataUnavailableError(f"dataset folder {self.source} {fault}")
        try:
            names = [path.name for path in self._folder.iterdir() if path.is_file()]
        except OSError as error:
            raise DataUnavailableError(f"{self.source} cannot be read: {error.strerror}") from error
        tags = {name: self.tag(name) for name in names}
        return {name: tag for name, tag in tags.items() if tag is not None}

    def tag(self, name: str) -> str | None:
        """Size in bytes and time of change in nanoseconds; None where there is no such file."""
        try:
            found = (self._folder / name).stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataUnavailableError(f"{self.source}: {name} cannot be read: {error.strerror}") from error
        return f"{found.st_size}-{found.st_mtime_ns}"

    def fetch(self, name: str, tag: str, folder: Path) -> Path:  # noqa: ARG002
        """The file where it is."""
        if self.tag(name) != tag:
            raise SourceChangedError(name)
        return self._folder / name
