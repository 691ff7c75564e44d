"""The one dataset of a process: loaded and refreshed in the background, read without waiting.

Importing this brings no NumPy; the loading thread does, so that a process answers its first /health sooner.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from sids_core.errors import DataUnavailableError, SidsError
from sids_core.panel.errors import DatasetError
from sids_service.dataset.blob_store import BlobStore
from sids_service.dataset.folder_store import FolderStore
from sids_service.dataset.snapshot import Snapshot, look
from sids_service.dataset.status import DatasetStatus
from sids_service.dataset.store import SourceChangedError, Store
from sids_service.errors import ConfigurationError

if TYPE_CHECKING:
    from sids_core.panel.cache import Packed
    from sids_core.panel.panel import Panel
    from sids_service.settings import Settings

# How long a request waits for a load in progress before it is told to come back.
FIRST_LOAD_SECONDS = 20.0
FIRST_RETRY_SECONDS = 1.0
STOP_SECONDS = 10.0
# How often a dataset that changes while it is read is read again before the next look.
CHANGES = 3

SOURCES = ("DATASET_PATH", "DATASET_CONTAINER_URL", "DATASET_CONNECTION_STRING")

logger = logging.getLogger(__name__)


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
        from sids_service.dataset.loading import load

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


def open_dataset(settings: Settings) -> Dataset:
    """The dataset that the settings name; neither started nor looked for yet.

    Raises:
        ConfigurationError: they name none, more than one, or one that is malformed.
    """
    return Dataset(_store(settings), settings.dataset_cache_path, settings.dataset_refresh_seconds)


def _store(settings: Settings) -> Store:
    values = (settings.dataset_path, settings.dataset_container_url, settings.dataset_connection_string)
    given = [name for name, value in zip(SOURCES, values, strict=True) if value is not None]
    if len(given) != 1:
        found = f"{' and '.join(given)} are set" if given else "none is set"
        raise ConfigurationError(f"exactly one of {', '.join(SOURCES)} must say where the dataset is; {found}")
    if settings.dataset_path is not None:
        return FolderStore(settings.dataset_path)
    if settings.dataset_connection_string is not None:
        secret = settings.dataset_connection_string.get_secret_value()
        return BlobStore.by_connection_string(secret, settings.dataset_container)
    return BlobStore.by_identity(str(settings.dataset_container_url))
