"""The recipe of docs/add-a-model.md works: its commands, followed in a copy of the project, add a model that serves."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

CODE = ("blueprints", "sids_core", "sids_service", "sids_tools", "tests/service/sample")
FILES = ("pyproject.toml", "tests/service/test_function_app.py")
RECIPE = (PROJECT / "docs" / "add-a-model.md").read_text()


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPE, re.DOTALL | re.MULTILINE)


def copy_project(folder: Path) -> None:
    for name in CODE:
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*(PROJECT / name for name in FILES), *(PROJECT / "tests").glob("*.py")):
        shutil.copy(path, folder / path.relative_to(PROJECT))


def insert_before_the_sample(file: Path, entry: str) -> None:
    """Put a model's entry into a mapping, before that of the sample model."""
    text, count = re.subn(r'^(?= +"sampleapi":)', lambda _: entry, file.read_text(), count=1, flags=re.MULTILINE)
    assert count == 1
    file.write_text(text)


def test_a_model_that_is_copied_from_the_sample_serves(tmp_path: Path) -> None:
    copy_project(tmp_path)
    (commands,) = fences("sh")
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, check=True)
    registry_line, calls = fences("python")
    insert_before_the_sample(tmp_path / "blueprints" / "__init__.py", registry_line)
    insert_before_the_sample(tmp_path / "tests" / "calls.py", calls)
    # The copied tests call the new endpoints; those of the app compare its functions with the calls.
    tests = ["tests/service/rainfall", "tests/service/test_function_app.py", "-k", "rainfall or contract"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"\b([6-9]|\d\d) passed", run.stdout), run.stdout
    copied = [*(tmp_path / "sids_core" / "rainfall").rglob("*.py"), tmp_path / "blueprints" / "rainfall.py"]
    assert copied
    assert not [path for path in copied if re.search("sample", path.read_text(), re.IGNORECASE)]
