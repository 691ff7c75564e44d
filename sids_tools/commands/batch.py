"""`batch`: the dashboard's prediction files, made by one command."""

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
"""Pause between two looks at the jobs that workers have not done yet."""


def batch(
    years: Annotated[str, typer.Option(help="First and last year: 2000:2019, or 2020.")],
    out: Annotated[str, typer.Option(help="A folder, or the URL of a Blob container, opened by your own identity.")],
    model: Annotated[str, typer.Option(help="rfr, gbr, etr or all.")] = "etr",
    scheme: Annotated[str, typer.Option(help="AFS or PCA.")] = "AFS",
    datasets: Annotated[str, typer.Option(help="Dataset codes, separated by commas; all where left out.")] = "",
    targets: Annotated[str, typer.Option(help="Indicator codes, separated by commas; all where left out.")] = "",
    number_predictor: Annotated[int, typer.Option(help="Predictors to select.", min=1, max=50)] = 10,
    estimators: Annotated[int, typer.Option(help="Trees.", min=1, max=1000)] = 100,
    interpolator: Annotated[str, typer.Option(help="KNNImputer, IterativeImputer or SimpleImputer.")] = "KNNImputer",
    interval: Annotated[str, typer.Option(help="quantile or bootstrap.")] = "quantile",
    name: Annotated[str, typer.Option(help="The files are ml/<name>/…; made of model and scheme if left out.")] = "",
    workers: Annotated[int, typer.Option(help="Processes on this machine; one a core if left out.", min=0)] = 0,
    enqueue: Annotated[bool, typer.Option("--enqueue", help="Let the workers of the jobs' queue compute.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the batch that --out holds.")] = False,
    connection_string: Annotated[
        str, typer.Option(help="A storage connection string, as for Azurite; --out is then a container's name.")
    ] = "",
) -> None:
    """Impute every target of the years, and write the files that the dashboard reads, a manifest and a quality report.

    It may be killed at any moment: the same command with --resume goes on. What cannot be imputed is named in the
    manifest and stops nothing; where that is the service's fault, --resume tries it again, and the exit code is 1. The
    settings say where the data is (DATASET_…) and, for --enqueue, where the jobs are (JOBS_…).

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
        raise ConfigurationError("--workers are on this machine, --enqueue lets others compute: give one of them")
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
        typer.echo(f"{len(done.passing)} failed by no fault of the data; --resume tries them again", err=True)
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
