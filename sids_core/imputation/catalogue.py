"""What can be imputed, and from what: look-ups in the panel's missingness, no figure is touched."""

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.imputation.schemas import LARGEST_NUMBER_PREDICTOR, Dimension
from sids_core.imputation.thresholds import Thresholds
from sids_core.panel.panel import Panel


class Catalogue:
    """The targets and predictors of a panel."""

    def __init__(self, panel: Panel, thresholds: Thresholds) -> None:
        self.panel = panel
        self.thresholds = thresholds

    def target_sample_size(self) -> int:
        """The fewest countries with a value that make an indicator a target."""
        return self.thresholds.target_sample_size(len(self.panel.countries))

    def predictor_sample_size(self) -> int:
        """The fewest countries with a value that make an indicator a predictor."""
        return self.thresholds.predictor_sample_size(len(self.panel.countries))

    def target_years(self) -> list[str]:
        """The years that have a target, ascending."""
        return [str(year) for year in self.panel.years if self._is_target(year).any()]

    def datasets(self, year: int) -> dict[str, str]:
        """Code → name of the datasets that have a target in the year."""
        found = {self.panel.indicators[index].dataset for index in np.flatnonzero(self._is_target(year))}
        return {code: name for code, name in self.panel.datasets.items() if code in found}

    def targets(self, year: int, dataset: str) -> dict[str, str]:
        """Code → name of the dataset's targets in the year."""
        self.panel.check_dataset(dataset)
        indicators = [self.panel.indicators[index] for index in np.flatnonzero(self._is_target(year))]
        return {indicator.code: indicator.name for indicator in indicators if indicator.dataset == dataset}

    def dimensions(self, year: int, dataset: str, target: str) -> list[Dimension]:
        """The dataset's targets that share the target's indicator name; where one has no dimension, its name."""
        name = self.panel.indicators[self.check_target(year, dataset, target)].name
        return [
            Dimension(label=indicator.dimension or indicator.name, value=code)
            for code in self.targets(year, dataset)
            if (indicator := self.panel.indicator(code)).name == name
        ]

    def predictors(self, year: int, dataset: str | None, target: str) -> dict[str, str]:
        """Code → name and dimension of the indicators that can predict the target by hand."""
        column = self.check_target(year, dataset, target)
        return {
            self.panel.indicators[index].code: self.panel.indicators[index].label
            for index in np.flatnonzero(self.observed(year) >= self.predictor_sample_size())
            if index != column
        }

    def numbers_of_predictors(self, year: int, dataset: str | None, target: str) -> dict[str, int]:
        """The numbers of predictors offered where they are selected automatically."""
        self.check_target(year, dataset, target)
        return {str(count): count for count in range(5, LARGEST_NUMBER_PREDICTOR + 1, 5)}

    def check_target(self, year: int, dataset: str | None, target: str) -> int:
        """Column of the target in the year's slice.

        Raises:
            UnknownValueError: the data has no such year, dataset or indicator.
            RequestError: the indicator is another dataset's, or not a target that year; the message says why.
        """
        year_index = self.panel.year_index(year, "target_year")
        if dataset is not None:
            self.panel.check_dataset(dataset)
        indicator = self.panel.indicator(target)
        if dataset is not None and indicator.dataset != dataset:
            raise RequestError(
                f"target {target!r} is in dataset {indicator.dataset!r}, not in {dataset!r}",
                kind="target_not_in_dataset",
                parameter="target",
            )
        column = self.panel.indicator_index[target]
        observed, countries = int(self.panel.observed[year_index, column]), len(self.panel.countries)
        if not self.target_sample_size() <= observed < countries:
            reason = (
                "no country misses it, there is nothing to impute"
                if observed == countries
                else f"{observed} of {countries} countries have a value, {self.target_sample_size()} are needed"
            )
            raise RequestError(
                f"target {target!r} cannot be imputed in {year}: {reason}", kind="not_a_target", parameter="target"
            )
        return column

    def check_predictors(self, year: int, target: str, codes: list[str]) -> list[int]:
        """Columns of the predictors in the year's slice; UnknownValueError names the first that is not allowed."""
        allowed = self.predictors(year, None, target)
        for code in codes:
            if code not in allowed:
                raise UnknownValueError("manual_predictors", code, allowed)
        return [self.panel.indicator_index[code] for code in codes]

    def _is_target(self, year: int) -> NDArray[np.bool_]:
        observed = self.observed(year)
        return (observed >= self.target_sample_size()) & (observed < len(self.panel.countries))

    def observed(self, year: int) -> NDArray[np.int32]:
        """How many countries (indicators,) have a value in the year."""
        counts: NDArray[np.int32] = self.panel.observed[self.panel.year_index(year, "target_year")]
        return counts
