"""Where requests come from and go to, by their headers."""

from urllib.parse import urlsplit

from sids_service.web.errors import BadHostError

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
