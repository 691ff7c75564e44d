"""The benchmarks of docs/performance.md still run: each on as little as it takes, since figures are not for tests."""

import subprocess
import sys

import pytest

from tests.conftest import PROJECT, REAL_DATA

QUICK = {
    "heldout": ("--targets", "1", "--hiding", "never", "AFS etr quantile"),
    "imputation_in_folds": ("--targets", "1"),
    "clustering": ("--requests", "2", "--restarts", "2"),
}


@pytest.mark.skipif(not REAL_DATA.exists(), reason=f"the real data is not in {REAL_DATA}")
@pytest.mark.parametrize("name", QUICK)
def test_a_benchmark_runs(name: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *QUICK[name]],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout
