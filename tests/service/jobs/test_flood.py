"""The quick form of the flood of jobs: `make torture ATTACK=flood`."""

import sys
from pathlib import Path

import pytest

from tests.torture.flood import flood


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8")
def test_a_flood_of_jobs_is_bounded_and_leaves_a_single_job_its_turn(demo_data: Path, tmp_path: Path) -> None:
    row = flood(tmp_path, demo_data, clients=3, requests=60, seed=1)
    assert row.passed, row
    assert "429" in row.notes
