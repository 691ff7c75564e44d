"""Stored bytes with their digest, so that a damaged one is noticed, even where it is still valid JSON.

The digest also covers the place where they are stored: another record's bytes there do not fit either.
"""

from hashlib import sha256

SEAL = b"sha256:%s\n"
SEAL_BYTES = len(SEAL % (b"0" * 64))


class DamagedError(Exception):
    """The bytes are not those that were sealed for this place."""


def sealed(content: bytes, place: str) -> bytes:
    """The bytes after a line with their digest.

    Args:
        content: what is stored.
        place: where, as `results/<id>`.
    """
    return SEAL % _digest(content, place) + content


def unsealed(stored: bytes, place: str) -> bytes:
    """The bytes that were sealed.

    Raises:
        DamagedError: they do not fit their digest, or were sealed for another place or not at all.
    """
    content = stored[SEAL_BYTES:]
    if stored[:SEAL_BYTES] != SEAL % _digest(content, place):
        raise DamagedError(f"{place} is damaged: it does not fit its SHA-256")
    return content


def _digest(content: bytes, place: str) -> bytes:
    return sha256(place.encode() + b"\n" + content).hexdigest().encode()
