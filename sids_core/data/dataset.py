"""The one dataset of a process: loaded and refreshed in the background, read without waiting."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from types import MappingProxyType

from sids_core.data.cache import Packed
from sids_core.data.errors import DatasetError
from sids_core.data.loading import load
from sids_core.data.panel import Panel
from sids_core.data.snapshot import Snapshot, look
from sids_core.data.store import SourceChangedError, Store
from sids_core.errors import DataUnavailableError, SidsError

# How long a request waits for a load in progress before it is told to come back.
FIRST_LOAD_SECONDS = 20.0
FIRST_RETRY_SECONDS = 1.0
STOP_SECONDS = 10.0
# How often a dataset that changes while it is read is read again before the next look.
CHANGES = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatasetStatus:
    """What an operator wants to know of the dataset.

    Attributes:
        ready: whether there is a panel.
        source: the folder or container.
        version: the panel's; empty without one, as the counts are 0.
        rows: rows of figures.
        countries: countries of the panel, every SIDS among them.
        indicators: indicators with a row of figures.
        years: years of the panel.
        files: names of the files.
        loaded_at: when this version was loaded (UTC); None without a panel.
        age_seconds: how long ago that was; None without a panel.
        repairs: how many places were repaired, by kind.
        error: what the last look at the source failed with; empty after a successful one. A version that was refused
            stays named here until the source changes.
    """

    ready: bool
    source: str
    version: str = ""
    rows: int = 0
    countries: int = 0
    indicators: int = 0
    years: int = 0
    files: tuple[str, ...] = ()
    loaded_at: datetime | None = None
    age_seconds: float | None = None
    repairs: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    error: str = ""


@dataclass(frozen=True, slots=True)
class _State:
    """Replaced as a whole, so that readers need no lock."""

    packed: Packed | None = None
    tags: str = ""
    loaded_at: datetime | None = None
    refused: str = ""
    refusal: str = ""
    error: str = ""


class Dataset:
    """Looks at a store from one daemon thread and holds the last good version of what it finds.

    A new version replaces the old one in a single step when it has been checked and packed; a broken one is logged,
    reported by `status`, and not read again until it changes. An unreachable store is asked again after a second, then
    ever more rarely down to once in `refresh_seconds`.
    """

    def __init__(self, store: Store, cache_folder: Path, refresh_seconds: float) -> None:
        self._store = store
        self._cache_folder = cache_folder
        self._refresh_seconds = refresh_seconds
        self._state = _State()
        self._tried = Event()
        self._stopping = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def source(self) -> str:
        """The folder or container."""
        return self._store.source

    def check_source(self) -> None:
        """Look at the source once without loading anything.

        Raises:
            DataUnavailableError: the folder does not exist, or the container cannot be reached.
            DatasetError: a table has no file, or several.
        """
        look(self._store)

    def start(self) -> None:
        """Start loading in the background; does nothing where that has been done."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._keep_fresh, name="dataset", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Look no more; the panel stays. A load in progress is waited for, within bounds."""
        with self._lock:
            self._stopping.set()
            self._tried.set()
            if self._thread is not None:
                self._thread.join(STOP_SECONDS)

    def panel(self) -> Panel:
        """The last good version; waits for a first load in progress, which it starts if nobody has.

        Raises:
            DataUnavailableError: nothing could be loaded yet.
        """
        if self._state.packed is None:
            self.start()
            if not self._tried.wait(FIRST_LOAD_SECONDS):
                raise DataUnavailableError(f"the dataset is still being loaded from {self.source}")
        state = self._state
        if state.packed is None:
            raise DataUnavailableError(f"no dataset could be loaded: {state.error or 'stopped'}")
        return state.packed.panel

    def status(self) -> DatasetStatus:
        """How things stand, without waiting."""
        state = self._state
        if state.packed is None or state.loaded_at is None:
            return DatasetStatus(ready=False, source=self.source, error=state.error)
        panel = state.packed.panel
        return DatasetStatus(
            ready=True,
            source=self.source,
            version=panel.version,
            rows=state.packed.rows,
            countries=len(panel.countries),
            indicators=len(panel.indicators),
            years=len(panel.years),
            files=panel.files,
            loaded_at=state.loaded_at,
            age_seconds=(datetime.now(UTC) - state.loaded_at).total_seconds(),
            repairs=state.packed.repairs,
            error=state.error,
        )

    def _keep_fresh(self) -> None:
        retry_seconds = min(FIRST_RETRY_SECONDS, self._refresh_seconds)
        while not self._stopping.is_set():
            self._look()
            self._tried.set()
            if self._state.packed is not None:
                retry_seconds = self._refresh_seconds
            self._stopping.wait(retry_seconds)
            retry_seconds = min(2 * retry_seconds, self._refresh_seconds)

    def _look(self) -> None:
        try:
            self._take_over()
        except SidsError as error:
            self._fail(str(error))
        except Exception:
            # The thread is the service's only way to data: it must outlive a fault that nobody foresaw.
            logger.exception("looking at the dataset failed")
            self._state = replace(self._state, error="an unforeseen fault, see the log")

    def _take_over(self) -> None:
        for _ in range(CHANGES):
            try:
                snapshot = look(self._store)
                if snapshot.tags == self._state.tags:
                    self._state = replace(self._state, refused="", refusal="", error="")
                elif snapshot.tags == self._state.refused:
                    self._state = replace(self._state, error=self._state.refusal)
                else:
                    self._load(snapshot)
            except SourceChangedError:
                continue
            return
        raise DataUnavailableError(f"{self.source} changes while it is being read")

    def _load(self, snapshot: Snapshot) -> None:
        try:
            packed = load(self._store, snapshot, self._cache_folder)
        except DatasetError as error:
            self._state = replace(self._state, refused=snapshot.tags, refusal=str(error))
            raise
        self._state = _State(packed, snapshot.tags, datetime.now(UTC))
        logger.info("dataset %s of %s is ready (%d rows)", packed.panel.version, self.source, packed.rows)

    def _fail(self, error: str) -> None:
        if error != self._state.error:
            kept = "the last good version stays" if self._state.packed else "there is no dataset yet"
            logger.error("%s; %s", error, kept)
        self._state = replace(self._state, error=error)
