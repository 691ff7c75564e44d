"""Who a client is: its address, and the name under which its jobs are counted.

The address is the peer's. Behind a proxy the peer is the proxy, and the client stands in `X-Forwarded-For`, to which
each proxy appends the address that it sees: read from the right, the first one that is not a trusted proxy's is the
client. What stands further left is the client's own claim.

The Functions host does not tell its worker the peer's address. Then the last entry is taken for the peer: Azure's front
end, or the ingress controller in front of a pod, has written it.
"""

import re
from hashlib import sha256
from hmac import new as hmac
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from secrets import token_bytes
from threading import Lock
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import Scope

from sids_service.addresses import networks
from sids_service.jobs.store import JobStore, Part

KEY_SECONDS = 600
"""Time for which a process uses the key without reading it again; it expires with the jobs."""

KEY_NAME = "clients"
NAME_DIGITS = 16
IPV6_CLIENT_BITS = 64
"""Who has an IPv6 connection has all addresses of such a network."""

_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")

Address = IPv4Address | IPv6Address


class Clients:
    """Names clients by a keyed digest of their addresses, so that no address stands in names, which storage logs show.

    The key is in the store, since all processes have to use the same: whoever can read the store's content could find
    the addresses of waiting jobs by trying.
    """

    def __init__(self, store: JobStore, trusted_proxies: str) -> None:
        self._store = store
        self._trusted = networks(trusted_proxies)
        self._lock = Lock()
        self._key = b""
        self._read_at = 0.0

    def name(self, scope: Scope) -> str:
        """The name of a request's client: hexadecimal digits.

        Raises:
            StoreUnavailableError: the key cannot be read.
        """
        return hmac(self._shared_key(), client_of(scope, self._trusted).encode(), sha256).hexdigest()[:NAME_DIGITS]

    def _shared_key(self) -> bytes:
        with self._lock:
            if not self._key or monotonic() - self._read_at > KEY_SECONDS:
                key = self._store.content(Part.KEY, KEY_NAME)
                if not key:
                    self._store.keep(Part.KEY, KEY_NAME, token_bytes(32))
                    key = self._store.content(Part.KEY, KEY_NAME)  # another process may have written its own
                self._key, self._read_at = key or b"", monotonic()
            return self._key


def client_of(scope: Scope, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """The address of a request's client, or its IPv6 network; empty if it is unknown."""
    peer = scope.get("client")
    address = _address(peer[0]) if peer else None
    if peer and address is None:
        return ""
    forwarded = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    for entry in reversed(forwarded):
        if address is not None and not any(address in network for network in trusted):
            break
        further = _address(entry)
        if further is None:
            break
        address = further
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, IPV6_CLIENT_BITS), strict=False))
    return str(address or "")


def _address(text: str) -> Address | None:
    """The address of `1.2.3.4`, `1.2.3.4:80`, `::1`, `[::1]` or `[::1]:80`; None for anything else."""
    text = text.strip()
    if found := _WITH_PORT.fullmatch(text):
        text = found[1] if found[1] is not None else found[2]
    try:
        address = ip_address(text.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
