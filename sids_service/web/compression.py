"""Smaller responses: gzip where the client accepts it, and 304 without a body where it has the response already."""

from collections.abc import Callable
from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sids_core import __version__

COMPRESSED_FROM = 1000
"""Bytes from which a response is compressed; fewer fit into one packet anyway."""

CODINGS = ("gzip", "br")

LEVEL = 6
"""Higher levels of gzip take several times as long and save less than a hundredth."""


class Gzip(GZipMiddleware):
    """Starlette's compression; unlike it, reads quality values, so that `gzip;q=0` means no and `*` yes.

    The wrapped application sees which codings the client accepts, and may answer with a compressed body of its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=COMPRESSED_FROM, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = [item for item in scope["headers"] if item[0] != b"accept-encoding"]
        asked = ",".join(Headers(scope=scope).getlist("accept-encoding"))
        if codings := [coding for coding in CODINGS if accepts(coding, asked)]:
            headers.append((b"accept-encoding", ", ".join(codings).encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)


class EntityTags:
    """Gives each GET response an ETag, and answers 304 to an If-None-Match that has it (RFC 9110, section 13).

    The tag is of the dataset's version, the service's version and the body: it also changes where only a setting or the
    code has. It is weak, since one tag stands for the compressed and the plain response.

    Args:
        app: the wrapped application.
        dataset_version: called for each response; empty if no dataset is loaded.
    """

    def __init__(self, app: ASGIApp, dataset_version: Callable[[], str]) -> None:
        self._app = app
        self._dataset_version = dataset_version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = _tags(Headers(scope=scope).get("if-none-match", ""))
        start: Message = {}

        async def tagged(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start and start["status"] == 200 and not message.get("more_body", False):
                message = self._tagged(start, message, known)
            if start:
                await send(start)
                start = {}
            await send(message)

        await self._app(scope, receive, tagged)

    def _tagged(self, start: Message, message: Message, known: set[str]) -> Message:
        """Add the tag to the start of a response; returns the message of its body, which is empty after 304."""
        body = message.get("body", b"")
        versions = f"{self._dataset_version()}\n{__version__}\n".encode()
        tag = f'"{sha256(versions + body).hexdigest()[:32]}"'
        headers = MutableHeaders(scope=start)
        headers["ETag"] = f"W/{tag}"
        if not known & {tag, "*"}:
            return message
        start["status"] = 304
        del headers["Content-Length"]
        if len(body) >= COMPRESSED_FROM:
            headers.add_vary_header("Accept-Encoding")
        return {**message, "body": b""}


def accepts(coding: str, accept_encoding: str) -> bool:
    """Whether a client accepts a coding, by RFC 9110, section 12.5.3; a malformed quality value counts as no."""
    qualities = {}
    for item in accept_encoding.lower().split(","):
        name, _, parameter = item.partition(";")
        qualities[name.strip().removeprefix("x-")] = parameter.replace(" ", "") or "q=1"
    quality = qualities.get(coding, qualities.get("*", "q=0"))
    try:
        return float(quality.removeprefix("q=")) > 0
    except ValueError:
        return False


def _tags(if_none_match: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
