"""The report of a batch in Markdown, and its imputations and countries as tables (CSV)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from sids_service.batch.plan import BatchItem
from sids_service.batch.records import Quality
from sids_service.batch.report import EXPLANATION, Group, Names, Report

WORST = 20

HEAD = """| {} | imputations | values | unreliable | error, median | error, 90 % | coverage | coverage, SIDS |
|---|---|---|---|---|---|---|---|"""

IMPUTATION = ("dataset", "dataset_name", "target", "target_name", "year", *Quality.model_fields, "reason")
COUNTRY = ("code", "name", "values", "unreliable")


def markdown(report: Report) -> str:
    """Error and coverage by dataset and by year, the worst targets, and the number not imputed by dataset."""
    parts = [f"# {report.title}", EXPLANATION]
    if report.total is not None:
        parts += [
            f"Intervals are made for a coverage of {report.nominal_coverage:.0%}.",
            "## By dataset",
            _table("dataset", report.by_dataset, report.total),
            "## By year",
            _table("year", report.by_year, report.total),
            "## The worst targets",
            _worst(report),
        ]
    if report.not_imputed:
        parts += ["## Not imputed", _not_imputed(report)]
    return "\n\n".join(parts) + "\n"


def imputations(qualities: Mapping[BatchItem, Quality], failures: Mapping[BatchItem, str], names: Names) -> str:
    """A row for each imputation, with its quality, or the reason why there is none."""
    found: dict[BatchItem, Sequence[object]] = {
        item: (*quality.model_dump().values(), "") for item, quality in qualities.items()
    }
    nothing = ("",) * len(Quality.model_fields)
    missing = {item: (*nothing, reason) for item, reason in failures.items() if item not in found}
    items = sorted({**found, **missing}.items(), key=lambda each: (each[0].dataset, each[0].target, each[0].year))
    return _csv(
        IMPUTATION,
        (
            (
                item.dataset,
                names.datasets.get(item.dataset, item.dataset),
                item.target,
                names.indicators.get(item.target, item.target),
                item.year,
                *rest,
            )
            for item, rest in items
        ),
    )


def countries(report: Report) -> str:
    """A row for each country with an imputed value."""
    return _csv(COUNTRY, (country.model_dump().values() for country in report.by_country))


def percent(share: float | None) -> str:
    """A share as people read it; empty without one."""
    return "" if share is None else f"{share:.1%}"


def _csv(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A table of RFC 4180."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _table(name: str, groups: Sequence[Group], total: Group) -> str:
    return "\n".join([HEAD.format(name), *map(_row, [*groups, total] if len(groups) > 1 else groups)])


def _row(group: Group) -> str:
    cells = [group.code, str(group.imputations), str(group.values), percent(group.unreliable)]
    cells += [f"{group.error_median:.3f}", f"{group.error_90:.3f}", percent(group.coverage)]
    return f"| {' | '.join([*cells, percent(group.coverage_sids)])} |"


def _worst(report: Report) -> str:
    rows = [
        f"| {target.dataset} | {target.code} | {target.imputations} | {percent(target.unreliable)} "
        f"| {target.error_median:.3f} | {percent(target.coverage)} |"
        for target in report.targets[:WORST]
    ]
    head = "| dataset | target | years | unreliable | error, median | coverage |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _not_imputed(report: Report) -> str:
    rows = [f"| {dataset.code} | {dataset.imputations} |" for dataset in report.not_imputed]
    remark = "The manifest names each with its reason."
    return "\n".join(["| dataset | imputations |", "|---|---|", *rows, "", remark])
