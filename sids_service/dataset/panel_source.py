"""The panel of a process: loaded and refreshed in the background, read without waiting.

Importing this does not import NumPy; the loading thread does, so that a process answers its first /health sooner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING

from sids_core.errors import DatasetError, DataUnavailableError, SidsError
from sids_service.dataset.blob_source import BlobSource
from sids_service.dataset.sources import FileSource, FolderSource, Snapshot, SourceChangedError, list_tables
from sids_service.errors import ConfigurationError, StillLoadingError
from sids_service.storage.cache_folder import prepare

if TYPE_CHECKING:
    from sids_core.panel.pack import PackedPanel
    from sids_core.panel.panel import Panel
    from sids_service.settings import Settings

FIRST_LOAD_SECONDS = 20.0
"""How long a request waits for the first load before it fails with DataUnavailableError."""
LOAD_CHECK_SECONDS = 0.1
FIRST_RETRY_SECONDS = 1.0
STOP_SECONDS = 10.0
MAX_CHANGES = 3
"""Number of attempts per poll at a dataset that changes while it is read."""

SETTINGS = ("DATASET_PATH", "DATASET_CONTAINER_URL", "DATASET_CONNECTION_STRING")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """The state of the dataset, for operators and for /ready.

    Attributes:
        ready: whether a panel is loaded.
        source: the folder or container.
        version: version of the panel; empty without one, when the counts are 0.
        rows: rows of values in the tables.
        countries: countries of the panel, including every SIDS.
        indicators: indicators with a row of values.
        years: years of the panel.
        files: names of the files.
        loaded_at: when this version was loaded (UTC); None without a panel.
        age_seconds: time since then; None without a panel.
        repairs: number of repaired places, by kind.
        error: why the last poll of the source failed; empty after a successful one. The error of a rejected version
            stays until the source changes.
        confirmed_seconds: time since the source was last found to have this version; without one, since the first poll;
            None before that.
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
    confirmed_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """Replaced as a whole, so that readers need no lock."""

    packed: PackedPanel | None = None
    tags: str = ""
    loaded_at: datetime | None = None
    refused_tags: str = ""
    refusal: str = ""
    error: str = ""


