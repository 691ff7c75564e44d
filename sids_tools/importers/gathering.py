"""Fetches many indicators: a few at a time, each stored as soon as it arrives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

from sids_core.panel.metadata import fault_of_code
from sids_tools.importers.errors import FetchError, RefusedError, UnreachableError
from sids_tools.importers.observations import IndicatorValues, Remarks
from sids_tools.importers.parts import Parts

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
        arrived: code whose values are stored, by this or an earlier run → what its answer said beside them.
        kept: number of them from an earlier run.
        missing: code → why it was not fetched.
    """

    arrived: Mapping[str, Remarks]
    kept: int
    missing: Mapping[str, FetchError]


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


@dataclass(frozen=True)
class _Fetching:
    fetch: Callable[[str], IndicatorValues]
    parts: Parts
    advance: Callable[[int], None]
    patience: _Patience = field(default_factory=_Patience)

    def all(self, codes: Sequence[str]) -> dict[str, Remarks | FetchError]:
        """Code → what arrived beside its values, or why they did not."""
        results: dict[str, Remarks | FetchError] = {}
        with _pool() as pool:
            pending: dict[Future[Remarks | FetchError], str] = {pool.submit(self._one, code): code for code in codes}
            for future in as_completed(pending):
                results[pending[future]] = future.result()
                self.advance(1)
        return results

    def _one(self, code: str) -> Remarks | FetchError:
        if self.patience.ended.is_set():
            return UnreachableError(NOT_TRIED)
        try:
            values = self.fetch(code)
        except FetchError as error:
            self.patience.note(answered=not isinstance(error, UnreachableError))
            return error
        self.parts.put(code, values)
        self.patience.note(answered=True)
        return values.remarks


def gather(
    codes: Sequence[str], fetch: Callable[[str], IndicatorValues], parts: Parts, advance: Callable[[int], None]
) -> Gathered:
    """Fetch every indicator not stored yet; `advance` is called with the number done since the last call.

    A code that tables cannot have is not asked for. A failed indicator does not stop the others, unless the source is
    unreachable for several in a row. If the source was updated after some had been fetched, those are fetched once
    more, and `advance` takes them back.
    """
    faults = {code: fault for code in codes if (fault := fault_of_code(code))}
    unusable = {code: RefusedError(f"the code {fault}, and is not asked for") for code, fault in faults.items()}
    kept = {code: parts.get(code).remarks for code in codes if code not in unusable and parts.has(code)}
    advance(len(kept) + len(unusable))
    fetching = _Fetching(fetch, parts, advance)
    results = {**kept, **unusable, **fetching.all([code for code in codes if code not in {*kept, *unusable}])}
    outdated = _outdated(results, kept)
    if outdated:
        advance(-len(outdated))
        again = fetching.all(outdated)
        # What arrived before is kept where the source does not answer any more; the summary counts the dates.
        results.update({code: result for code, result in again.items() if isinstance(result, Remarks)})
    in_order = [(code, results[code]) for code in codes]
    return Gathered(
        arrived={code: result for code, result in in_order if isinstance(result, Remarks)},
        kept=len(kept.keys() - outdated),
        missing={code: result for code, result in in_order if isinstance(result, FetchError)},
    )


def _outdated(results: Mapping[str, Remarks | FetchError], kept: Mapping[str, Remarks]) -> list[str]:
    """The codes whose values are from before the source's last update, by the newest answer of this run."""
    dates = {code: result.lastupdated for code, result in results.items() if isinstance(result, Remarks)}
    newest = max((date for code, date in dates.items() if code not in kept), default="")
    return [code for code, date in dates.items() if newest and date and date != newest]


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
