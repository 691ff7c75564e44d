"""`new-model`: the starting files of a model."""

from pathlib import Path
from typing import Annotated

import typer

PROJECT = Path(__file__).resolve().parents[2]


def new_model(name: Annotated[str, typer.Argument(help="Lower-case letters, digits and _.")]) -> None:
    """Write the starting files of a new model: schemas, service, blueprint and tests.

    \b
    Example:
      python -m sids_core new-model rainfall
    """  # noqa: D301
    from blueprints import MODELS
    from sids_core.scaffold.new_model import registry_line, write_model

    for path in write_model(name, PROJECT, MODELS):
        typer.echo(f"wrote {path}")
    typer.echo("Now add this line to MODELS in blueprints/__init__.py:")
    typer.echo(registry_line(name))
