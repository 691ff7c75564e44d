"""`sids`: see `sids_tools.cli`."""

import sys

OPERATORS_ONLY = {"typer", "rich", "httpx", "tenacity"}

try:
    from sids_tools.cli import run

    run()
except ModuleNotFoundError as error:
    if error.name not in OPERATORS_ONLY:
        raise
    sys.stderr.write(f"{error.name} is missing: python -m pip install --requirement requirements-local.txt\n")
    sys.exit(1)
