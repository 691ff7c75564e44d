"""Where the tables' files are kept: what a folder and a Blob container have in common."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class SourceChangedError(Exception):
    """A file is no longer the one that was listed: look again."""


class Store(Protocol):
    """Files by name, each with a tag that changes when its content does.

    Every method raises DataUnavailableError, with one line that names the source, where it cannot be reached.
    """

    @property
    def source(self) -> str:
        """What a person calls it; identifies it, and holds no secret."""

    def names(self) -> Mapping[str, str]:
        """Name → tag of the files that are not in a folder of the source."""

    def tag(self, name: str) -> str | None:
        """The tag of one file, which may be in a folder of the source; None where there is none."""

    def fetch(self, name: str, tag: str, folder: Path) -> Path:
        """The file on local disk, its name as it was; SourceChangedError where its tag is another by now.

        `folder` is an empty one to put it into; a store whose files are local need not.
        """
