"""Panel sources over small tables."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sids_service.dataset.panel_source import PanelSource
from sids_service.dataset.sources import FileSource
from tests.small_tables import SmallTables

REFRESH_SECONDS = 0.1


@pytest.fixture
def small(tmp_path: Path) -> SmallTables:
    return SmallTables(tmp_path / "small")


@pytest.fixture
def open_source(tmp_path: Path) -> Iterator[Callable[[FileSource], PanelSource]]:
    opened: list[PanelSource] = []

    def open_it(files: FileSource) -> PanelSource:
        source = PanelSource(files, tmp_path / "cache", REFRESH_SECONDS)
        source.start()
        opened.append(source)
        return source

    yield open_it
    for source in opened:
        source.stop()
