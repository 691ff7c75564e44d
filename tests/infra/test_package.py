"""The package is small enough, complete, and holds nothing that is not run."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from sids_tools.deployment.package import LIMIT, PACKAGES, build, report, source_files
from sids_tools.deployment.trimming import size
from tests.calls import as_json, served
from tests.infra.tools import PROJECT
from tests.issuer import running_issuer

# Isolated from the environment and the site's packages, and writing no bytecode into the package.
ALONE = (sys.executable, "-B", "-I", "-S")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
FLOORS = ("blueprints", "sids_core", "sids_service")
# country_converter, matplotlib and openpyxl are for people who use the library, msvcrt is part of Python on Windows.
NOT_DEPLOYED = {"__future__", "country_converter", "matplotlib", "msvcrt", "openpyxl"}
ROOT = {"blueprints", "explorer", "function_app.py", "host.json", "requirements.txt", "sids_core", "sids_service"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    build(PROJECT, folder, VERSION)
    return folder


def test_it_is_below_the_limit_and_says_what_takes_the_room(out: Path) -> None:
    assert size(out / "package") < LIMIT
    text = report(out / "package", out)
    assert f"unpacked with dependencies: {size(out / 'package') / 1e6:.1f} MB (limit 250)" in text
    assert " MB scipy\n" in text


def test_it_holds_the_app_and_nothing_else() -> None:
    assert {path.parts[0] for path in source_files(PROJECT)} == ROOT


def test_the_zips_hold_what_was_built(out: Path) -> None:
    source = set(ZipFile(out / "functions-source.zip").namelist())
    complete = set(ZipFile(out / "functions.zip").namelist())
    assert {"function_app.py", "host.json", "requirements.txt", "blueprints/app.py"} <= source
    assert {"explorer/index.html", "explorer/vendor/d3.min.js.br"} <= source
    assert not [name for name in source if name.startswith((".python_packages", "explorer/node_modules"))]
    assert source < complete
    assert f"{PACKAGES}/pandas/__init__.py" in complete
    assert not [name for name in complete if "/tests/" in name or name.endswith((".pyc", ".pyx", ".pyi"))]


def test_the_same_files_make_the_same_source_package(out: Path, tmp_path: Path) -> None:
    from sids_tools.deployment.package import _zip

    with ZipFile(out / "functions-source.zip") as archive:
        archive.extractall(tmp_path / "again")
    _zip(tmp_path / "again", tmp_path / "again.zip")
    digests = {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (out / "functions-source.zip", tmp_path / "again.zip")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("digest", ["", f" --hash=sha256:{'0' * 64}"])
def test_a_dependency_of_another_digest_is_not_packed(tmp_path: Path, digest: str) -> None:
    shutil.copyfile(PROJECT / ".funcignore", tmp_path / ".funcignore")
    (tmp_path / "requirements.txt").write_text(f"isodate==0.7.2{digest}\n")
    with pytest.raises(subprocess.CalledProcessError):
        build(tmp_path, tmp_path / "build", VERSION)
    assert not (tmp_path / "build" / "functions.zip").exists()


def test_a_link_in_the_place_of_the_package_is_replaced(tmp_path: Path) -> None:
    shutil.copyfile(PROJECT / ".funcignore", tmp_path / ".funcignore")
    (tmp_path / "requirements.txt").write_text("isodate==0.7.2\n")
    for name in ("build", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "build" / "package").symlink_to(tmp_path / "other")
    with pytest.raises(subprocess.CalledProcessError):  # a requirement without a digest
        build(tmp_path, tmp_path / "build", VERSION)
    assert list((tmp_path / "other").iterdir()) == []
    assert (tmp_path / "build" / "package" / "requirements.txt").is_file()


def test_every_function_runs_from_the_package_alone(out: Path, demo_data: Path, tmp_path: Path) -> None:
    """With tokens, so that what checks them is in the package, too."""
    with running_issuer() as issuer:
        result = subprocess.run(
            [*ALONE, Path(__file__).parent / "packaged_app.py", out / "package"],
            env={
                "PATH": os.environ["PATH"],
                "DATASET_PATH": str(demo_data),
                "DATASET_CACHE_PATH": str(tmp_path),
                "AUTHORIZATION": f"Bearer {issuer.token()}",
                **{name.upper(): value for name, value in issuer.settings().items()},
            },
            input=json.dumps(as_json()),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert issuer.asked == 1
    assert result.returncode == 0, result.stderr[-3000:]
    assert json.loads(result.stdout.splitlines()[-1]) == {call.function: call.status for call in served()}


def imports(folder: Path) -> Iterator[str]:
    """Every absolute import of the code in a folder as a statement, also those inside functions."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.level == 0):
                yield ast.unparse(node)


def package_of(statement: str) -> str:
    """`matplotlib` of `from matplotlib.axes import Axes`."""
    return statement.split()[1].partition(".")[0]


def test_trimming_leaves_everything_that_the_code_imports(out: Path) -> None:
    package = out / "package"
    found = {statement for floor in FLOORS for statement in imports(package / floor)}
    statements = sorted(statement for statement in found if package_of(statement) not in NOT_DEPLOYED)
    assert len(statements) > 100
    paths = [str(package), str(package / PACKAGES)]
    script = "\n".join((f"import sys; sys.path[:0] = {paths}", *statements))
    result = subprocess.run([*ALONE, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
