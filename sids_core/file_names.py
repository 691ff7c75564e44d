"""The one place that makes names of files and folders out of data and arguments.

A name must be one on every system, since files are copied from Linux to Windows, and from folders to URLs. Others are
refused, not encoded: the dashboard looks for a file under its indicator's code, as it is.
"""

import os
import unicodedata
from pathlib import Path

from sids_core.errors import SHOWN_CHARACTERS, PathError

FORBIDDEN = frozenset('/\\:*?"<>|')
"""Separators, and what Windows allows in no name."""

NUMBERED = frozenset(f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789")
RESERVED = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | NUMBERED
"""Devices of Windows, also with an ending."""

LONGEST_BYTES = 210
"""Systems allow 255 bytes; `sids_core.files.write_file` adds 39 to the name of an unfinished file."""


def fault_of_name(text: str) -> str:
    """Why a text cannot name a file or folder, as the rest of a sentence; empty if it can.

    >>> fault_of_name("wdi-SP.POP.TOTL"), fault_of_name("../x"), fault_of_name("a\N{FULLWIDTH SOLIDUS}b")
    ('', "contains '/'", "contains '/' in another form")
    """
    fault = _fault(text)
    if not fault and not text.isascii() and (other := _fault(unicodedata.normalize("NFKC", text))):
        return f"{other} in another form"
    return fault


def shown(text: str) -> str:
    """A text from outside, for a line of a message: quoted and escaped if it is not plain, and cut if it is long."""
    cut = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    return cut if cut.isprintable() and cut == cut.strip() and cut else repr(cut)


def one_line(text: str) -> str:
    r"""The text with escapes for whatever is not printable, such as line breaks and the codes of terminals.

    >>> one_line("a\nb")
    'a\\nb'
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def relative_path(*names: str) -> str:
    """The names of folders and a file joined by `/`, for a file or blob.

    Raises:
        PathError: one of them cannot be such a name.
    """
    for name in names:
        if fault := fault_of_name(name):
            raise PathError(f"{shown(name)} cannot be the name of a file or folder: it {fault}")
    return "/".join(names)


def check_relative(path: str) -> None:
    """Raise PathError unless a path separated by `/` stays below where it starts; hidden folders are allowed."""
    for name in path.split("/"):
        if fault := fault_of_name(name.removeprefix(".")):
            raise PathError(f"{shown(path)} is not a path inside a folder: {shown(name)} {fault}")


def inside(folder: Path, path: str) -> Path:
    """A path in a folder that no symbolic link leads out of it; the folder itself may be a link.

    Raises:
        PathError: the path does, or leaves the folder by its names.
    """
    check_relative(path)
    found, root = folder / path, Path(os.path.realpath(folder))
    if not Path(os.path.realpath(found)).is_relative_to(root):
        raise PathError(f"{shown(str(found))} leads out of {shown(str(folder))} through a symbolic link")
    return found


def _fault(text: str) -> str:
    if not text:
        return "is empty"
    if not text.isprintable():
        return "contains a character that is not printable"
    if marks := FORBIDDEN.intersection(text):
        return f"contains {min(marks)!r}"
    if text[0] in ".-" or text[0] == " ":
        return f"begins with {text[0]!r}"
    if text[-1] in ". ":
        return f"ends with {text[-1]!r}"
    if text.partition(".")[0].rstrip().lower() in RESERVED:
        return "is the name of a device on Windows"
    if len(text.encode()) > LONGEST_BYTES:
        return f"has more than {LONGEST_BYTES} bytes"
    return ""
