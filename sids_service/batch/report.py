"""The quality report of a batch, in Markdown: error and coverage by dataset and by year, and the worst targets."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import mean, median, quantiles

from sids_service.batch.planning import Item
from sids_service.batch.plots import bars
from sids_service.batch.quality import Quality

WORST = 20

HEAD = """| {} | imputations | figures | error, median | error, 90 % | coverage | coverage, SIDS |
|---|---|---|---|---|---|---|"""

EXPLANATION = """The error is the out-of-fold root mean squared error in relation to the target's mean, or its range;
coverage is the share of known values inside the interval that was made without them. Both come from the imputations
themselves."""


def report(title: str, qualities: Sequence[Quality], failures: Mapping[Item, str]) -> str:
    """The text. Equal figures give equal text."""
    parts = [f"# {title}", EXPLANATION]
    if qualities:
        parts += [
            f"Intervals are made for a coverage of {qualities[0].nominal:.0%}.",
            "## By dataset",
            _table("dataset", qualities, lambda quality: quality.item.dataset),
            *_plots(qualities),
            "## By year",
            _table("year", qualities, lambda quality: str(quality.item.year)),
            "## The worst targets",
            _worst(qualities),
        ]
    if failures:
        parts += ["## Not imputed", _failures(failures)]
    return "\n\n".join(parts) + "\n"


def _table(name: str, qualities: Sequence[Quality], group: Callable[[Quality], str]) -> str:
    groups: dict[str, list[Quality]] = defaultdict(list)
    for quality in qualities:
        groups[group(quality)].append(quality)
    rows = [_row(key, groups[key]) for key in sorted(groups)]
    return "\n".join([HEAD.format(name), *rows, *([_row("all", qualities)] if len(rows) > 1 else [])])


def _plots(qualities: Sequence[Quality]) -> list[str]:
    """Error and coverage by dataset."""
    groups: dict[str, list[Quality]] = defaultdict(list)
    for quality in qualities:
        groups[quality.item.dataset].append(quality)
    errors = {key: median(quality.deviation for quality in groups[key]) for key in sorted(groups)}
    coverage = {key: mean(quality.coverage for quality in groups[key]) for key in sorted(groups)}
    return ["Error, median:", bars(errors, max(errors.values())), "Coverage, of 1:", bars(coverage, 1.0)]


def _row(name: str, qualities: Sequence[Quality]) -> str:
    errors = [quality.deviation for quality in qualities]
    tenth = quantiles(errors, n=10, method="inclusive")[-1] if len(errors) > 1 else errors[0]
    sids = [quality.coverage_sids for quality in qualities if quality.coverage_sids is not None]
    cells = [name, str(len(qualities)), str(sum(quality.imputed for quality in qualities))]
    cells += [f"{median(errors):.3f}", f"{tenth:.3f}", f"{mean(quality.coverage for quality in qualities):.1%}"]
    return f"| {' | '.join([*cells, f'{mean(sids):.1%}' if sids else ''])} |"


def _worst(qualities: Sequence[Quality]) -> str:
    by_target: dict[tuple[str, str], list[Quality]] = defaultdict(list)
    for quality in qualities:
        by_target[quality.item.dataset, quality.item.target].append(quality)
    errors = {key: median(quality.deviation for quality in found) for key, found in by_target.items()}
    worst = sorted(errors, key=lambda key: (-errors[key], key))[:WORST]
    rows = [
        f"| {dataset} | {target} | {len(by_target[dataset, target])} | {errors[dataset, target]:.3f} "
        f"| {mean(quality.coverage for quality in by_target[dataset, target]):.1%} |"
        for dataset, target in worst
    ]
    table = "\n".join(["| dataset | target | years | error, median | coverage |", "|---|---|---|---|---|", *rows])
    plot = bars({target: errors[dataset, target] for dataset, target in worst}, errors[worst[0]])
    return f"{table}\n\n{plot}"


def _failures(failures: Mapping[Item, str]) -> str:
    by_dataset: dict[str, int] = defaultdict(int)
    for item in failures:
        by_dataset[item.dataset] += 1
    rows = [f"| {dataset} | {by_dataset[dataset]} |" for dataset in sorted(by_dataset)]
    remark = "The manifest names each with its reason."
    return "\n".join(["| dataset | imputations |", "|---|---|", *rows, "", remark])
