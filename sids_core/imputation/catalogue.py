"""Possible targets and predictors, looked up in the counts of observations; no value is read."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.config import ImputationConfig
from sids_core.panel.panel import Panel


class Catalogue:
    """The targets and predictors of a panel.

    Args:
        panel: the data.
        config: the limits of missingness; by default those of `ImputationConfig`.

    >>> from sids_core.panel.demo import demo_panel
    >>> catalogue = Catalogue(demo_panel())
    >>> catalogue.targets(2001, "key")["key-wdi-EG.ELC.ACCS.ZS"]
    'Synthetic access to electricity'
    """

    def __init__(self, panel: Panel, config: ImputationConfig | None = None) -> None:
        self.panel = panel
        self.config = config or ImputationConfig()

    def target_sample_size(self) -> int:
        """Smallest number of countries with a value for an indicator to be a target."""
        return self.config.target_sample_size(len(self.panel.countries), regional=self.panel.is_regional)

    def predictor_sample_size(self) -> int:
        """Smallest number of countries with a value for an indicator to be a predictor."""
        return self.config.predictor_sample_size(len(self.panel.countries), regional=self.panel.is_regional)

    def years(self) -> list[int]:
        """The years with at least one target, ascending."""
        return [year for year in self.panel.years if self.is_target(year).any()]

    def datasets(self, year: int) -> dict[str, str]:
        """Code → name of the datasets with a target in the year."""
        with_target = {self.panel.indicators[index].dataset for index in np.flatnonzero(self.is_target(year))}
        return {code: name for code, name in self.panel.datasets.items() if code in with_target}

    def targets(self, year: int, dataset: str | None = None) -> dict[str, str]:
        """Code → name of the targets in the year, of one dataset or of all."""
        if dataset is not None:
            self.panel.check_dataset(dataset)
        indicators = [self.panel.indicators[index] for index in np.flatnonzero(self.is_target(year))]
        return {each.code: each.name for each in indicators if dataset in (None, each.dataset)}

    def dimensions(self, indicator: str, year: int, dataset: str) -> dict[str, str]:
        """Code → dimension (or name, without a dimension) of the dataset's targets that share the indicator's name."""
        name = self.panel.indicators[self.check_target(indicator, year, dataset)].name
        targets = [self.panel.indicators[self.panel.indicator_index[code]] for code in self.targets(year, dataset)]
        return {target.code: target.dimension or target.name for target in targets if target.name == name}

    def predictors(self, indicator: str, year: int, dataset: str | None = None) -> dict[str, str]:
        """Code → name and dimension of the indicators that can be chosen to predict the indicator."""
        column = self.check_target(indicator, year, dataset)
        return {
            self.panel.indicators[index].code: self.panel.indicators[index].label
            for index in np.flatnonzero(self.observed(year) >= self.predictor_sample_size())
            if index != column
        }

    def observed(self, year: int) -> NDArray[np.int32]:
        """Number of countries (indicators,) with a value in the year."""
        counts: NDArray[np.int32] = self.panel.observed[self.panel.year_index(year, "year")]
        return counts

    def check_target(self, indicator: str, year: int, dataset: str | None = None) -> int:
        """Column of the indicator in the year's slice.

        Raises:
            UnknownValueError: the year, dataset or indicator is not in the data.
            RequestError: the indicator belongs to another dataset, or is not a target that year; the message says why.
        """
        self.panel.year_index(year, "year")
        self.check_dataset_of(indicator, dataset)
        if reason := self.not_a_target(indicator, year):
            raise RequestError(
                f"indicator {indicator!r} cannot be imputed in {year}: {reason}",
                kind="not_a_target",
                parameter="indicator",
            )
        return self.panel.indicator_index[indicator]

    def check_dataset_of(self, indicator: str, dataset: str | None) -> None:
        """Raise UnknownValueError for an unknown code, RequestError if the indicator is not in the dataset."""
        if dataset is not None:
            self.panel.check_dataset(dataset)
        its_dataset = self.panel.indicator(indicator, "indicator").dataset
        if dataset is not None and its_dataset != dataset:
            raise RequestError(
                f"indicator {indicator!r} is in dataset {its_dataset!r}, not in {dataset!r}",
                kind="target_not_in_dataset",
                parameter="indicator",
            )

    def not_a_target(self, indicator: str, year: int) -> str:
        """Why a known indicator is no target in a year of the panel; empty if it is one."""
        observed = int(self.observed(year)[self.panel.indicator_index[indicator]])
        countries = len(self.panel.countries)
        if observed == countries:
            return "every country has a value, nothing to impute"
        if observed < self.target_sample_size():
            return f"{observed} of {countries} countries have a value, {self.target_sample_size()} are needed"
        return ""

    def check_predictors(self, indicator: str, year: int, codes: Sequence[str]) -> list[int]:
        """Columns of the predictors in the year's slice; UnknownValueError names those that are not allowed."""
        allowed = self.predictors(indicator, year)
        if unknown := [code for code in codes if code not in allowed]:
            raise UnknownValueError("predictors", unknown if len(unknown) > 1 else unknown[0], allowed)
        return [self.panel.indicator_index[code] for code in codes]

    def is_target(self, year: int) -> NDArray[np.bool_]:
        """Bool (indicators,): which can be imputed in the year."""
        observed = self.observed(year)
        return (observed >= self.target_sample_size()) & (observed < len(self.panel.countries))
