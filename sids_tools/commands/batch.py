"""`sids batch`: compute the dashboard's prediction files."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from sids_core.errors import SHOWN_CHARACTERS, PathError
from sids_core.file_names import relative_path
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.config import MAX_N_ESTIMATORS, MAX_N_PREDICTORS
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import AUTOMATIC
from sids_service.errors import ConfigurationError, argument_names
from sids_tools.commands.options import codes, either, first_and_last
from sids_tools.commands.progress import progress_bar

if TYPE_CHECKING:
    from sids_core.imputation.config import ImputationConfig
    from sids_core.panel.panel import Panel
    from sids_service.batch.compute import Compute
    from sids_service.batch.output import Output
    from sids_service.batch.plan import BatchItem, BatchPlan
    from sids_service.context import Context
    from sids_service.dataset.panel_source import PanelSource
    from sids_service.jobs.computation import Computation
    from sids_service.settings import Settings

POLL_SECONDS = 1.0
"""Seconds between two polls of unfinished jobs."""


def batch(
    years: Annotated[str, typer.Option(help="First and last year: 2000:2019, or 2020.")],
    out: Annotated[str, typer.Option(help="A folder, or the URL of a Blob container (opened with your az login).")],
    model: Annotated[str, typer.Option(help=either(*ENSEMBLES, ALL))] = "etr",
    scheme: Annotated[str, typer.Option(help=either(*AUTOMATIC))] = "AFS",
    datasets: Annotated[str, typer.Option(help="Dataset codes, separated by commas; default: all.")] = "",
    targets: Annotated[str, typer.Option(help="Indicator codes, separated by commas; default: all.")] = "",
    number_predictor: Annotated[
        int, typer.Option(help="Number of predictors to select.", min=1, max=MAX_N_PREDICTORS)
    ] = 10,
    estimators: Annotated[int, typer.Option(help="Number of trees.", min=1, max=MAX_N_ESTIMATORS)] = 100,
    interpolator: Annotated[str, typer.Option(help=either(*BASE_IMPUTERS))] = "KNNImputer",
    interval: Annotated[str, typer.Option(help=either(*INTERVALS))] = "quantile",
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Whether to use countries' own values in other years.")
    ] = True,
    selection_years: Annotated[
        int,
        typer.Option(
            help="Number of years that share the predictors selected in the middle one: about twice as fast.", min=1
        ),
    ] = 1,
    correlation: Annotated[
        bool, typer.Option("--correlation", help="Write the predictors' correlation, too: twice the size.")
    ] = False,
    name: Annotated[str, typer.Option(help="Files are written to ml/<name>/…; default: <model>-<scheme>.")] = "",
    workers: Annotated[int, typer.Option(help="Processes on this machine; default: one per core.", min=0)] = 0,
    enqueue: Annotated[bool, typer.Option("--enqueue", help="Submit jobs to the queue instead.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what the batch in --out has computed.")] = False,
    connection_string: Annotated[
        str, typer.Option(help="A storage connection string, as for Azurite; --out is then the container name.")
    ] = "",
) -> None:
    """Impute many indicators and years, and write the dashboard's files, a manifest and a quality report.

    An interrupted batch continues with --resume. Other years and targets are added to the files of the same name; other
    data or options need another --name. The manifest lists every imputation that was impossible or failed; if any
    failed for a reason other than the data, the exit code is 1, and --resume retries it. The settings DATASET_… select
    the dataset and, with --enqueue, JOBS_… the queue.

    \b
    Examples:
      sids batch --model etr --scheme AFS --years 2000:2019 --datasets wdi,sdg --out predictions
      sids batch --years 1990:2020 --selection-years 10 --out archive
      sids batch --years 2020 --out https://<account>.blob.core.windows.net/predictions --enqueue
    """  # noqa: D301
    from sids_core.imputation.catalogue import Catalogue
    from sids_service.batch import run_batch
    from sids_service.batch.plan import Selection, make_plan
    from sids_service.batch.report import Names
    from sids_service.context import Context
    from sids_service.settings import read_settings

    if enqueue and workers:
        raise ConfigurationError("--workers computes on this machine, --enqueue on others: use one of them")
    if enqueue and selection_years > 1:
        raise ConfigurationError("--selection-years shares work between items, which --enqueue computes one by one")
    selection = Selection(first_and_last(years), codes(datasets), codes(targets))
    settings = read_settings()
    config = _config(
        settings,
        scheme,
        base_imputer=interpolator,
        n_predictors=number_predictor,
        ensemble=model,
        n_estimators=estimators,
        interval=interval,
        history=history,
    )
    name = checked_name(name or f"{model}-{scheme}")
    context = Context(settings, _panel_source())
    panel = context.dataset.panel()
    plan = make_plan(Catalogue(panel, config), selection, selection_years, correlation=correlation)
    compute = _by_jobs(context, plan) if enqueue else _by_processes(plan, workers or os.cpu_count() or 1)
    with progress_bar("imputations") as advance:
        place, names = _output(out, connection_string), Names.of(panel)
        summary = run_batch(plan, place, name, compute, advance, resume=resume, names=names)
    before = f" ({summary.resumed} from an earlier run)" if summary.resumed else ""
    typer.echo(f"{out}: {summary.imputed} imputations{before}, {len(summary.failures)} not possible or failed")
    for item, reason in summary.retryable.items():
        typer.echo(f"failed: {item.target} in {item.year}: {reason}", err=True)
    if summary.retryable:
        typer.echo(f"{len(summary.retryable)} failed for a reason other than the data; retry with --resume", err=True)
        raise typer.Exit(1)


def _config(settings: "Settings", scheme: str, **options: Any) -> "ImputationConfig":
    """The operator's configuration with the command's options applied; errors name the option."""
    from blueprints.app import selected
    from blueprints.imputation import NAME
    from sids_service.dashboard import OPTIONS

    if NAME not in selected(settings.model_service):
        raise ConfigurationError(f"MODEL_SERVICE is {settings.model_service!r}; a batch needs {NAME} in it")
    if scheme not in AUTOMATIC:  # predictors chosen manually would be the same for every target
        raise ConfigurationError(f"--scheme {scheme!r} is unknown; allowed: {', '.join(AUTOMATIC)}")
    with argument_names(**{field: f"--{name.replace('_', '-')}" for field, name in OPTIONS.items()}):
        return replace(settings.imputation_config(), selection=scheme, **options)


def checked_name(name: str) -> str:
    """The name, which is a path of folders under `ml`."""
    try:
        # The records are in a folder named by the quoted name.
        relative_path(*name.split("/"), quote(name, safe=""))
    except PathError as error:
        raise ConfigurationError(f"--name {name[:SHOWN_CHARACTERS]!r} is not the name of a folder: {error}") from error
    return name


@cache
def _panel_source() -> "PanelSource":
    from sids_service.dataset.panel_source import open_panel_source
    from sids_service.settings import read_settings

    return open_panel_source(read_settings())


def served_panel() -> "Panel":
    """The panel of this process, also in workers."""
    return _panel_source().panel()


def _by_processes(plan: "BatchPlan", workers: int) -> "Compute":
    from sids_service.batch.compute import compute_by_processes, impute_item

    n_jobs = max(1, (os.cpu_count() or 1) // workers)
    task = partial(impute_item, served_panel, plan.dataset_version, plan.config, n_jobs)
    return lambda items: compute_by_processes(items, task, workers)


def _by_jobs(context: "Context", plan: "BatchPlan") -> "Compute":
    from blueprints.imputation import PREDICT
    from sids_service.batch.compute import JobBatch

    describe = endpoint_computation(context, plan.config)
    batch = JobBatch(context.jobs, PREDICT.name, PREDICT.model, describe, plan.dataset_version)
    never = Event()
    return lambda items: batch.outcomes(items, lambda: never.wait(POLL_SECONDS))


def endpoint_computation(context: "Context", config: "ImputationConfig") -> "Callable[[BatchItem], Computation[Any]]":
    """The endpoint's computation of an item, with a request made from the configuration, as a job stores it."""
    from blueprints.imputation import PREDICT, PredictRequest
    from sids_service.dashboard import options_of

    def describe(item: "BatchItem") -> "Computation[Any]":
        request = PredictRequest(
            target_year=str(item.year),
            dataset=item.dataset,
            target=item.target,
            **options_of(config),
        )
        return PREDICT.describe(context, request)

    return describe


def _output(out: str, connection_string: str) -> "Output":
    from sids_service.batch.output import BlobOutput, FolderOutput

    if connection_string:
        return BlobOutput(None, connection_string, out)
    if out.startswith(("https://", "http://")):
        return BlobOutput(out, None, "")
    return FolderOutput(Path(out))
