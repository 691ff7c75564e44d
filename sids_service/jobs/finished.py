"""Results that jobs have left in the store, for requests that are answered at once."""

import logging
from time import monotonic

from sids_service.jobs.errors import StoreUnavailableError
from sids_service.jobs.result_cache import Key
from sids_service.jobs.store import JobStore, Part

PAUSE_SECONDS = 60

logger = logging.getLogger(__name__)


class Finished:
    """Looks into the store, unless it was out of reach a moment ago: a request must not wait for it again and again."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._next_look = 0.0

    def result(self, key: Key) -> bytes | None:
        """The result as JSON; None where there is none, or the store cannot tell."""
        if monotonic() < self._next_look:
            return None
        try:
            return self._store.content(Part.RESULT, key.digest)
        except StoreUnavailableError as error:
            self._next_look = monotonic() + PAUSE_SECONDS
            logger.warning("no results from the store for %d s: %s", PAUSE_SECONDS, error)
            return None
