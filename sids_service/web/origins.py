"""Where requests come from and go to, by their headers."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers

from sids_service.web.errors import BadHostError, ForeignBodyError

SHOWN_CHARACTERS = 80


def check_host(host: str) -> None:
    """Check a Host header, which frameworks make URLs of (RFC 9112, section 3.2).

    Raises:
        BadHostError: it is not a host with an optional port.
    """
    try:
        url = urlsplit(f"//{host}")
        valid = url.netloc == host and (url.port is None or url.port >= 0) and not url.username
    except ValueError:
        valid = False
    if not valid or not host.isprintable() or " " in host:
        raise BadHostError(f"The header Host is {host[:SHOWN_CHARACTERS]!r}, which is not a host")


def check_foreign(headers: Headers) -> None:
    """Check a POST from an origin that is not allowed: browsers ask first (preflight) only where it declares JSON.

    Raises:
        ForeignBodyError: a page of another host sends what is not declared as JSON.
    """
    origin = headers.get("origin", "")
    if origin.partition("://")[2] == headers.get("host") or all(map(_is_json, headers.getlist("content-type") or [""])):
        return
    shown = origin[:SHOWN_CHARACTERS]
    raise ForeignBodyError(f"A request from the origin {shown!r} needs the header Content-Type: application/json")


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
