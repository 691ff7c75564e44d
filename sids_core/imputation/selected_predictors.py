"""The predictors selected in one year, for imputations of the same indicator in other years.

Selection takes most of the time of an imputation and changes little from year to year. Countries keep their folds, so
that no prediction out of fold comes from predictors that were selected with the country.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.cross_fitting import stratified_folds
from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.training_data import TrainingData

LARGEST_FOLD = 0.4
"""Share of the training countries in a fold, above which the kept folds are given up."""

FEWEST_KEPT = 0.5
"""Share of the selected predictors that must be candidates in the other year, or it selects its own."""


@dataclass(frozen=True)
class SelectedPredictors:
    """Folds and selected predictors of an imputation.

    Attributes:
        fold: country code → fold, of the training countries.
        predictors: by method, the codes selected without each fold and, last, on all training countries.
    """

    fold: Mapping[str, int]
    predictors: Mapping[str, Sequence[tuple[str, ...]]]

    @classmethod
    def of(cls, sections: Mapping[str, CrossSection]) -> Self:
        """Those of an imputation's models by method, which share their training data and folds."""
        section = next(iter(sections.values()))
        countries = [section.data.panel.countries[row] for row in section.data.training]
        return cls(
            dict(zip(countries, section.fold.tolist(), strict=True)),
            {method: section.selected for method, section in sections.items()},
        )

    def folds(self, data: TrainingData) -> NDArray[np.intp]:
        """The fold (rows,) of each training country; one without a fold gets any, as no selection has seen it."""
        n_folds = max(self.fold.values()) + 1
        own = stratified_folds(data.is_sids, n_folds)
        countries = [data.panel.countries[row] for row in data.training]
        kept = np.array([self.fold.get(code, fold) for code, fold in zip(countries, own.tolist(), strict=True)])
        sizes = np.bincount(kept, minlength=n_folds)
        return kept if sizes.min() > 0 and sizes.max() <= LARGEST_FOLD * len(kept) else own

    def columns(
        self, method: str, data: TrainingData, fold: NDArray[np.intp], candidates: NDArray[np.intp]
    ) -> list[NDArray[np.intp]] | None:
        """Positions among the candidates, without each fold and, last, on all training countries.

        None if the folds are others, or too few of the predictors are candidates.
        """
        position = {data.candidates[column].code: at for at, column in enumerate(candidates)}
        countries = (data.panel.countries[row] for row in data.training)
        if method not in self.predictors or any(
            self.fold.get(code, own) != own for code, own in zip(countries, fold.tolist(), strict=True)
        ):
            return None
        kept = [[position[code] for code in codes if code in position] for codes in self.predictors[method]]
        for codes, columns in zip(self.predictors[method], kept, strict=True):
            if len(columns) < max(1, FEWEST_KEPT * len(codes)):
                return None
        return [np.array(columns, dtype=np.intp) for columns in kept]
