"""Removes files that the running service never reads from a folder of installed packages.

`python trimming.py FOLDER`. Standard library only: the image's build copies this file and runs it.
tests/infra/test_package.py runs every function from the trimmed package, and imports every module the code names.
"""

import shutil
import sys
from pathlib import Path

TEST_FOLDERS = frozenset({"tests", "test"})
# Compiled sources, and files read only by compilers, type checkers and installers.
SUFFIXES = frozenset({".pyx", ".pxd", ".pxi", ".pyi", ".tp", ".c", ".cpp", ".h", ".hpp", ".f90", ".a", ".build", ".in"})
NAMES = frozenset({"RECORD", "REQUESTED", "INSTALLER"})
# Patterns relative to the folder: other documentation pages and programs; asynchronous Azure clients, since storage is
# called from threads; translations and other standards of pycountry;
# and parts of the scientific libraries that neither they nor the service import.
PARTS = (
    "bin",
    "pycountry/locales",
    "pycountry/databases/iso15924.json",
    "pycountry/databases/iso3166-2.json",
    "pycountry/databases/iso4217.json",
    "pycountry/databases/iso639*.json",
    "openapi_ui_bundles/rapidoc/vendor",
    "openapi_ui_bundles/redoc/vendor",
    "azure/identity/aio",
    "azure/storage/*/aio",
    "azure/storage/*/_generated/aio",
    "numpy/_core/_simd.*.so",
    "scipy/cluster",
    "scipy/datasets",
    "scipy/fftpack",
    "scipy/io",
    "scipy/misc",
    "scipy/odr",
    "scipy/signal",
    "scipy/stats/_sampling.py",
    "scipy/stats/_unuran",
    "scipy/stats/sampling.py",
    "sklearn/cross_decomposition",
    "sklearn/datasets",
    "sklearn/inspection",
    "sklearn/mixture",
    "sklearn/neural_network",
    "sklearn/semi_supervised",
    "sklearn/utils/_test_common",
    "sklearn/utils/estimator_checks.py",
)


def trim(packages: Path) -> int:
    """Delete unneeded files from a folder of installed packages; returns the remaining bytes.

    `*.dist-info` is kept for versions, entry points and licences.
    """
    for folder in [path for path in packages.rglob("*") if path.is_dir() and path.name in TEST_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)
    for pattern in (*PARTS, "**/__pycache__"):
        for path in list(packages.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
    for path in packages.rglob("*"):
        if (path.suffix in SUFFIXES or path.name in NAMES) and path.is_file():
            path.unlink()
    return size(packages)


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.stdout.write(f"{trim(Path(sys.argv[1])) / 1e6:.0f} MB are left\n")
