"""Fetch many indicators: a few at a time, each kept as soon as it has arrived."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from sids_tools.importers.errors import FetchError, UnreachableError
from sids_tools.importers.parts import IndicatorValues, Parts

CONNECTIONS = 4
"""Enough to hide the latency of a server, few enough not to overload it."""
THREADS = "import"
PATIENCE = 20
"""This many failures in a row mean that the source is down."""
NOT_TRIED = "not tried, since the source stopped answering"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The result of fetching.

    Attributes:
        arrived: codes whose values are kept, now or from an earlier run.
        kept: how many of them are from an earlier run.
        missing: code → why it was not fetched.
    """

    arrived: tuple[str, ...]
    kept: int
    missing: dict[str, str]


@dataclass
class _Patience:
    """Counts failures in a row over all threads."""

    ended: Event = field(default_factory=Event)
    failures: int = 0
    lock: Lock = field(default_factory=Lock)

    def note(self, *, answered: bool) -> None:
        with self.lock:
            self.failures = 0 if answered else self.failures + 1
            if self.failures >= PATIENCE:
                self.ended.set()


def gather(
    codes: Sequence[str], fetch: Callable[[str], IndicatorValues], parts: Parts, advance: Callable[[int], None]
) -> Gathered:
    """Fetch every indicator that is not kept yet; `advance` is called with the number done since the last call.

    An indicator that fails does not stop the others, unless several in a row find the source unreachable.
    """
    known = [code for code in codes if parts.has(code)]
    advance(len(known))
    patience = _Patience()

    def one(code: str) -> str:
        if patience.ended.is_set():
            return NOT_TRIED
        try:
            parts.put(code, fetch(code))
        except FetchError as error:
            patience.note(answered=not isinstance(error, UnreachableError))
            return str(error)
        patience.note(answered=True)
        return ""

    faults: dict[str, str] = {}
    with _pool() as pool:
        pending: dict[Future[str], str] = {pool.submit(one, code): code for code in codes if not parts.has(code)}
        for future in as_completed(pending):
            faults[pending[future]] = future.result()
            advance(1)
    missing = {code: faults[code] for code in codes if faults.get(code)}
    return Gathered(tuple(code for code in codes if code not in missing), len(known), missing)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Waits for its threads, except after an error (Ctrl-C, a full disk): they may be in a long pause."""
    pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix=THREADS)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
