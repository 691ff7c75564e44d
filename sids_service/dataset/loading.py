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

    A damaged packed panel is packed again; if it cannot be written, the next process reads the tables again.

    Raises:
        DatasetError: the tables have errors; the message names the first ones.
        DataUnavailableError: the source cannot be reached.
        SourceChangedError: the files changed while they were read.
    """
    key = PackKey(_packed_source(source, keep_unknown=keep_unknown), snapshot.tags)
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
    packed = pack.compact(tables, report.repaired)
    try:
        pack.write(cache_folder, key, packed)
    except OSError as error:
        logger.warning("the dataset is held in memory only, %s cannot be written: %s", path, error)
    return packed


def load_last(source: FileSource, cache_folder: Path, *, keep_unknown: bool) -> PackedPanel | None:
    """The last good version that a process has packed, for as long as the source has none; None if there is none."""
    return pack.read_last(cache_folder, _packed_source(source, keep_unknown=keep_unknown))


def _packed_source(source: FileSource, *, keep_unknown: bool) -> str:
    return source.source + ("\nwith unknown countries" if keep_unknown else "")


def _read(source: FileSource, snapshot: Snapshot, *, keep_unknown: bool) -> tuple[Tables | None, ValidationReport]:
    with TemporaryDirectory() as folder:
        try:
            return read_tables(fetch_tables(source, snapshot, Path(folder)), keep_unknown=keep_unknown)
        finally:
            # A file read while being written looks damaged: the result counts only if the files are unchanged.
            if list_tables(source).tags != snapshot.tags:
                raise SourceChangedError(source.source)
