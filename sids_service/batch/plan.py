"""The plan of a batch: which indicators are imputed in which years, and the id of each imputation's record."""

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
    """What to impute.

    Attributes:
        years: the first and the last.
        datasets: codes of the datasets; all where empty.
        targets: codes of the indicators; all of the datasets where empty.
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
        dataset_version: version of the panel that the plan was made for.
        config: how everything is imputed.
        selection: what the items were selected by.
        items: year by year.
    """

    dataset_version: str
    config: ImputationConfig
    selection: Selection
    items: tuple[BatchItem, ...]

    def id(self, item: BatchItem) -> str:
        """Names the item's record: it differs wherever data, configuration or version of the service do."""
        return Key(self.dataset_version, f"batch {__version__} {self.config}", to_json(item).decode()).digest


def make_plan(catalogue: Catalogue, selection: Selection) -> BatchPlan:
    """Every selected target in every selected year in which it can be imputed.

    Args:
        catalogue: the targets of the panel, with the configuration of the batch.
        selection: datasets, targets and years.

    Raises:
        UnknownValueError: a dataset or a target that the data does not have.
        RequestError: a target that cannot be imputed in any of the years and datasets; or nothing can.
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
