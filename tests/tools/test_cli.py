"""The command line itself."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.running import PROJECT, Result

COMMANDS = (
    "serve", "fill", "batch", "evaluate", "package", "service", "overlay", "function-lists",
    "data import world-bank", "data import sids-api", "data check", "data merge", "data pack", "data publish",
)  # fmt: skip
HEAVY = ("numpy", "pandas", "sklearn", "pydantic", "azure", "rich")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(command: Callable[..., Result], name: str) -> None:
    result = command(*name.split(), "--help")
    assert result.code == 0
    assert f"  sids {name}" in result.out


def test_help_lists_every_command_and_loads_no_large_library() -> None:
    script = (
        "import sys\nfrom sids_tools.cli import run\nsys.argv = ['sids', '--help']\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    listed = {line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ") and line.strip()}
    assert {name.split()[0] for name in COMMANDS} <= listed
    assert "new-service" not in listed
    assert "loaded: []" in result.stdout


@pytest.mark.parametrize("library", ["typer", "httpx", "tenacity"])
def test_a_missing_library_is_one_line(library: str, tmp_path: Path) -> None:
    arguments = ["sids", "data", "import", "world-bank", "--all", "--url", "http://127.0.0.1:9"]
    script = (
        "import runpy, sys\n"
        f"sys.modules[{library!r}] = None\n"
        f"sys.argv = {[*arguments, '--out', str(tmp_path / 'out')]!r}\n"
        "runpy.run_module('sids_tools', run_name='__main__')"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == f'{library} is missing: pip install "sids-ml-backend[tools]"\n'


def test_the_deployed_package_has_no_library_of_the_commands() -> None:
    deployed = (PROJECT / "requirements.txt").read_text()
    for library in ("typer", "rich", "httpx", "tenacity"):
        assert f"\n{library}==" not in deployed
        assert f"\n{library}==" in (PROJECT / "requirements-local.txt").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("data", "check", "no\nsuch"),
        ("data", "import", "world-bank", "--indicators", "SP.POP\rTOTL", "--out", "x"),
        ("service", "--name", "\x1b[2Jx"),
        ("package", "--python-version", "3.13\u2028"),
        ("batch", "--years", "2015", "--out", ""),
        ("package", "--out="),
        ("package", "--python-version", "--help"),
        ("data", "publish", "x", "--connection-string", "UseDevelopmentStorage=true", "--container", "../x"),
    ],
)
def test_an_argument_that_would_lead_elsewhere_is_one_line(
    command: Callable[..., Result], words: tuple[str, ...]
) -> None:
    result = command(*words)
    assert (result.code, result.err.count("\n"), result.out) == (2, 1, "")
    assert result.err.strip().isprintable()


def test_a_malformed_connection_string_is_not_repeated(command: Callable[..., Result]) -> None:
    result = command("data", "publish", "x", "--connection-string", "AccountKey=c2VjcmV0\n")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "c2VjcmV0" not in result.err


def test_a_disk_that_cannot_be_written_is_one_line(
    command: Callable[..., Result], demo_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = command("data", "pack", demo_data, "--out", tmp_path / "file" / "out")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Not a directory" in result.err
