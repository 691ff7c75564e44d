"""Shared by the tests of all models: the panel of the real data."""

from pathlib import Path

import pytest

import sids_core as sids
from sids_core.panel.panel import Panel


@pytest.fixture(scope="module")
def real_panel(real_data: Path) -> Panel:
    return sids.open_panel(real_data)
