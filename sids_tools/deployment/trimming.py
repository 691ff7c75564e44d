"""Takes out of a folder of installed packages what a running service never reads.

`python trimming.py FOLDER`. Needs nothing but Python: the image's build runs it before anything else is there.
"""

import shutil
import sys
from pathlib import Path

TEST_FOLDERS = frozenset({"tests", "test"})
# Sources that were compiled long ago, and what only compilers and type checkers read.
SOURCES = frozenset({".pyx", ".pxd", ".pxi", ".pyi", ".tp", ".c", ".cpp", ".h", ".hpp", ".f90", ".a", ".build", ".in"})
# Parts that nothing of the service reads: sample data, other documentation pages, programs.
PARTS = (
    "sklearn/datasets/data",
    "sklearn/datasets/descr",
    "sklearn/datasets/images",
    "openapi_ui_bundles/rapidoc/vendor",
    "openapi_ui_bundles/redoc/vendor",
    "bin",
)


def trim(packages: Path) -> int:
    """Delete what is not needed from a folder of installed packages; returns the bytes that are left.

    Packages find their version and entry points in `*.dist-info`, which stays.
    """
    for folder in [path for path in packages.rglob("*") if path.is_dir() and path.name in TEST_FOLDERS]:
        shutil.rmtree(folder, ignore_errors=True)
    for part in PARTS:
        shutil.rmtree(packages / part, ignore_errors=True)
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    for path in packages.rglob("*"):
        if path.suffix in SOURCES and path.is_file():
            path.unlink()
    return size(packages)


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.stdout.write(f"{trim(Path(sys.argv[1])) / 1e6:.0f} MB are left\n")
