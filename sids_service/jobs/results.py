"""Cached results: in memory, and in the store of the jobs."""

import logging
from collections import OrderedDict
from time import monotonic

from pydantic_core import from_json

from sids_service.jobs.computation import Key
from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.store import JobStore, Part

PAUSE_SECONDS = 60
"""Seconds for which an unreachable store is not tried again, so that requests do not wait for it repeatedly."""

logger = logging.getLogger(__name__)


def stored_result(store: JobStore, job_id: str) -> bytes | None:
    """The result of a job as JSON; None if the store has none, or one that is empty or cut off.

    Raises:
        StoreUnavailableError: the store cannot be reached.
    """
    content = store.content(Part.RESULT, job_id)
    if content is None:
        return None
    try:
        from_json(content)
    except ValueError as error:
        logger.warning("the stored result of job %s is damaged: %s", job_id, error)
        return None
    return content


class StoredResults:
    """The results of jobs in the store."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._next_look = 0.0

    def result(self, key: Key) -> bytes | None:
        """The result as JSON; None if the store has none or is unreachable."""
        if monotonic() < self._next_look:
            return None
        try:
            return stored_result(self._store, key.digest)
        except StoreUnavailableError as error:
            self._next_look = monotonic() + PAUSE_SECONDS
            logger.warning("no results from the store for %d s: %s", PAUSE_SECONDS, error)
            return None


class ResultCache:
    """An LRU cache of results, limited to `most_bytes`. Not thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._results: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def __contains__(self, digest: str) -> bool:
        return digest in self._results

    def get(self, digest: str) -> bytes | None:
        """The result, marked as most recently used; None if it is not cached."""
        if digest not in self._results:
            return None
        self._results.move_to_end(digest)
        return self._results[digest]

    def add(self, digest: str, result: bytes) -> None:
        """Add a result that is not cached yet and fits; evicts the least recently used ones."""
        if len(result) > self._most_bytes:
            return
        self._results[digest] = result
        self._bytes += len(result)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._results.popitem(last=False)[1])
