"""Results in memory: the same question is computed once, also by those who ask while it is being computed."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from threading import Lock

from sids_service.jobs.errors import LeaseLostError, RunCancelledError


class Outcome(Enum):
    """Where a result came from, in the words of RFC 9211 (Cache-Status)."""

    HIT = "hit"
    COLLAPSED = "fwd=miss; collapsed"
    STORED = "fwd=miss; stored"


@dataclass(frozen=True, slots=True)
class Key:
    """Names a result: equal keys have equal results.

    Attributes:
        version: of the data, so that results of older data are never found again; empty where none is used.
        model: the model's name, with the version of its code.
        request: as canonical JSON.
    """

    version: str
    model: str
    request: str

    @property
    def digest(self) -> str:
        """A short name for the key, safe in addresses and file names."""
        return sha256("\n".join((self.version, self.model, self.request)).encode()).hexdigest()[:32]


class _GivenUpError(Exception):
    """The computation that was waited for was given up."""


class ResultCache:
    """The most recently used results, `most_bytes` of them at most."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._results: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._running: dict[str, Future[bytes]] = {}
        self._lock = Lock()

    def has(self, key: Key) -> bool:
        """Whether the result is in memory."""
        with self._lock:
            return key.digest in self._results

    def get(self, key: Key, compute: Callable[[], bytes]) -> tuple[bytes, Outcome]:
        """The result, from memory or from `compute`, whose errors reach everyone who waits and are not kept.

        A computation that is given up by who began it is begun again by the next who waits.
        """
        while True:
            try:
                return self._get(key.digest, compute)
            except _GivenUpError:
                continue

    def _get(self, digest: str, compute: Callable[[], bytes]) -> tuple[bytes, Outcome]:
        with self._lock:
            if digest in self._results:
                self._results.move_to_end(digest)
                return self._results[digest], Outcome.HIT
            running = self._running.get(digest)
            if running is None:
                mine = self._running[digest] = Future[bytes]()
        if running is not None:
            try:
                return running.result(), Outcome.COLLAPSED
            except (RunCancelledError, LeaseLostError) as error:
                raise _GivenUpError from error
        try:
            result = compute()
        except BaseException as error:
            with self._lock:
                del self._running[digest]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._running[digest]
            self._keep(digest, result)
        mine.set_result(result)
        return result, Outcome.STORED

    def _keep(self, digest: str, result: bytes) -> None:
        self._results[digest] = result
        self._bytes += len(result)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._results.popitem(last=False)[1])
