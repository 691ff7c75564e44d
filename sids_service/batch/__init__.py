"""Batches: many imputations, by local processes or by jobs, written as the dashboard's static files."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic_core import to_json

from sids_service.batch.compute import Compute, Failed, Rejected, Succeeded
from sids_service.batch.output import Output, Records, write_indicator_files
from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.batch.report import manifest, report
from sids_service.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """The end of a batch.

    Attributes:
        imputed: number of imputations with a result.
        resumed: number of items finished by an earlier run.
        failures: item → reason, for all items without a result.
        retryable: the failures with a reason other than the data.
    """

    imputed: int
    resumed: int
    failures: dict[BatchItem, str]
    retryable: dict[BatchItem, str]


def run_batch(
    plan: BatchPlan, output: Output, folder: str, compute: Compute, advance: Callable[[int, int], None], *, resume: bool
) -> BatchSummary:
    """Compute the items without a record, then write the files of all items.

    A batch may be killed at any moment and continues from its records. Equal plans give equal files, whether computed
    by processes or jobs and however often interrupted.

    Args:
        plan: the items and how they are imputed.
        output: destination of records and files.
        folder: folder of the published files in the output.
        compute: yields the outcome of each item, in any order.
        advance: progress, called with (items finished since the last call, total items).
        resume: continue the batch in the output.

    Raises:
        ConfigurationError: the output holds a batch, and `resume` is not set.
    """
    records = Records(output, plan)
    finished = records.ids()
    if finished and not resume:
        raise ConfigurationError("--out already holds a batch: continue it with --resume, or choose another --out")
    left = [item for item in plan.items if plan.id(item) not in finished]
    resumed = len(plan.items) - len(left)
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
    qualities = write_indicator_files(plan, records, output, folder)
    failures = {
        item: retryable.get(item) or records.rejection(item) or "unknown"
        for item in plan.items
        if item not in qualities
    }
    output.write(f"{folder}/manifest.json", to_json(manifest(plan, qualities, failures), indent=2))
    output.write(f"{folder}/report.md", report(plan, qualities, failures).encode())
    return BatchSummary(len(qualities), resumed, failures, retryable)
