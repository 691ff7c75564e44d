"""The command `sids`: runs the command line, and prints errors as one line on stderr.

This module imports only the standard library, so that a missing dependency is reported, not raised.
"""

import sys
from typing import NoReturn

from sids_core.errors import RequestError, SidsError
from sids_service.errors import ConfigurationError

OURS = frozenset({"sids_core", "sids_service", "sids_tools", "blueprints", "function_app"})


def run() -> None:
    """Run the command line. Exit codes: 0 success, 1 failure, 2 usage error."""
    try:
        from sids_service.web.request_ids import mark_log_lines
        from sids_tools.commands import app

        mark_log_lines()
        app(prog_name="sids")
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if not name or name in OURS or name in sys.stdlib_module_names:
            raise
        _fail(f'{name} is missing: pip install "sids-ml-backend[tools]"', 1)
    except SidsError as error:
        _fail(str(error), 2 if isinstance(error, ConfigurationError | RequestError) else 1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(f"{place}{error.strerror or error}", 1)


def _fail(reason: str, code: int) -> NoReturn:
    sys.stderr.write(f"{reason}\n")
    sys.exit(code)
