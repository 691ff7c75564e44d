"""What an operator types: `sids …`. Groups of commands are files of `sids_tools.commands`."""

import sys

import typer

from sids_core.errors import RequestError, SidsError
from sids_service.errors import ConfigurationError
from sids_tools.commands import data
from sids_tools.commands.batch import batch
from sids_tools.commands.functions import function_lists
from sids_tools.commands.new_service import new_service

# Plain text, so that an error is a line and not a box.
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, add_completion=False)
app.add_typer(data.app, name="data")
app.command("batch")(batch)
app.command("new-service")(new_service)
app.command("function-lists")(function_lists)


@app.callback()
def about() -> None:
    """Work on the SIDS ML backend from a terminal."""


def run() -> None:
    """Run the command that was typed. Exit codes: 1 it could not be done, 2 it was asked for wrongly."""
    try:
        app(prog_name="sids")
    except SidsError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2 if isinstance(error, ConfigurationError | RequestError) else 1)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.stderr.write(f"{place}{error.strerror or error}\n")
        sys.exit(1)