class PanelSource:
    """Polls a source from one daemon thread and holds the last good version of its dataset.

    A new version replaces the old one atomically after it has been checked and packed; a broken one is logged, reported
    by `status`, and not read again until it changes. A process that starts while the source is broken or unreachable
    serves the version that was packed last. An unreachable source is polled again after a second, then with doubling
    pauses up to `refresh_seconds`.
    """

    def __init__(
        self, files: FileSource, cache_folder: Path, refresh_seconds: float, *, keep_unknown: bool = False
    ) -> None:
        self._files = files
        self._keep_unknown = keep_unknown
        self._cache_folder = cache_folder
        self._refresh_seconds = refresh_seconds
        self._state = _State()
        self._confirmed_at: float | None = None
        self._tried = Event()
        self._stopping = Event()
        self._lock = Lock()
        self._polling = Lock()
        self._thread: Thread | None = None

    @property
    def source(self) -> str:
        """The folder or container."""
        return self._files.source

    def check_source(self) -> None:
        """List the tables' files once without loading anything.

        Raises:
            DataUnavailableError: the folder does not exist, or the container cannot be reached.
            DatasetError: a table has no file, or several.
        """
        list_tables(self._files)

    def start(self) -> None:
        """Start loading in the background; repeated calls have no effect."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._refresh, name="dataset", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Stop polling; the panel remains available. Waits up to STOP_SECONDS for a load in progress."""
        with self._lock:
            self._stopping.set()
            self._tried.set()
            if self._thread is not None:
                self._thread.join(STOP_SECONDS)

    def panel(self) -> Panel:
        """The last good version. Starts the first load if necessary and waits up to FIRST_LOAD_SECONDS for it.

        Raises:
            DataUnavailableError: no version could be loaded yet.
        """
        if self._state.packed is None:
            self.start()
            if not self._tried.wait(FIRST_LOAD_SECONDS):
                raise self._still_loading()
        state = self._state
        if state.packed is None:
            raise DataUnavailableError(f"no dataset could be loaded: {state.error or 'stopped'}")
        return state.packed.panel

    async def first_load(self) -> None:
        """Wait for the first load, without a thread. Raises StillLoadingError if it takes too long."""
        waits_until = monotonic() + FIRST_LOAD_SECONDS
        if not self._tried.is_set():
            self.start()
        while not self._tried.is_set():
            if monotonic() > waits_until:
                raise self._still_loading()
            await asyncio.sleep(LOAD_CHECK_SECONDS)

    def refresh(self) -> None:
        """Poll the source now; a newer version is served when this returns."""
        with self._polling:
            if self._confirmed_at is None:
                self._confirmed_at = monotonic()
            self._poll()

    def status(self) -> PanelStatus:
        """The state of the dataset, without waiting."""
        state, confirmed_at = self._state, self._confirmed_at
        confirmed = None if confirmed_at is None else monotonic() - confirmed_at
        if state.packed is None or state.loaded_at is None:
            return PanelStatus(ready=False, source=self.source, error=state.error, confirmed_seconds=confirmed)
        panel = state.packed.panel
        return PanelStatus(
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
            confirmed_seconds=confirmed,
        )

    def _still_loading(self) -> StillLoadingError:
        return StillLoadingError(f"the dataset is still being loaded from {self.source}")

    def _refresh(self) -> None:
        retry_seconds = min(FIRST_RETRY_SECONDS, self._refresh_seconds)
        while not self._stopping.is_set():
            self.refresh()
            self._tried.set()
            if self._state.packed is not None and not self._state.error:
                retry_seconds = self._refresh_seconds
            self._stopping.wait(retry_seconds)
            retry_seconds = min(2 * retry_seconds, self._refresh_seconds)

    def _poll(self) -> None:
        try:
            self._load_changes()
        except SidsError as error:
            self._fail(str(error))
        except Exception:
            # Without this thread the service gets no data: it must survive unexpected errors.
            logger.exception("polling the dataset failed")
            self._fail("unexpected error, see the log")

    def _load_changes(self) -> None:
        for _ in range(MAX_CHANGES):
            try:
                snapshot = list_tables(self._files)
                if snapshot.tags == self._state.tags:
                    self._state = replace(self._state, refused_tags="", refusal="", error="")
                elif snapshot.tags == self._state.refused_tags:
                    self._state = replace(self._state, error=self._state.refusal)
                else:
                    self._load(snapshot)
                if not self._state.error:
                    self._confirmed_at = monotonic()
            except SourceChangedError:
                continue
            return
        raise DataUnavailableError(f"{self.source} changes while it is being read")

    def _load(self, snapshot: Snapshot) -> None:
        from sids_service.dataset.loading import load

        try:
            prepare(self._cache_folder)  # again: a temporary folder may have been cleared since the start
        except ValueError as fault:
            raise ConfigurationError(str(fault)) from None
        try:
            packed = load(self._files, snapshot, self._cache_folder, keep_unknown=self._keep_unknown)
        except DatasetError as error:
            self._state = replace(self._state, refused_tags=snapshot.tags, refusal=str(error))
            raise
        self._state = _State(packed, snapshot.tags, datetime.now(UTC))
        logger.info("dataset %s of %s is ready (%d rows)", packed.panel.version, self.source, packed.rows)

    def _fail(self, error: str) -> None:
        """Report an error; without a version yet, serve the one that was packed last, never without the error."""
        state = replace(self._state, error=error)
        if state.packed is None:
            from sids_service.dataset.loading import load_last

            packed = load_last(self._files, self._cache_folder, keep_unknown=self._keep_unknown)
            if packed is not None:
                state = replace(state, packed=packed, loaded_at=datetime.now(UTC))
                logger.warning("dataset %s of %s was packed earlier and is served", packed.panel.version, self.source)
        if error != self._state.error:
            kept = "the last good version is kept" if state.packed else "no dataset is loaded yet"
            logger.error("%s; %s", error, kept)
        self._state = state


def open_panel_source(settings: Settings) -> PanelSource:
    """The configured dataset; nothing is started or connected to yet.

    Raises:
        ConfigurationError: the settings name no dataset, more than one, or a malformed one.
    """
    return PanelSource(
        _file_source(settings),
        settings.dataset_cache_path,
        settings.dataset_refresh_seconds,
        keep_unknown=settings.keep_unknown_countries,
    )


def _file_source(settings: Settings) -> FileSource:
    values = (settings.dataset_path, settings.dataset_container_url, settings.dataset_connection_string)
    given = [name for name, value in zip(SETTINGS, values, strict=True) if value is not None]
    if len(given) != 1:
        found = f"{' and '.join(given)} are set" if given else "none is set"
        raise ConfigurationError(f"exactly one of {', '.join(SETTINGS)} must name the dataset; {found}")
    if settings.dataset_path is not None:
        return FolderSource(settings.dataset_path)
    if settings.dataset_connection_string is not None:
        secret = settings.dataset_connection_string.get_secret_value()
        return BlobSource.by_connection_string(secret, settings.dataset_container)
    return BlobSource.by_identity(str(settings.dataset_container_url))
