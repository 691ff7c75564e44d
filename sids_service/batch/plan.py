"""The plan of a batch: the indicators and years to impute, and the ids of their records."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from pydantic_core import to_json

from sids_core import __version__
from sids_core.errors import SHOWN_CHARACTERS, RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.metadata import fault_of_code
from sids_service.jobs.computation import Key


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection of imputations.

    Attributes:
        years: the first and the last.
        datasets: codes of the datasets; all if empty.
        targets: codes of the indicators; all of the datasets if empty.
    """

    years: tuple[int, int]
    datasets: Sequence[str] = ()
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One imputation: a target of a dataset in a year; how its predictors are selected makes no other item of it.

    Attributes:
        dataset: code of the dataset.
        target: code of the indicator.
        year: the year.
        selection_year: the year in which its predictors are selected.
    """

    dataset: str
    target: str
    year: int
    selection_year: int = field(compare=False)

    def __post_init__(self) -> None:
        """Raise ValueError for what cannot be the code of a target, as in a damaged or forged record or manifest."""
        if fault := fault_of_code(self.target):
            raise ValueError(f"{self.target[:SHOWN_CHARACTERS]!r} {fault}")


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The imputations of a batch.

    Attributes:
        dataset_version: version of the panel for which the plan was made.
        config: the configuration of all items.
        selection: the selection from which the items were derived.
        selection_years: number of consecutive years that share their predictors.
        items: year by year; where years share their predictors, target by target.
        correlation: whether the files hold the correlation of the predictors.
    """

    dataset_version: str
    config: ImputationConfig
    selection: Selection
    selection_years: int
    items: tuple[BatchItem, ...]
    correlation: bool = False

    def id(self, item: BatchItem) -> str:
        """Id of the item's record, which depends on data, configuration and service version."""
        imputation = to_json((item.dataset, item.target, item.year)).decode()
        return Key(self.dataset_version, f"batch {__version__} {self.config}", imputation).digest


def make_plan(
    catalogue: Catalogue, selection: Selection, selection_years: int = 1, *, correlation: bool = False
) -> BatchPlan:
    """Plan every selected target in every selected year in which it can be imputed.

    Args:
        catalogue: the panel's targets under the batch's configuration.
        selection: datasets, targets and years.
        selection_years: number of consecutive years that share the predictors selected in the middle one of them.
        correlation: whether the files hold the correlation of the predictors.

    Raises:
        UnknownValueError: a dataset or target is unknown.
        RequestError: a target cannot be imputed in any of the years and datasets, or nothing can.
    """
    for dataset in selection.datasets:
        catalogue.panel.check_dataset(dataset, "datasets")
    for target in selection.targets:
        catalogue.panel.indicator(target, "targets")
    first, last = selection.years
    items = tuple(
        BatchItem(dataset, target, year, year)
        for year in catalogue.panel.years
        if first <= year <= last
        for dataset in catalogue.datasets(year)
        if not selection.datasets or dataset in selection.datasets
        for target in catalogue.targets(year, dataset)
        if not selection.targets or target in selection.targets
    )
    planned = {item.target for item in items}
    without = [target for target in selection.targets if target not in planned]
    if without:
        raise RequestError(f"targets: {', '.join(without)} cannot be imputed in any year from {first} to {last}")
    if not items:
        raise RequestError(f"nothing can be imputed from {first} to {last}")
    if selection_years > 1:
        items = _with_shared_selection(items, first, selection_years)
    return BatchPlan(catalogue.panel.version, catalogue.config, selection, selection_years, items, correlation)


def _with_shared_selection(items: Sequence[BatchItem], first: int, selection_years: int) -> tuple[BatchItem, ...]:
    """The items target by target; the middle one of those in the same span of years selects the predictors of all."""

    def span(item: BatchItem) -> tuple[str, str, int]:
        return item.dataset, item.target, (item.year - first) // selection_years

    shared: list[BatchItem] = []
    for _, group in groupby(sorted(items, key=lambda item: (*span(item), item.year)), span):
        of_span = list(group)
        middle = of_span[len(of_span) // 2].year
        shared += [replace(item, selection_year=middle) for item in of_span]
    return tuple(shared)
