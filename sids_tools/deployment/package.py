"""`make package`: the zip package for Azure Functions, with its dependencies, for one version of Python.

build/functions.zip        code and trimmed dependencies, ready to run: what the workflows deploy and promote
build/functions-source.zip code and requirements.txt: what `azd deploy` and `func publish` send to be built on Azure
"""

import argparse
import fnmatch
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sids_service.errors import ConfigurationError
from sids_tools.deployment.trimming import size, trim

PROJECT = Path(__file__).resolve().parents[2]
LIMIT = 250_000_000
# Where the Functions worker looks for packages that came with the app.
PACKAGES = Path(".python_packages/lib/site-packages")
# The platform's machines: Debian or Azure Linux on x86-64, glibc 2.28 or newer.
PLATFORM = "x86_64-manylinux_2_28"
# Published as source only; pure Python.
SOURCE_ONLY = "openapi-ui-bundles"
OLDEST = (1980, 1, 1, 0, 0, 0)
LARGEST = 8


def main() -> None:
    """Build both packages and print what takes the room; exit code 1 above the limit."""
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("--python-version", default="3.13")
    parser.add_argument("--out", type=Path, default=PROJECT / "build")
    given = parser.parse_args()
    try:
        folder = build(PROJECT, given.out, given.python_version)
    except (ConfigurationError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    sys.stdout.write(report(folder, given.out))
    if size(folder) > LIMIT:
        sys.stderr.write(f"the package is larger than {LIMIT / 1e6:.0f} MB unpacked\n")
        sys.exit(1)


def build(project: Path, out: Path, python_version: str) -> Path:
    """Write both zips into `out`; returns the folder with the unpacked package.

    Raises:
        CalledProcessError: the dependencies cannot be installed for that version.
    """
    folder = out / "package"
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
    """Files of the project that `.funcignore` leaves in, relative to it."""
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
    """Lines that say how large the package is, and what takes the room."""
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
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--requirement", str(requirements)),
        *("--target", str(target), "--python-version", python_version, "--python-platform", PLATFORM),
        *("--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "--link-mode", "copy"),
    )
    subprocess.run(command, check=True)  # noqa: S603 (a fixed command)


def _zip(folder: Path, target: Path) -> None:
    """The same files make the same bytes: no times, names in order."""
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = ZipInfo(path.relative_to(folder).as_posix(), OLDEST)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main()
