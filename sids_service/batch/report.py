"""A batch's quality report in Markdown. It contains no time."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median, quantiles

from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.batch.records import Quality

WORST = 20

HEAD = """| {} | imputations | values | unreliable | error, median | error, 90 % | coverage | coverage, SIDS |
|---|---|---|---|---|---|---|---|"""

EXPLANATION = """The error is the out-of-fold root mean squared error relative to the target's mean, or its range;
coverage is the share of observed values inside their out-of-fold interval, for SIDS under the gaps of the imputed ones.
Unreliable is the share of imputed values that should not be used without care: their interval is too wide, too little
of what they rest on was observed, or too few SIDS have a value to learn from; `unreliable` in the files lists them by
year. All three are reported by the imputations."""


def report(plan: BatchPlan, qualities: Mapping[BatchItem, Quality], failures: Mapping[BatchItem, str]) -> str:
    """Error and coverage by dataset and by year, the worst targets, and the number not imputed by dataset."""
    title = f"{plan.config.ensemble} {plan.config.selection} on dataset version {plan.dataset_version}"
    parts = [f"# {title}", EXPLANATION]
    if qualities:
        nominal = next(iter(qualities.values())).nominal_coverage
        parts += [
            f"Intervals are made for a coverage of {nominal:.0%}.",
            "## By dataset",
            _table("dataset", qualities, lambda item: item.dataset),
            "## By year",
            _table("year", qualities, lambda item: str(item.year)),
            "## The worst targets",
            _worst(qualities),
        ]
    if failures:
        parts += ["## Not imputed", _failures(failures)]
    return "\n\n".join(parts) + "\n"


def _table(name: str, qualities: Mapping[BatchItem, Quality], group: Callable[[BatchItem], str]) -> str:
    groups: dict[str, list[Quality]] = defaultdict(list)
    for item, quality in qualities.items():
        groups[group(item)].append(quality)
    rows = [_row(key, groups[key]) for key in sorted(groups)]
    return "\n".join([HEAD.format(name), *rows, *([_row("all", list(qualities.values()))] if len(rows) > 1 else [])])


def _row(name: str, qualities: Sequence[Quality]) -> str:
    errors = [quality.rmse_deviation for quality in qualities]
    tenth = quantiles(errors, n=10, method="inclusive")[-1] if len(errors) > 1 else errors[0]
    sids = [quality.coverage_sids for quality in qualities if quality.coverage_sids is not None]
    cells = [name, str(len(qualities)), str(sum(quality.imputed for quality in qualities)), _unreliable(qualities)]
    cells += [f"{median(errors):.3f}", f"{tenth:.3f}", f"{mean(quality.coverage for quality in qualities):.1%}"]
    return f"| {' | '.join([*cells, f'{mean(sids):.1%}' if sids else ''])} |"


def _unreliable(qualities: Sequence[Quality]) -> str:
    imputed = sum(quality.imputed for quality in qualities)
    return f"{sum(quality.unreliable for quality in qualities) / imputed:.1%}" if imputed else ""


def _worst(qualities: Mapping[BatchItem, Quality]) -> str:
    by_target: dict[tuple[str, str], list[Quality]] = defaultdict(list)
    for item, quality in qualities.items():
        by_target[item.dataset, item.target].append(quality)
    errors = {key: median(quality.rmse_deviation for quality in years) for key, years in by_target.items()}
    worst = sorted(errors, key=lambda key: (-errors[key], key))[:WORST]
    rows = [
        f"| {dataset} | {target} | {len(by_target[dataset, target])} | {_unreliable(by_target[dataset, target])} "
        f"| {errors[dataset, target]:.3f} | {mean(quality.coverage for quality in by_target[dataset, target]):.1%} |"
        for dataset, target in worst
    ]
    head = "| dataset | target | years | unreliable | error, median | coverage |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _failures(failures: Mapping[BatchItem, str]) -> str:
    by_dataset: dict[str, int] = defaultdict(int)
    for item in failures:
        by_dataset[item.dataset] += 1
    rows = [f"| {dataset} | {by_dataset[dataset]} |" for dataset in sorted(by_dataset)]
    remark = "The manifest names each with its reason."
    return "\n".join(["| dataset | imputations |", "|---|---|", *rows, "", remark])
