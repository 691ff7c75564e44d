"""The wheel works in an empty environment outside the checkout, and `sids` says which extra it needs."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

import sids_core
from tests.tools.running import PROJECT

UV = (sys.executable, "-m", "uv")
SERVICE_ONLY = ("azure.functions", "fastapi", "pydantic", "typer")


def run(command: Sequence[str | Path], folder: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, with the pinned build backend of this environment."""
    folder = tmp_path_factory.mktemp("dist")
    # `uv build` without a kind: the source distribution first, and the wheel from that.
    command = (*UV, "build", "--quiet", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder)
    result = run((*command, PROJECT), folder)
    assert result.returncode == 0, result.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def library(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel and the library's dependencies."""
    return installed(f"{wheel}", "requirements.txt", tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def tools(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Likewise, with what the extra `tools` has."""
    return installed(f"{wheel}[tools]", "requirements-local.txt", tmp_path_factory.mktemp("tools"))


def installed(wheel: str, pins: str, folder: Path) -> Path:
    python = folder / "env" / "bin" / "python"
    for command in (
        ("venv", "--quiet", "--python", sys.executable, folder / "env"),
        ("pip", "install", "--quiet", "--python", python, "--constraint", PROJECT / pins, wheel),
    ):
        result = run((*UV, *command), folder)
        assert result.returncode == 0, result.stderr
    return python


def test_the_wheel_holds_the_floors_and_their_data(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    root = f"sids_ml_backend-{sids_core.__version__}.dist-info"
    packages = {"blueprints", "explorer", "sids_core", "sids_service", "sids_tools"}
    assert {name.partition("/")[0] for name in names} == {"function_app.py", root, *packages}
    data = {"sids_core/py.typed", "sids_tools/deployment/templates/deployment.txt", "explorer/vendor/d3.min.js.br"}
    assert data <= set(names)
    assert not [name for name in names if name.startswith("explorer/node_modules")]


def test_the_library_is_imported_without_the_service(library: Path, tmp_path: Path) -> None:
    script = (
        "from importlib.util import find_spec\n"
        "import sids_core as sids\n"
        f"assert sids.__version__ == {sids_core.__version__!r}\n"
        f"print(sids.__file__, [name for name in {SERVICE_ONLY} if find_spec(name.partition('.')[0])])"
    )
    result = run((library, "-W", "error", "-c", script), tmp_path)
    assert result.returncode == 0, result.stderr
    path, installed = result.stdout.split(" ", 1)
    assert Path(path).is_relative_to(library.parents[1])
    assert installed == "[]\n"


def test_the_library_imputes(library: Path, tmp_path: Path) -> None:
    script = (
        "import sids_core as sids\n"
        "from sids_core.panel.demo import demo_panel\n"
        "result = sids.impute(demo_panel(), 'key-wdi-EG.ELC.ACCS.ZS', year=2001, n_estimators=20)\n"
        "frame = result.to_frame()\n"
        "print(list(frame.columns), len(frame) > 40, frame.isna().to_numpy().any())"
    )
    result = run((library, "-W", "error", "-c", script), tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "['country', 'value', 'lower', 'upper', 'observed'] True False\n"


def test_the_command_names_the_extra_that_it_needs(library: Path, tmp_path: Path) -> None:
    result = run((library.parent / "sids", "--help"), tmp_path)
    assert (result.returncode, result.stderr) == (1, 'typer is missing: pip install "sids-ml-backend[tools]"\n')


def test_the_tutorial_works_with_the_tools_alone(tools: Path, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    output = ""
    for language, block in re.findall(r"^```(\w+)\n(.+?)^```$", page, re.DOTALL | re.MULTILINE)[
        1:
    ]:  # after the installation
        if language == "text":
            assert [line for line in block.splitlines() if line not in output] == []
            continue
        program = ("bash", "-ec", f"PATH={tools.parent}:$PATH; {block}") if language == "sh" else (tools, "-c", block)
        result = run(program, tmp_path)
        assert result.returncode == 0, result.stderr
        output = result.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"spreadsheet.xlsx", "data", "filled.xlsx", "chart.svg"}
