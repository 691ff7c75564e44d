"""Batches: many imputations, by local processes or by jobs, written as the dashboard's static files."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from sids_service.batch.compute import Compute, Failed, Rejected, Succeeded
from sids_service.batch.manifest import MANIFEST, Published, read_published
from sids_service.batch.origin import Origin
from sids_service.batch.output import Output
from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.batch.publish import count_countries, publish
from sids_service.batch.records import Records
from sids_service.batch.report import Names, make_report
from sids_service.batch.report_page import page
from sids_service.batch.report_text import countries, imputations, markdown
from sids_service.errors import ConfigurationError

LOCKS = ".batch/locks"


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """The end of a batch.

    Attributes:
        imputed: number of the plan's items with a result.
        resumed: number of items finished by an earlier run.
        failures: item → reason, for all items without a result.
        retryable: the failures with a reason other than the data.
    """

    imputed: int
    resumed: int
    failures: dict[BatchItem, str]
    retryable: dict[BatchItem, str]


def run_batch(
    plan: BatchPlan,
    output: Output,
    name: str,
    compute: Compute,
    advance: Callable[[int, int], None],
    *,
    resume: bool,
    names: Names = Names(),  # noqa: B008 - frozen
) -> BatchSummary:
    """Compute the items without a result, then merge all results into the files of the batch.

    A batch may be killed at any moment and continues from its records and its manifest. Equal plans give equal files,
    whether computed by processes or jobs, however often interrupted, and, unless years share their predictors, at once
    or in parts.

    Args:
        plan: the items and how they are imputed.
        output: destination of records and files.
        name: name of the batch; its files are in `ml/<name>`. An output may hold several.
        compute: yields the outcome of each item, in any order.
        advance: progress, called with (items finished since the last call, total items).
        resume: whether some of the items may have a result already.
        names: of datasets and indicators, for the report.

    Raises:
        ConfigurationError: the batch has other data, code or options; items have a result, and `resume` is not set; or
            files in the output are not known to be a batch's; or another process writes the same batch. Nothing was
            written.
    """
    folder = f"ml/{name}"
    with output.alone(f"{LOCKS}/{quote(name, safe='')}", f"{folder} in --out"):
        summary, published = _run(plan, output, name, compute, advance, resume=resume)
        _write_report(plan, published, output, folder, names)
    return summary


def _run(
    plan: BatchPlan, output: Output, name: str, compute: Compute, advance: Callable[[int, int], None], *, resume: bool
) -> tuple[BatchSummary, Published]:
    folder = f"ml/{name}"
    records = Records(output, name, plan)
    published = read_published(output, folder, plan)
    finished = {*records.results(), *records.rejections()}
    if finished:
        records.check_origin(Origin.of(plan), folder)
    elif published is None and next(iter(output.names(folder)), None) is not None:
        raise ConfigurationError(
            f"{folder} in --out holds files without a {MANIFEST}, which may not be replaced: choose another --name"
        )
    before = published or Published(Origin.of(plan), plan.selection)
    finished |= {plan.id(item) for item in before.qualities}
    left = [item for item in plan.items if plan.id(item) not in finished]
    resumed = len(plan.items) - len(left)
    if resumed and not resume:
        raise ConfigurationError(
            f"--out already holds {resumed} of these {len(plan.items)} imputations in {folder}: continue the batch "
            "with --resume, or choose another --name"
        )
    records.start(Origin.of(plan))
    advance(resumed, len(plan.items))
    retryable: dict[BatchItem, str] = {}
    for item, outcome in compute(left):
        match outcome:
            case Succeeded(record):
                records.keep_result(item, record)
            case Rejected(reason):
                records.keep_rejection(item, reason)
            case Failed(reason):
                retryable[item] = reason
        advance(1, len(plan.items))
    qualities, digests = publish(_unpublished(plan, records, before), records, output, folder, before.digests)
    kept = map(records.rejection, records.rejections().values())
    rejections = {rejection.item: rejection.reason for rejection in kept}
    after = before.with_run(plan, qualities, {**rejections, **retryable}, digests)
    output.write(f"{folder}/{MANIFEST}", after.to_json())
    imputed = [item for item in plan.items if item in after.qualities]
    failures = {item: after.failures[item] for item in plan.items if item in after.failures}
    return BatchSummary(len(imputed), resumed, failures, retryable), after


def _write_report(plan: BatchPlan, published: Published, output: Output, folder: str, names: Names) -> None:
    """Write the report of all that the folder holds, in each of its forms."""
    qualities, failures = published.qualities, published.failures
    digests = {file: published.digests[file] for file in published.files()}
    report = make_report(plan, qualities, failures, names, count_countries(output, folder, digests))
    for file, text in (
        ("report.md", markdown(report)),
        ("report.json", report.model_dump_json(indent=2) + "\n"),
        ("report.csv", imputations(qualities, failures, names)),
        ("report-countries.csv", countries(report)),
        ("report.html", page(report, qualities)),
    ):
        output.write(f"{folder}/{file}", text.encode())


def _unpublished(plan: BatchPlan, records: Records, before: Published) -> dict[BatchItem, str]:
    """Item → record of every result that is not in the files yet, also of earlier runs with other plans."""
    planned = {plan.id(item): item for item in (*before.qualities, *plan.items)}
    results = {
        planned.get(item_id) or records.result(file).item: file for item_id, file in sorted(records.results().items())
    }
    return {item: file for item, file in results.items() if item not in before.qualities}
