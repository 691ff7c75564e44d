"""The quick form of the attack `jobs_under_faults`."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import AZURITE
from tests.torture.jobs_under_faults import azurite_in, jobs_under_faults


def test_no_job_is_lost_where_storage_fails_and_workers_are_killed(tmp_path: Path) -> None:
    if shutil.which("node") is None or not AZURITE.exists():
        pytest.skip("Azurite needs Node and `npm ci`")
    with azurite_in(tmp_path) as azurite:
        row = jobs_under_faults(1, tmp_path, azurite, jobs=16, kills=4, restarts=1)
    assert row.passed, row
    assert row.notes.startswith("4 kills of 5 workers, 1 restarts of Azurite")
