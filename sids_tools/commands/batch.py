"""`sids batch`: computes the dashboard's prediction files."""

import os
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from sids_service.errors import ConfigurationError
from sids_tools.commands.options import codes, first_and_last
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from blueprints.context import Context
    from sids_service.batch.batch import Compute
    from sids_service.batch.output import Output
    from sids_service.jobs.task import Task

ENDPOINT, MODEL = "twolvlImp_predict", "twolvlImp"
LOOK_SECONDS = 1.0
"""Pause between two polls of the jobs that are not finished."""


def batch(
    years: Annotated[str, typer.Option(help="First and last year: 2000:2019, or 2020.")],
    out: Annotated[str, typer.Option(help="A folder, or the URL of a Blob container (opened with your az login).")],
    model: Annotated[str, typer.Option(help="rfr, gbr, etr or all.")] = "etr",
    scheme: Annotated[str, typer.Option(help="AFS or PCA.")] = "AFS",
    datasets: Annotated[str, typer.Option(help="Dataset codes, separated by commas; default: all.")] = "",
    targets: Annotated[str, typer.Option(help="Indicator codes, separated by commas; default: all.")] = "",
    number_predictor: Annotated[int, typer.Option(help="Number of predictors to select.", min=1, max=50)] = 10,
    estimators: Annotated[int, typer.Option(help="Number of trees.", min=1, max=1000)] = 100,
    interpolator: Annotated[str, typer.Option(help="KNNImputer, IterativeImputer or SimpleImputer.")] = "KNNImputer",
    interval: Annotated[str, typer.Option(help="quantile or bootstrap.")] = "quantile",
    name: Annotated[str, typer.Option(help="Files are written to ml/<name>/…; default: <model>-<scheme>.")] = "",
    workers: Annotated[int, typer.Option(help="Processes on this machine; default: one per core.", min=0)] = 0,
    enqueue: Annotated[bool, typer.Option("--enqueue", help="Submit jobs to the queue instead.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the batch in --out.")] = False,
    connection_string: Annotated[
        str, typer.Option(help="A storage connection string, as for Azurite; --out is then the container name.")
    ] = "",
) -> None:
    """Impute many indicators and years, and write the dashboard's files, a manifest and a quality report.

    An interrupted batch continues with --resume. The manifest lists every imputation that was not possible or failed;
    if any failed for a reason other than the data, the exit code is 1, and --resume retries it. The settings
    DATASET_… select the dataset and, with --enqueue, JOBS_… the queue.

    \b
    Examples:
      sids batch --model etr --scheme AFS --years 2000:2019 --datasets wdi,sdg --out predictions
      sids batch --years 2020 --out https://<account>.blob.core.windows.net/predictions --enqueue
    """  # noqa: D301
    from blueprints.two_level_imputation import thresholds_of
    from sids_core.imputation.catalogue import Catalogue
    from sids_service.batch.batch import Batch
    from sids_service.batch.planning import Method, Selection

    if enqueue and workers:
        raise ConfigurationError("--workers computes on this machine, --enqueue on others: use one of them")
    selection = Selection(first_and_last(years), codes(datasets), codes(targets))
    method = Method(model, scheme, number_predictor, estimators, interpolator, interval)
    method.check()
    context = _context()
    catalogue = Catalogue(context.dataset.panel(), thresholds_of(context.settings))
    work = Batch(catalogue, selection, method, _output(out, connection_string), f"ml/{name or f'{model}-{scheme}'}")
    task = _task(context)
    compute = _by_jobs(context, task) if enqueue else _by_processes(workers or os.cpu_count() or 1)
    with progress_bar("imputations") as advance:
        done = work.run(task, compute, advance, resume=resume)
    before = f" ({done.kept} had ended before)" if done.kept else ""
    typer.echo(f"{out}: {done.imputed} imputations{before}, {len(done.failures)} not possible or failed")
    for item, reason in done.passing.items():
        typer.echo(f"failed: {item.target} in {item.year}: {reason}", err=True)
    if done.passing:
        typer.echo(f"{len(done.passing)} failed for a reason other than the data; retry with --resume", err=True)
        raise typer.Exit(1)


def predict_task() -> "Task":
    """The endpoint that a batch asks, in a process of its own."""
    return _task(_context())


def _context() -> "Context":
    from blueprints.context import Context
    from sids_service.dataset.dataset import open_dataset
    from sids_service.settings import read_settings

    settings = read_settings()
    return Context(settings, open_dataset(settings))


def _task(context: "Context") -> "Task":
    from blueprints.app import build_app
    from sids_service.web.tasks import tasks

    served = tasks(build_app(context).endpoints)
    if ENDPOINT not in served:
        raise ConfigurationError(f"MODEL_SERVICE is {context.settings.model_service!r}; a batch needs {MODEL} in it")
    return served[ENDPOINT]


def _by_processes(workers: int) -> "Compute":
    from sids_service.batch.processes import outcomes

    return lambda planned: outcomes(planned, predict_task, workers)


def _by_jobs(context: "Context", task: "Task") -> "Compute":
    from sids_service.batch.queued import Submitted

    submitted = Submitted(context.jobs, task, ENDPOINT, MODEL)
    never = Event()
    return lambda planned: submitted.outcomes(planned, lambda: never.wait(LOOK_SECONDS))


def _output(out: str, connection_string: str) -> "Output":
    from sids_service.batch.output import BlobOutput, FolderOutput

    if connection_string:
        return BlobOutput(None, connection_string, out)
    if out.startswith(("https://", "http://")):
        return BlobOutput(out, None, "")
    return FolderOutput(Path(out))
