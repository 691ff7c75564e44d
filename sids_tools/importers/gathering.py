"""Fetches many indicators: a few at a time, each stored as soon as it arrives."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from sids_tools.importers.errors import FetchError, UnreachableError
from sids_tools.importers.parts import IndicatorValues, Parts

CONNECTIONS = 4
"""Enough to hide the server's latency, few enough not to overload it."""
THREADS = "import"
PATIENCE = 20
"""Consecutive failures after which the source is considered down."""
NOT_TRIED = "not tried, since the source stopped answering"


@dataclass(frozen=True, slots=True)
class Gathered:
    """The result of fetching.

    Attributes:
        arrived: codes whose values are stored, by this or an earlier run.
        kept: number of them from an earlier run.
        missing: code → why it was not fetched.
    """

    arrived: tuple[str, ...]
    kept: int
    missing: dict[str, str]


@dataclass
class _Patience:
    """Counts consecutive failures over all threads."""

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
    """Fetch every indicator not stored yet; `advance` is called with the number done since the last call.

    A failed indicator does not stop the others, unless the source is unreachable for several in a row.
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
