"""The explorer, a page on the service's own HTTP interface: static files that name each other with one version.

Its own files lie in `explorer/`, its libraries in `explorer/vendor/` (copied there from npm when the service is
installed, packaged or built as an image). Every address of a file carries a digest of all of them, so that browsers may
keep files for a year, and never mix those of two versions.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from starlette.responses import Response

from sids_service.web.errors import NotFoundError

FOLDER = Path(__file__).resolve().parents[2] / "explorer"
PAGE = "index.html"

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }
)

ENCODINGS = ("br", "gzip")
"""Content codings of the stored compressed forms, best first."""

SUFFIXES: Mapping[str, str] = MappingProxyType({"br": ".br", "gzip": ".gz"})

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",  # pictures of charts to download
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

A_YEAR = 365 * 24 * 3600

REFERENCE = re.compile(rb"(?<=[\"'/])((?:\./)?[a-z0-9.-]+\.(?:js|css|json|svg))(?=[\"'])")
"""A name of a file in a quoted address of the page or its modules."""


def page() -> Response:
    """The page, which browsers ask for anew each time.

    Raises:
        NotFoundError: this installation has no page.
    """
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    path = FOLDER / PAGE
    if not path.is_file():
        raise NotFoundError("This installation has no explorer; /docs describes the interface")
    return Response(_versioned(path.read_bytes()), media_type="text/html", headers=headers)


def asset(name: str, accepted: str) -> Response:
    """A file of the page.

    Args:
        name: its name.
        accepted: the content codings that the client accepts.

    Raises:
        NotFoundError: the file is not part of the page.
    """
    path = _files().get(name)
    if path is None:
        raise NotFoundError(f"File {name!r} not found; available: {', '.join(_files()) or 'none'}")
    headers = {"Cache-Control": f"public, max-age={A_YEAR}, immutable", "X-Content-Type-Options": "nosniff"}
    media_type = MEDIA_TYPES[path.suffix]
    for encoding in ENCODINGS:
        compressed = path.with_name(path.name + SUFFIXES[encoding])
        if encoding in accepted and compressed.is_file():
            headers |= {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
            return Response(compressed.read_bytes(), media_type=media_type, headers=headers)
    content = path.read_bytes()
    return Response(content if _is_library(path) else _versioned(content), media_type=media_type, headers=headers)


@cache
def _files() -> dict[str, Path]:
    """Name → path of every file of the page besides the page itself."""
    paths = [path for folder in (FOLDER, FOLDER / "vendor") for path in sorted(folder.glob("*")) if path.is_file()]
    described = {"package.json", "package-lock.json"}  # for npm, not for browsers
    return {path.name: path for path in paths if path.suffix in MEDIA_TYPES and path.name not in described}


@cache
def _version() -> str:
    digest = sha256((FOLDER / PAGE).read_bytes())
    for name, path in _files().items():
        digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _versioned(content: bytes) -> bytes:
    """Add the version to the addresses of files."""

    def add(match: re.Match[bytes]) -> bytes:
        name = match[1].decode().removeprefix("./")
        return match[1] + (f"?v={_version()}".encode() if name in _files() else b"")

    return REFERENCE.sub(add, content)


def _is_library(path: Path) -> bool:
    return path.parent != FOLDER
