"""The commands of `sids`, one file per group. Importing them loads no numerical library."""

import os
from typing import Annotated

import typer

from sids_tools.commands import batch, data, deployment, evaluate, fill

# Plain text, so that an error is a line, not a box.
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True, add_completion=False)


@app.callback()
def about() -> None:
    """Run and operate the SIDS ML backend: a local server, filled tables, evaluation, datasets, batches, deployment."""


@app.command()
def serve(port: Annotated[str, typer.Option(help="Port on localhost.", envvar="PORT")] = "7071") -> None:
    """Serve the models on this machine, with synthetic demo data unless a DATASET_… setting names a dataset.

    \b
    Examples:
      sids serve
      DATASET_PATH=wdi sids serve --port 8000
    """  # noqa: D301
    from sids_tools.serve import main

    os.environ["PORT"] = port
    main()


app.add_typer(data.app, name="data")
app.command("fill")(fill.fill)
app.command("batch")(batch.batch)
app.command("evaluate")(evaluate.evaluate)
app.command("package")(deployment.package)
app.command("service")(deployment.service)
app.command("new-service", hidden=True)(deployment.service)  # its name in version 0.2
app.command("overlay")(deployment.overlay)
app.command("function-lists")(deployment.function_lists)
