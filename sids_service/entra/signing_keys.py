"""The public keys with which a tenant signs its tokens, read over HTTPS and kept.

Entra ID announces a key before it uses it, and may replace keys at any time. So the keys are read again every hour, and
at once when a token names one that is not known; the latter at most once in `UNKNOWN_SECONDS`, since anybody can send
such tokens. While the keys cannot be read, those that are known serve for a day.
https://learn.microsoft.com/entra/identity-platform/signing-key-rollover
"""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from sids_service.errors import SigningKeysError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

REFRESH_SECONDS = 3600
OLDEST_SECONDS = 24 * 3600
UNKNOWN_SECONDS = 10
RETRY_SECONDS = 5
"""Pause after a failure."""

WAIT_SECONDS = 5
"""How long a request waits for keys, and a connection for bytes."""

FETCH_SECONDS = 20
"""After this time a fetch counts as failed, whatever becomes of it."""

MOST_WAITING = 100
FEWEST_BITS = 2048

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Fetch:
    started: float
    done: "Future[None]" = field(default_factory=Future)


class SigningKeys:
    """The keys of one tenant.

    Args:
        url: of the tenant's JSON Web Key Set (RFC 7517).
        issuers: the tenant's names, as the set may write them; keys that it assigns to another issuer are not used.
    """

    def __init__(self, url: str, issuers: tuple[str, ...]) -> None:
        self._url = url
        self._issuers = issuers
        self._lock = Lock()
        self._keys: Mapping[str, RSAPublicKey] = {}
        self._read_at: float | None = None
        self._fetch: _Fetch | None = None
        self._failed_at: float | None = None
        self._unknown_at: float | None = None
        self._waiting = 0

    async def find(self, name: str) -> "RSAPublicKey | None":
        """The key of a name (`kid`); None if the tenant has no such key.

        Raises:
            SigningKeysError: the keys cannot be read, so nobody can tell.
        """
        key, fetch = self._look_up(name)
        if key is not None:
            return key
        if fetch is not None:
            await self._wait(fetch)
            key = self._known().get(name)
        if key is None and (self._failing() or (fetch is not None and not fetch.done.done())):
            raise SigningKeysError(
                "The keys of Entra ID, which tokens are checked with, cannot be read", retry_after=RETRY_SECONDS
            )
        return key

    async def _wait(self, fetch: _Fetch) -> None:
        if self._waiting >= MOST_WAITING:
            return
        self._waiting += 1
        try:  # `wait` does not cancel what it waited for in vain
            await asyncio.wait([asyncio.wrap_future(fetch.done)], timeout=WAIT_SECONDS)
        finally:
            self._waiting -= 1

    def _known(self) -> "Mapping[str, RSAPublicKey]":
        fresh = self._read_at is not None and monotonic() - self._read_at < OLDEST_SECONDS
        return self._keys if fresh else {}

    def _failing(self) -> bool:
        return self._failed_at is not None or self._read_at is None

    def _look_up(self, name: str) -> "tuple[RSAPublicKey | None, _Fetch | None]":
        """The key if it is known, and the fetch that is under way, begun if it is due."""
        with self._lock:
            now, key = monotonic(), self._known().get(name)
            if self._fetch is not None and now - self._fetch.started >= FETCH_SECONDS:
                self._failed_at, self._fetch = now, None
            if self._fetch is None and self._is_due(now, known=key is not None):
                self._fetch = _Fetch(now)
                self._fetch.done.set_running_or_notify_cancel()  # no request that goes away cancels it for the others
                Thread(target=self._run, args=(self._fetch,), name="signing-keys", daemon=True).start()
            return key, self._fetch

    def _is_due(self, now: float, *, known: bool) -> bool:
        if self._failed_at is not None and now - self._failed_at < RETRY_SECONDS:
            return False
        if self._failed_at is not None or self._read_at is None or now - self._read_at >= REFRESH_SECONDS:
            return True
        if known or (self._unknown_at is not None and now - self._unknown_at < UNKNOWN_SECONDS):
            return False
        self._unknown_at = now
        return True

    def _run(self, fetch: _Fetch) -> None:
        from jwt import PyJWKClient, PyJWTError

        keys: Mapping[str, RSAPublicKey] | None = None
        try:
            # Fetches only, without redirections: its cache would hold every request while it asks.
            client = PyJWKClient(self._url, cache_jwk_set=False, timeout=WAIT_SECONDS)
            keys = usable_keys(client.fetch_data(), self._issuers)
        except (PyJWTError, OSError, ValueError, TypeError, RecursionError) as error:
            logger.warning("the keys of Entra ID cannot be read: %s: %s", type(error).__name__, error)
        with self._lock:
            if self._fetch is fetch:
                self._fetch = None
                if keys is None:
                    self._failed_at = monotonic()
                else:
                    self._keys, self._read_at, self._failed_at = keys, monotonic(), None
        fetch.done.set_result(None)


def usable_keys(key_set: Any, issuers: tuple[str, ...]) -> "dict[str, RSAPublicKey]":
    """Name → RSA key of those that may sign tokens of the issuers; entries that are no such keys are passed over.

    Raises:
        ValueError: there is none.
    """
    from jwt import PyJWK, PyJWTError

    entries = key_set.get("keys") if isinstance(key_set, dict) else None
    keys: dict[str, RSAPublicKey] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("kty") != "RSA":
            continue
        if entry.get("use", "sig") != "sig" or ("issuer" in entry and entry["issuer"] not in issuers):
            continue
        try:
            key = PyJWK({"kty": "RSA", "n": entry["n"], "e": entry["e"]}, algorithm="RS256").key
        except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if key.key_size >= FEWEST_BITS:
            keys[entry["kid"]] = key
    if not keys:
        raise ValueError("the key set has no key that signs tokens of this tenant")
    return keys
