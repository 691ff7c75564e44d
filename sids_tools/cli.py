"""The command `sids`: runs the command line, and prints errors as one line on stderr.

This module imports only the standard library, so that a missing dependency is reported, not raised.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

from sids_core.errors import PathError, RequestError, SidsError
from sids_core.file_names import one_line, shown
from sids_service.errors import ConfigurationError

OURS = frozenset({"sids_core", "sids_service", "sids_tools", "blueprints", "function_app"})
CREDENTIAL = "--connection-string"


def run() -> None:
    """Run the command line. Exit codes: 0 success, 1 failure, 2 usage error."""
    try:
        from sids_service.web.request_ids import mark_log_lines
        from sids_tools.commands import app

        _check_arguments(sys.argv[1:])
        mark_log_lines()
        app(prog_name="sids")
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if not name or name in OURS or name in sys.stdlib_module_names:
            raise
        _fail(f'{name} is missing: pip install "sids-ml-backend[tools]"', 1)
    except SidsError as error:
        _fail(str(error), 2 if isinstance(error, ConfigurationError | PathError | RequestError) else 1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}", 1)


def _check_arguments(arguments: Sequence[str]) -> None:
    """Raise ConfigurationError for an argument that would forge lines, or write into the current folder unasked."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        if (before, argument) == ("--out", "") or argument == "--out=":
            raise ConfigurationError("--out is empty; . is the current folder")
        if not argument.isprintable():
            secret = CREDENTIAL in before or argument.startswith(CREDENTIAL)
            place = f"the value of {CREDENTIAL}" if secret else f"the argument {shown(argument)}"
            raise ConfigurationError(f"{place} contains a line break or another character that is not printable")


def _fail(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"{one_line(reason)}\n")
    sys.exit(code)
