"""From a store to a packed panel: out of the cache where it has this version, else out of the tables."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from sids_core.panel import cache
from sids_core.panel.cache import CacheFault, CacheKey, Packed
from sids_core.panel.errors import DatasetError
from sids_core.panel.findings import Report
from sids_core.panel.tables import Tables, read_tables
from sids_service.dataset.snapshot import Snapshot, check_unchanged, fetch
from sids_service.dataset.store import Store

NAMED_ERRORS = 3

logger = logging.getLogger(__name__)


def load(store: Store, snapshot: Snapshot, cache_folder: Path) -> Packed:
    """The panel of a snapshot. A cache that cannot be read is built again; one that cannot be written is done without.

    Raises:
        DatasetError: the tables have errors; its message names the first ones.
        DataUnavailableError: the store cannot be reached.
        SourceChangedError: the files changed while they were read.
    """
    key = CacheKey(store.source, snapshot.tags)
    try:
        return cache.read(cache_folder, key)
    except FileNotFoundError:
        logger.info("%s is not in the cache yet", store.source)
    except (CacheFault, OSError) as error:
        logger.warning("cache file %s is built again: %s", key.path(cache_folder), error)
    tables, report = _read(store, snapshot)
    for finding in report.repairs:
        logger.warning("repaired: %s", finding.message)
    if tables is None:
        raise DatasetError(summary(store.source, report))
    try:
        cache.write(cache_folder, key, tables, report.repaired)
        return cache.read(cache_folder, key)
    except (CacheFault, OSError) as error:
        logger.warning("the dataset is held in memory, cache file %s cannot be used: %s", key.path(cache_folder), error)
        return cache.pack(tables, report.repaired)


def _read(store: Store, snapshot: Snapshot) -> tuple[Tables | None, Report]:
    with TemporaryDirectory() as folder:
        tables, report = read_tables(fetch(store, snapshot, Path(folder)))
    # A file caught while it was being written looks damaged; what was read counts only if it is still there.
    check_unchanged(store, snapshot)
    return tables, report


def summary(source: str, report: Report) -> str:
    """One line that names a source and the first errors found in it."""
    named = "; ".join(finding.message for finding in report.errors[:NAMED_ERRORS])
    more = len(report.errors) - NAMED_ERRORS
    return f"{source}: {named}" + (f"; and {more} more errors" if more > 0 else "")
