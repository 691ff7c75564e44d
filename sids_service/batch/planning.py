"""Which imputations a batch consists of."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.selection import SELECTORS
from sids_service.errors import ConfigurationError

SCHEMES = tuple(name for name, entry in SELECTORS.items() if entry.automatic)
"""Predictors chosen manually would be the same for every target."""

OPTIONS = {
    "base_imputer": "interpolator",
    "ensemble": "model",
    "n_predictors": "number-predictor",
    "n_estimators": "estimators",
}
"""The command's option for each field of the configuration that it names otherwise."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is wanted; no datasets means all of them, no targets every one of theirs."""

    years: tuple[int, int]
    datasets: Sequence[str] = ()
    targets: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """How everything is imputed, in the fields of a request."""

    model: str
    scheme: str
    number_predictor: int
    estimators: int
    interpolator: str
    interval: str

    def check(self) -> None:
        """Raise ConfigurationError where a request would not be accepted, whatever it is for."""
        if self.scheme not in SCHEMES:
            raise ConfigurationError(f"--scheme {self.scheme!r} is unknown; allowed: {', '.join(SCHEMES)}")
        try:
            ImputationConfig(
                base_imputer=self.interpolator,
                selection=self.scheme,
                n_predictors=self.number_predictor,
                ensemble=self.model,
                n_estimators=self.estimators,
                interval=self.interval,
            )
        except RequestError as error:
            parameter = error.parameter or ""
            option = OPTIONS.get(parameter, parameter)
            raise ConfigurationError(f"--{option}{str(error).removeprefix(parameter)}") from None


@dataclass(frozen=True, slots=True)
class Item:
    """One imputation."""

    dataset: str
    target: str
    year: int


def plan(catalogue: Catalogue, selection: Selection) -> list[Item]:
    """Every target of the selection in every year in which it can be one, year by year.

    Raises:
        UnknownValueError: a dataset or a target that the data does not have.
        RequestError: a target that is none in any of the years, or is in none of the datasets; or nothing to impute.
    """
    for dataset in selection.datasets:
        catalogue.panel.check_dataset(dataset, "datasets")
    for target in selection.targets:
        catalogue.panel.indicator(target, "targets")
    first, last = selection.years
    items = [
        Item(dataset, target, year)
        for year in catalogue.panel.years
        if first <= year <= last
        for dataset in catalogue.datasets(year)
        if not selection.datasets or dataset in selection.datasets
        for target in catalogue.targets(year, dataset)
        if not selection.targets or target in selection.targets
    ]
    found = {item.target for item in items}
    without = [target for target in selection.targets if target not in found]
    if without:
        raise RequestError(f"targets: {', '.join(without)} cannot be imputed in any year from {first} to {last}")
    if not items:
        raise RequestError(f"nothing can be imputed from {first} to {last}")
    return items


def request(item: Item, method: Method) -> bytes:
    """The body with which a client would ask for it."""
    return to_json(
        {
            "target_year": item.year,
            "dataset": item.dataset,
            "target": item.target,
            "interpolator": method.interpolator,
            "scheme": method.scheme,
            "number_predictor": method.number_predictor,
            "estimators": method.estimators,
            "model": method.model,
            "interval": method.interval,
        }
    )
