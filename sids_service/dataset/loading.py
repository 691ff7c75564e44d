"""Loads a packed panel: from the cache if it holds this version, else from the tables.

Imported when the first dataset is loaded, since it imports NumPy.
"""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory

from sids_core.panel import pack
from sids_core.panel.pack import PackedPanel, PackError, PackKey
from sids_core.panel.report import ValidationReport
from sids_core.panel.tables import Tables, read_tables
from sids_service.dataset.sources import FileSource, Snapshot, SourceChangedError, fetch_tables, list_tables

logger = logging.getLogger(__name__)


def load(source: FileSource, snapshot: Snapshot, cache_folder: Path, *, keep_unknown: bool) -> PackedPanel:
    """Load the panel of a snapshot; with `keep_unknown`, rows of codes that are no country are kept.

    A damaged packed panel is packed again; if it cannot be written, the panel is held in memory.

    Raises:
        DatasetError: the tables have errors; the message names the first ones.
        DataUnavailableError: the source cannot be reached.
        SourceChangedError: the files changed while they were read.
    """
    key = PackKey(source.source, snapshot.tags + ("\nwith unknown countries" if keep_unknown else ""))
    path = key.path(cache_folder)
    try:
        return pack.read(cache_folder, key)
    except FileNotFoundError:
        logger.info("%s is not in the cache yet", source.source)
    except (PackError, OSError) as error:
        logger.warning("%s is packed again: %s", path, error)
    tables, report = _read(source, snapshot, keep_unknown=keep_unknown)
    for issue in report.repairs:
        logger.warning("repaired: %s", issue.message)
    if tables is None:
        raise report.as_error(source.source)
    try:
        pack.write(cache_folder, key, tables, report.repaired)
        return pack.read(cache_folder, key)
    except (PackError, OSError) as error:
        logger.warning("the dataset is held in memory, %s cannot be used: %s", path, error)
        return pack.pack(tables, report.repaired)


def _read(source: FileSource, snapshot: Snapshot, *, keep_unknown: bool) -> tuple[Tables | None, ValidationReport]:
    with TemporaryDirectory() as folder:
        tables, report = read_tables(fetch_tables(source, snapshot, Path(folder)), keep_unknown=keep_unknown)
    # A file read while being written looks damaged: the result counts only if the files are unchanged.
    if list_tables(source).tags != snapshot.tags:
        raise SourceChangedError(source.source)
    return tables, report
