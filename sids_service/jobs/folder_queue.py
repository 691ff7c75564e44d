"""A queue of messages in a folder on this machine, safe for several processes and for a kill at any moment.

A message is a file, whose name says from when on it is visible and how often it was received. Renaming it is what
receiving means: of several who try, one finds it.
"""

from pathlib import Path
from time import time_ns
from uuid import uuid4

from sids_service.jobs.messages import Message

SUFFIX = ".message"


class FolderQueue:
    """A folder of messages, made with the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, text: str) -> None:
        """Add a message."""
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self._folder / f"{uuid4().hex}.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(self._folder / _name(0.0, 0, uuid4().hex))

    def receive(self, hidden_seconds: float) -> Message | None:
        """The next message, hidden from everybody else for that long; None where none is visible."""
        now = time_ns()
        for name in sorted(self._names()):
            visible_from, dequeues, identity = name.removesuffix(SUFFIX).split("-")
            if int(visible_from) > now:
                break
            taken = _name(hidden_seconds, int(dequeues) + 1, identity)
            try:
                (self._folder / name).rename(self._folder / taken)
                text = (self._folder / taken).read_text(encoding="utf-8")
            except FileNotFoundError:  # somebody else was faster
                continue
            return Message(text, int(dequeues) + 1, identity, taken)
        return None

    def hide(self, message: Message, seconds: float) -> Message:
        """Hide it for that long from now on; as it was where somebody else has received it since."""
        name = _name(seconds, message.dequeues, message.name)
        try:
            (self._folder / message.receipt).rename(self._folder / name)
        except FileNotFoundError:
            return message
        return Message(message.text, message.dequeues, message.name, name)

    def delete(self, message: Message) -> None:
        """Remove it, unless somebody else has received it since."""
        (self._folder / message.receipt).unlink(missing_ok=True)

    def length(self) -> int:
        """How many messages there are, hidden ones included."""
        return len(self._names())

    def _names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return [path.name for path in self._folder.iterdir() if path.suffix == SUFFIX]


def _name(hidden_seconds: float, dequeues: int, identity: str) -> str:
    return f"{time_ns() + int(hidden_seconds * 1e9):020}-{dequeues}-{identity}{SUFFIX}"
