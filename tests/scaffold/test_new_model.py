"""`python -m sids_core new-model NAME`, in a copy of the project, as a contributor types it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from blueprints import MODELS
from sids_core.errors import ConfigurationError
from sids_core.scaffold.new_model import registry_line, render, write_model

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
# Sorts before every other module, has words, and is as long as a name may be.
AWKWARD = "a_model_of_20_lettrs"
CALL = """
import json, os
from pathlib import Path
from blueprints.app import build_app
from blueprints.context import Context
from sids_core.data.dataset import open_dataset
from sids_core.settings import read_settings
from tests.function_client import FunctionClient, read

settings = read_settings()
dataset = open_dataset(settings)
client = FunctionClient(build_app(Context(settings, dataset)))
answers = {
    "params": read(client.get("/params")),
    "openapi": read(client.get("/openapi.json")),
    "compute": read(client.post("/rainfall/compute", {"indicator": "key-wdi-EG.ELC.ACCS.ZS", "year": 2001})),
    "unknown": read(client.post("/rainfall/compute", {"indicator": "key-wdi-EG.ELC.ACCS.ZX", "year": 2001})),
}
dataset.stop()
print(json.dumps(answers))
"""


def run(folder: Path, *command: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATASET_", "MODEL_"))}
    return subprocess.run(
        [PYTHON, *command],
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's files as they are now, without what git ignores."""
    if shutil.which("git") is None or not (PROJECT / ".git").exists():
        pytest.skip("the project's files are listed by git, which is not here")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    folder = tmp_path_factory.mktemp("copy") / "project"
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def extended(copy: Path) -> Path:
    """The copy with a new model, after the one edit that the command asks for."""
    told = run(copy, "-m", "sids_core", "new-model", "rainfall")
    assert told.returncode == 0, told.stderr
    *wrote, asked, line = told.stdout.splitlines()
    assert all((copy / path.removeprefix("wrote ")).is_file() for path in wrote)
    assert len(wrote) == 6
    assert "blueprints/__init__.py" in asked
    registry = copy / "blueprints" / "__init__.py"
    text = registry.read_text()
    assert text.count("    }\n)") == 1
    registry.write_text(text.replace("    }\n)", f"{line}\n    }}\n)"))
    return copy


def test_the_new_endpoint_answers_and_shows_in_forms_and_docs(extended: Path, demo_data: Path, tmp_path: Path) -> None:
    environment = {"DATASET_PATH": str(demo_data), "DATASET_CACHE_PATH": str(tmp_path), "MODEL_SERVICE": "rainfall"}
    told = run(extended, "-c", CALL, environment=environment)
    assert told.returncode == 0, told.stderr
    answers = json.loads(told.stdout)
    (form,) = answers["params"]
    assert (form["model"], form["label"]) == ("rainfall", "Rainfall")
    assert [item["parameter"] for item in form["inputs"]] == ["indicator", "year"]
    assert "/rainfall/compute" in answers["openapi"]["paths"]
    assert "RainfallRequest" in answers["openapi"]["components"]["schemas"]
    assert answers["compute"]["countries"] > 0
    assert 0 < answers["compute"]["mean"] < 100
    assert answers["unknown"]["detail"]["type"] == "unknown_indicator"


def test_its_own_tests_and_those_of_all_endpoints_cover_it(extended: Path) -> None:
    tests = ("tests/rainfall", "tests/test_function_app.py", "tests/test_local_host.py", "tests/web/test_openapi.py")
    chosen = "rainfall or contracts_endpoints or openapi"
    told = run(extended, "-m", "pytest", "-p", "no:cacheprovider", "-v", "-k", chosen, *tests)
    assert told.returncode == 0, told.stdout
    assert "test_every_endpoint_answers[rainfall_compute]" in told.stdout
    assert "test_model_service_selects_a_model[rainfall]" in told.stdout
    assert "tests/rainfall/test_service.py::test_the_mean_is_that_of_the_sids" in told.stdout


def test_the_files_are_clean(extended: Path) -> None:
    told = run(extended, "-m", "sids_core", "new-model", AWKWARD)
    assert told.returncode == 0, told.stderr
    written = [
        path
        for name in ("rainfall", AWKWARD)
        for path in (f"sids_core/{name}", f"tests/{name}", f"blueprints/{name}.py")
    ]
    for command in (("ruff", "check"), ("ruff", "format", "--check")):
        checked = run(extended, "-m", *command, *written)
        assert checked.returncode == 0, checked.stdout + checked.stderr
    typed = run(extended, "-m", "mypy", *written)
    assert typed.returncode in (0, 1), typed.stderr
    assert not [line for line in typed.stdout.splitlines() if line.startswith(tuple(written))], typed.stdout


@pytest.mark.parametrize(
    "forbidden",
    [
        "import azure.functions",
        "import sids_core.survey.table",
        "import sids_core.web.answers",
        "import sids_core.settings",
    ],
)
def test_import_rules_hold_for_a_new_model_without_an_edit(extended: Path, forbidden: str) -> None:
    lint = ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    assert run(extended, *lint).returncode == 0
    module = extended / "sids_core" / "rainfall" / "further.py"
    module.write_text(f"{forbidden}\n")
    told = run(extended, *lint)
    module.unlink()
    assert told.returncode == 1
    assert "sids_core.rainfall.further" in told.stdout


def test_a_second_model_of_the_name_is_refused(extended: Path) -> None:
    told = run(extended, "-m", "sids_core", "new-model", "rainfall")
    assert told.returncode == 2
    assert told.stderr.startswith("the name 'rainfall' is taken")
    assert len(told.stderr.splitlines()) == 1


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    for folder in ("sids_core", "blueprints", "tests"):
        (tmp_path / folder).mkdir()
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "name", ["Rain", "2rain", "rain-fall", "rain fall", "../rain", "r", "class", "x" * 21, "", "régen"]
)
def test_names_that_python_or_the_web_cannot_have_are_refused(empty: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="lower-case letters"):
        write_model(name, empty, MODELS)
    assert files(empty) == []


@pytest.mark.parametrize("name", ["survey", "twolvlimp", "docs", "service", "all"])
def test_names_of_models_and_of_the_service_are_refused(empty: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="is taken; models: twolvlImp, "):
        write_model(name, empty, MODELS)
    assert files(empty) == []


@pytest.mark.parametrize("place", ["sids_core/rain.py", "blueprints/rain.py", "tests/rain/test_rain.py"])
def test_nothing_that_exists_is_overwritten(empty: Path, place: str) -> None:
    (empty / place).parent.mkdir(exist_ok=True)
    (empty / place).write_text("mine")
    with pytest.raises(ConfigurationError, match=r"'rain' is taken: .* exists"):
        write_model("rain", empty, MODELS)
    assert files(empty) == [place]
    assert (empty / place).read_text() == "mine"


@pytest.mark.parametrize("broken", ["tests", "blueprints"])
def test_files_are_written_all_or_none(empty: Path, broken: str) -> None:
    (empty / broken).rmdir()
    (empty / broken).write_text("a file where a folder should be")
    with pytest.raises(OSError, match=broken):
        write_model("rain", empty, MODELS)
    assert files(empty) == [broken]
    assert not list(empty.glob(".new-model-*"))


def test_what_is_told_is_what_is_written(empty: Path) -> None:
    told = write_model("rain", empty, MODELS)
    assert files(empty) == sorted(map(str, told)) == sorted(render("rain"))
    assert registry_line("rain").strip() == '"rain": "blueprints.rain",'
