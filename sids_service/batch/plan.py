"""The plan of a batch: the indicators and years to impute, and the ids of their records."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from sids_core import __version__
from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
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
    """One imputation: a target of a dataset in a year."""

    dataset: str
    target: str
    year: int


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """The imputations of a batch.

    Attributes:
        dataset_version: version of the panel for which the plan was made.
        config: the configuration of all items.
        selection: the selection from which the items were derived.
        items: year by year.
    """

    dataset_version: str
    config: ImputationConfig
    selection: Selection
    items: tuple[BatchItem, ...]

    def id(self, item: BatchItem) -> str:
        """Id of the item's record, which depends on data, configuration and service version."""
        return Key(self.dataset_version, f"batch {__version__} {self.config}", to_json(item).decode()).digest


def make_plan(catalogue: Catalogue, selection: Selection) -> BatchPlan:
    """Plan every selected target in every selected year in which it can be imputed.

    Args:
        catalogue: the panel's targets under the batch's configuration.
        selection: datasets, targets and years.

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
        BatchItem(dataset, target, year)
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
    return BatchPlan(catalogue.panel.version, catalogue.config, selection, items)
