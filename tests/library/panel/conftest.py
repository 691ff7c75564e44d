"""Small tables that a test can break in one place."""

from pathlib import Path

import pytest

from tests.small_tables import SmallTables


@pytest.fixture
def small(tmp_path: Path) -> SmallTables:
    return SmallTables(tmp_path / "small")
