"""The zip packages for Azure Functions: `sids package`, `make package`.

functions.zip        code and trimmed dependencies for one version of Python, ready to run: deployed by the workflows
functions-source.zip code and requirements.txt: built on Azure by `azd deploy` and `func publish`
"""

import fnmatch
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sids_tools.deployment.trimming import size, trim

LIMIT = 250_000_000
# Folder in which the Functions worker looks for packages deployed with the app.
PACKAGES = Path(".python_packages/lib/site-packages")
# The platform's machines: Debian or Azure Linux on x86-64, glibc 2.28 or newer.
PLATFORM = "x86_64-manylinux_2_28"
# Published as source only; pure Python.
SOURCE_ONLY = "openapi-ui-bundles"
OLDEST = (1980, 1, 1, 0, 0, 0)
LARGEST = 8


def build(project: Path, out: Path, python_version: str) -> Path:
    """Write both zips into `out`; returns the folder with the unpacked package.

    Args:
        project: the checkout.
        out: folder for the zips and the unpacked package.
        python_version: of the function app, such as 3.13.

    Raises:
        CalledProcessError: the dependencies cannot be installed for that version.
    """
    folder = out / "package"
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    for name in source_files(project):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / name, folder / name)
    _zip(folder, out / "functions-source.zip")
    _install(project / "requirements.txt", folder / PACKAGES, python_version)
    trim(folder / PACKAGES)
    _zip(folder, out / "functions.zip")
    return folder


def source_files(project: Path) -> Iterator[Path]:
    """Files of the project not excluded by `.funcignore`, relative to it."""
    lines = (project / ".funcignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    pending = [project]
    while pending:
        for path in sorted(pending.pop().iterdir()):
            if any(fnmatch.fnmatchcase(path.name, pattern) for pattern in ignored):
                continue
            if path.is_dir():
                pending.append(path)
            else:
                yield path.relative_to(project)


def report(folder: Path, out: Path) -> str:
    """The sizes of the zips, of the unpacked package, and of its largest parts, as text."""
    packages = folder / PACKAGES
    parts = sorted(((size(path), path.name) for path in packages.iterdir() if path.is_dir()), reverse=True)
    lines = [
        f"{path}: {path.stat().st_size / 1e6:.1f} MB" for path in (out / "functions-source.zip", out / "functions.zip")
    ]
    lines.append(f"unpacked with dependencies: {size(folder) / 1e6:.1f} MB (limit {LIMIT / 1e6:.0f})")
    lines += [f"  {amount / 1e6:6.1f} MB {name}" for amount, name in parts[:LARGEST]]
    return "\n".join(lines) + "\n"


def _install(requirements: Path, target: Path, python_version: str) -> None:
    command: Sequence[str] = (
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet"),
        *("--require-hashes", "--requirement", str(requirements)),
        *("--target", str(target), "--python-version", python_version, "--python-platform", PLATFORM),
        *("--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "--link-mode", "copy"),
    )
    subprocess.run(command, check=True)  # noqa: S603 (a fixed command)


def _zip(folder: Path, target: Path) -> None:
    """Reproducible: no timestamps, sorted names."""
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = ZipInfo(path.relative_to(folder).as_posix(), OLDEST)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
