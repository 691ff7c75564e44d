"""The command line itself."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.running import PROJECT, Result

COMMANDS = ("import world-bank", "import sids-api", "check", "merge", "pack", "publish")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(command: Callable[..., Result], name: str) -> None:
    result = command("data", *name.split(), "--help")
    assert result.code == 0
    assert f"sids data {name} " in result.out


@pytest.mark.parametrize("library", ["typer", "httpx", "tenacity"])
def test_a_missing_library_is_one_line(library: str, tmp_path: Path) -> None:
    arguments = ["sids_tools", "data", "import", "world-bank", "--all", "--url", "http://127.0.0.1:9"]
    script = (
        "import runpy, sys\n"
        f"sys.modules[{library!r}] = None\n"
        f"sys.argv = {[*arguments, '--out', str(tmp_path / 'out')]!r}\n"
        "runpy.run_module('sids_tools', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f"{library} is missing: python -m pip install --requirement requirements-local.txt\n"


def test_the_deployed_package_has_no_library_of_the_commands() -> None:
    deployed = (PROJECT / "requirements.txt").read_text()
    for library in ("typer", "rich", "httpx", "tenacity"):
        assert f"\n{library}==" not in deployed
        assert f"\n{library}==" in (PROJECT / "requirements-local.txt").read_text()


def test_a_disk_that_cannot_be_written_is_one_line(
    command: Callable[..., Result], demo_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = command("data", "pack", demo_data, "--out", tmp_path / "file" / "out")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Not a directory" in result.err
