"""The code of README and docs: Python runs, commands and addresses are known, scripts and names are complete."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from matplotlib import pyplot as plt
from starlette.routing import Match
from typer.main import get_command

import sids_core
from blueprints import MODELS, data, jobs, root
from sids_tools.commands import app
from tests.conftest import PROJECT

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
LANGUAGES = {"python", "sh", "console", "json", "text", "csv"}
TABLE = "figures.csv"
"""What pages call the table that they show."""

TESTED_ELSEWHERE = {
    "README.md": "test_readme.py",
    "docs/add-a-model.md": "tests/service/test_add_a_model.py follows it in a copy of the project",
    "docs/choosing.md": "test_readme.py",
    "docs/imputation.md": "test_readme.py",
    "docs/results.md": "test_readme.py",
    "docs/scikit-learn.md": "test_readme.py",
    "docs/tutorial.md": "tests/tools/test_wheel.py follows it with the wheel alone",
}
PAGES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((PROJECT / "docs").glob("*.md")))]


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    options: str
    code: str


def blocks(page: str, language: str = "") -> list[Block]:
    text = (PROJECT / page).read_text(encoding="utf-8")
    found = [Block(match["language"], match["options"], match["code"]) for match in FENCE.finditer(text)]
    return [block for block in found if language in ("", block.language)]


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_its_language(page: str) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python") and page not in TESTED_ELSEWHERE])
def test_python_runs(page: str, demo_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "demo-data").symlink_to(demo_data, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    for table in blocks(page, "csv"):
        (tmp_path / TABLE).write_text(table.code, encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page, "python"):
        if not block.code.startswith("--8<--"):  # a script of examples/, which test_readme.py runs
            exec(compile(block.code, page, "exec"), names)  # noqa: S102 (the block is ours)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")])
def test_shell_is_valid(page: str) -> None:
    for block in blocks(page, "sh"):
        subprocess.run(["bash", "-n"], input=re.sub(r"<[^<>\n]+>", "NAME", block.code), text=True, check=True)


def shell_lines(page: str) -> Iterator[str]:
    text = (PROJECT / page).read_text(encoding="utf-8")
    yield from re.sub(r"\\\n\s*", " ", text).splitlines()


@cache
def sids_commands(page: str) -> list[list[str]]:
    """The arguments of each `sids …` at the beginning of a line of code, after settings or a path."""
    lines = (
        re.match(r"\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?sids ([a-z].*)", line) for line in shell_lines(page)
    )
    return [shlex.split(line[1], comments=True) for line in lines if line]


@pytest.mark.parametrize("page", [page for page in PAGES if sids_commands(page)])
def test_commands_are_known_with_their_options(page: str) -> None:
    for words in sids_commands(page):
        command: Any = get_command(app)
        rest = list(words)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        assert not hasattr(command, "commands"), words
        if rest not in ([], ["--help"]):  # without arguments `sids service` asks
            command.make_context("sids", rest)


@pytest.mark.parametrize("page", PAGES)
def test_addresses_are_routes(page: str) -> None:
    routes = [
        route for module in (root, data, jobs, *map(import_module, MODELS.values())) for route in module.router.routes
    ]
    for line in shell_lines(page):
        for path in re.findall(r"(?:localhost:7071|\$SERVICE_URL)(/[\w/.-]*)", line):
            scope = {"type": "http", "path": path, "method": "GET"}
            assert any(route.matches(scope)[0] is not Match.NONE for route in routes), path


def test_the_examples_page_runs_every_script() -> None:
    shown = set(re.findall(r'--8<-- "examples/(\S+)"', (PROJECT / "docs/examples.md").read_text()))
    assert shown == {path.name for path in (PROJECT / "examples").glob("*.py")}


def test_the_library_page_has_every_public_name() -> None:
    documented = set(re.findall(r"^::: sids_core\.(\w+)$", (PROJECT / "docs/library.md").read_text(), re.MULTILINE))
    assert documented == set(sids_core.__all__) - {"__version__"}


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a kernel: its code is plain Python. The site's build runs it in Jupyter."""
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((PROJECT / "docs" / "first-look.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {"__name__": "notebook"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)  # nothing generated is committed
            exec(compile("".join(cell["source"]), "first-look.ipynb", "exec"), names)  # noqa: S102 (ours)
    plt.close("all")
