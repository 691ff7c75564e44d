"""A batch's quality in numbers: by dataset, year, country and target. It contains no time."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean, median, quantiles
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel, Field

from sids_core.panel.countries import country_name
from sids_service.batch.plan import BatchItem, BatchPlan
from sids_service.batch.records import Quality

if TYPE_CHECKING:
    from sids_core.panel.panel import Panel

Key = TypeVar("Key", str, tuple[str, str])

EXPLANATION = """The error is the out-of-fold root mean squared error relative to the target's mean, or its range;
coverage is the share of observed values inside their out-of-fold interval, for SIDS under the gaps of the imputed ones.
Unreliable is the share of imputed values that should not be used without care: their interval is too wide, too little
of what they rest on was observed, or too few SIDS have a value to learn from; `unreliable` in the files lists them by
year. All three are reported by the imputations."""


@dataclass(frozen=True)
class Names:
    """The names of datasets and indicators by code; a code without one stands for itself."""

    datasets: Mapping[str, str] = field(default_factory=dict)
    indicators: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, panel: "Panel") -> Self:
        """The names that a panel has."""
        return cls(dict(panel.datasets), {each.code: each.label for each in panel.indicators})


class Group(BaseModel):
    """The quality of some imputations.

    Attributes:
        code: what they have in common: a dataset, a year or a target.
        name: its name.
        imputations: their number.
        values: number of imputed values.
        unreliable: share of these that should not be used without care; None without values.
        error_median: median of their errors, and
        error_90: the error that nine of ten do not exceed.
        coverage: mean coverage of their intervals.
        coverage_sids: the same over SIDS; None where no training country is one.
    """

    code: str
    name: str
    imputations: int
    values: int
    unreliable: float | None
    error_median: float
    error_90: float
    coverage: float
    coverage_sids: float | None


class Target(Group):
    """The quality of a target's imputations in a dataset."""

    dataset: str
    dataset_name: str


class Country(BaseModel):
    """Number of a country's imputed values, and of those that should not be used without care."""

    code: str
    name: str
    values: int
    unreliable: int


class NotImputed(BaseModel):
    """Number of a dataset's imputations without a result."""

    code: str
    name: str
    imputations: int


class Report(BaseModel):
    """The quality of a batch; its groups are sorted by code, targets from the worst on."""

    title: str
    dataset_version: str
    explanation: str = " ".join(EXPLANATION.replace("`", "").split())
    nominal_coverage: float | None = Field(description="For which intervals are made; None without an imputation.")
    total: Group | None
    by_dataset: list[Group]
    by_year: list[Group]
    by_country: list[Country]
    targets: list[Target]
    not_imputed: list[NotImputed]


def make_report(
    plan: BatchPlan,
    qualities: Mapping[BatchItem, Quality],
    failures: Mapping[BatchItem, str],
    names: Names,
    countries: Mapping[str, tuple[int, int]],
) -> Report:
    """The report of all imputations of a batch.

    Args:
        plan: of the latest run.
        qualities: of each imputed item.
        failures: item → reason, of the others.
        names: of datasets and indicators.
        countries: code → number of imputed and of unreliable values.
    """
    datasets, indicators = names.datasets, names.indicators
    missing: dict[str, int] = defaultdict(int)
    for item in failures:
        missing[item.dataset] += 1
    targets = [
        Target(dataset=dataset, dataset_name=datasets.get(dataset, dataset), **_group(code, indicators.get(code), some))
        for (dataset, code), some in _grouped(qualities, lambda item: (item.dataset, item.target)).items()
    ]
    return Report(
        title=f"{plan.config.ensemble} {plan.config.selection} on dataset version {plan.dataset_version}",
        dataset_version=plan.dataset_version,
        nominal_coverage=next((quality.nominal_coverage for quality in qualities.values()), None),
        total=Group(**_group("all", None, list(qualities.values()))) if qualities else None,
        by_dataset=[
            Group(**_group(code, datasets.get(code), some))
            for code, some in _grouped(qualities, lambda item: item.dataset).items()
        ],
        by_year=[
            Group(**_group(code, None, some)) for code, some in _grouped(qualities, lambda item: str(item.year)).items()
        ],
        by_country=[
            Country(code=code, name=country_name(code), values=values, unreliable=unreliable)
            for code, (values, unreliable) in sorted(countries.items())
        ],
        targets=sorted(targets, key=lambda target: (-target.error_median, target.dataset, target.code)),
        not_imputed=[
            NotImputed(code=code, name=datasets.get(code, code), imputations=count)
            for code, count in sorted(missing.items())
        ],
    )


def _grouped(qualities: Mapping[BatchItem, Quality], key: Callable[[BatchItem], Key]) -> dict[Key, list[Quality]]:
    groups: dict[Key, list[Quality]] = defaultdict(list)
    for item, quality in qualities.items():
        groups[key(item)].append(quality)
    return {each: groups[each] for each in sorted(groups)}


def _group(code: str, name: str | None, qualities: Sequence[Quality]) -> dict[str, Any]:
    errors = [quality.rmse_deviation for quality in qualities]
    sids = [quality.coverage_sids for quality in qualities if quality.coverage_sids is not None]
    values = sum(quality.imputed for quality in qualities)
    return {
        "code": code,
        "name": code if name is None else name,
        "imputations": len(qualities),
        "values": values,
        "unreliable": sum(quality.unreliable for quality in qualities) / values if values else None,
        "error_median": median(errors),
        "error_90": quantiles(errors, n=10, method="inclusive")[-1] if len(errors) > 1 else errors[0],
        "coverage": mean(quality.coverage for quality in qualities),
        "coverage_sids": mean(sids) if sids else None,
    }
