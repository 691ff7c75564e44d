"""Training and prediction matrices of one imputation."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.imputation.catalogue import Catalogue
from sids_core.imputation.config import FEWEST_VALUES, ImputationConfig
from sids_core.imputation.cross_fitting import inverse_class_weights
from sids_core.imputation.possible_range import PossibleRange
from sids_core.imputation.selection import SELECTORS
from sids_core.imputation.year_slice import YearSlice
from sids_core.panel.panel import Indicator, Panel


@dataclass(frozen=True)
class TrainingData:
    """Training and prediction matrices of one imputation.

    Attributes:
        panel: the data.
        target: the indicator to impute.
        year: the year.
        columns: positions of the candidate predictors in the panel.
        training: positions of the training countries.
        missing_rows: positions of the SIDS without a value of the target.
        y: float64 (training countries,), the target.
        history: whether values of other years may be used.
    """

    panel: Panel
    target: Indicator
    year: int
    columns: NDArray[np.intp]
    training: NDArray[np.intp]
    missing_rows: NDArray[np.intp]
    y: NDArray[np.float64]
    history: bool

    @cached_property
    def candidates(self) -> tuple[Indicator, ...]:
        """The candidate predictors, in the order of the columns."""
        return tuple(self.panel.indicators[column] for column in self.columns)

    @cached_property
    def slice(self) -> YearSlice:
        """The candidates of every country; with `history` filled along time."""
        year = self.panel.year_index(self.year)
        return YearSlice.of(self.panel, year, self.columns, along_time=self.history)

    @cached_property
    def X(self) -> NDArray[np.float64]:  # noqa: N802 (the usual name)
        """Candidates (training countries, candidates) in the year itself, NaN where missing.

        Not filled along time, which would blur the relations between indicators of one year.
        """
        return self.slice.observed[self.training]

    @cached_property
    def X_missing(self) -> NDArray[np.float64]:  # noqa: N802
        """Candidates (missing SIDS, candidates), with `history` filled along time; NaN where missing."""
        return self.slice.values[self.missing_rows]

    @cached_property
    def possible(self) -> PossibleRange:
        """The values that the target can take."""
        return PossibleRange.of(self.target, self.y)

    @property
    def is_sids(self) -> NDArray[np.bool_]:
        """Which training countries are SIDS."""
        return self.panel.is_sids[self.training]

    @property
    def sample_weight(self) -> NDArray[np.float64]:
        """Weight of each training country in every fit and error: SIDS and the others have the same total."""
        return inverse_class_weights(self.is_sids)

    @property
    def missing(self) -> tuple[str, ...]:
        """Codes of the SIDS without a value of the target."""
        return tuple(self.panel.countries[row] for row in self.missing_rows)

    @property
    def observed(self) -> dict[str, float]:
        """Code → value of the SIDS with a value of the target."""
        values = zip(self.training, self.y.tolist(), strict=True)
        return {self.panel.countries[row]: value for row, value in values if self.panel.is_sids[row]}

    @cached_property
    def series(self) -> NDArray[np.float64]:
        """The target (years, countries); other years are NaN without `history`."""
        series = self.panel.values[:, :, self.panel.indicator_index[self.target.code]]
        if self.history:
            return series
        this_year = np.arange(len(series)) == self.panel.year_index(self.year)
        return np.where(this_year[:, None], series, np.nan)


def make_training_data(
    panel: Panel,
    indicator: str,
    year: int,
    *,
    dataset: str | None = None,
    predictors: Sequence[str] = (),
    config: ImputationConfig | None = None,
) -> TrainingData:
    """Make the matrices of one imputation. Cheap, since nothing is trained: also used to validate requests.

    Args:
        panel: the data.
        indicator: code of the indicator to impute.
        year: the year.
        dataset: code of the dataset that the indicator must belong to; None accepts any.
        predictors: indicator codes, for the selection `MANUAL`.
        config: the configuration; by default `ImputationConfig()`.

    Returns:
        The matrices, in the indicators' units.

    Raises:
        UnknownValueError: a year, dataset, indicator or predictor is unknown.
        RequestError: the indicator cannot be imputed, there are too few training countries, the target is constant,
            there are no candidates or fewer than predictors to select, a predictor has no value in any training
            country, or predictors and selection do not fit together.

    >>> from sids_core.panel.demo import demo_panel
    >>> data = make_training_data(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 2001)
    >>> data.X.shape == (len(data.y), len(data.candidates))
    True
    >>> len(data.missing) + len(data.observed)
    50
    """
    config = config or ImputationConfig()
    predictors = sorted(set(predictors))
    automatic = SELECTORS[config.selection].automatic
    _check_selection(indicator, predictors, config.selection, automatic=automatic)
    catalogue = Catalogue(panel, config)
    column = catalogue.check_target(indicator, year, dataset)
    slice_ = panel.values[panel.year_index(year)]
    y = slice_[:, column]
    trains = np.isfinite(y)
    check_target_values(indicator, year, y[trains])
    if automatic:
        fewest = config.predictor_sample_size(int(trains.sum()), regional=panel.is_regional)
        columns = candidate_columns(slice_[trains], column, fewest)
        _check_number(indicator, year, config.n_predictors, len(columns))
    else:
        columns = np.array(catalogue.check_predictors(indicator, year, predictors))
        _check_seen(indicator, year, predictors, np.isfinite(slice_[np.ix_(trains, columns)]).any(axis=0))
    return TrainingData(
        panel=panel,
        target=panel.indicators[column],
        year=year,
        columns=columns,
        training=np.flatnonzero(trains),
        missing_rows=np.flatnonzero(panel.is_sids & ~trains),
        y=y[trains],
        history=config.history,
    )


def check_target_values(indicator: str, year: int, y: NDArray[np.float64]) -> None:
    """Raise RequestError if the observed values y (training countries,) are too few or all equal."""
    if len(y) < FEWEST_VALUES:
        raise RequestError(
            f"indicator {indicator!r} has a value in {len(y)} countries in {year}; at least {FEWEST_VALUES} are needed",
            kind="too_few_rows",
        )
    if y.min() == y.max():
        raise RequestError(
            f"indicator {indicator!r} is {y[0]:g} in every country with a value in {year}, so it needs no model",
            kind="constant_target",
        )


def candidate_columns(training: NDArray[np.float64], target: int, fewest: int) -> NDArray[np.intp]:
    """Columns with at least `fewest` values in the training rows, without the target and constant ones."""
    enough = np.isfinite(training).sum(axis=0) >= fewest
    enough[target] = False
    columns = np.flatnonzero(enough)
    candidates = training[:, columns]
    varying: NDArray[np.intp] = columns[np.nanmin(candidates, axis=0) < np.nanmax(candidates, axis=0)]
    return varying


def _check_selection(indicator: str, predictors: Sequence[str], selection: str, *, automatic: bool) -> None:
    if automatic and predictors:
        raise RequestError(
            f"selection {selection!r} chooses the predictors; to pass predictors, use selection='MANUAL'",
            kind="predictors_not_used",
            parameter="predictors",
        )
    if not automatic and not predictors:
        raise RequestError(f"selection {selection!r} needs at least one predictor", kind="missing",
                           parameter="predictors")  # fmt: skip
    if indicator in predictors:
        raise RequestError(
            f"predictors: {indicator!r} cannot be its own predictor", kind="target_as_predictor", parameter="predictors"
        )


def _check_seen(indicator: str, year: int, predictors: Sequence[str], seen: NDArray[np.bool_]) -> None:
    """A predictor observed in most countries may still be missing in every training country."""
    if not seen.all():
        code = predictors[int(np.argmin(seen))]
        raise RequestError(
            f"predictor {code!r} has no value in {year} in any country that has {indicator!r}",
            kind="predictor_never_seen",
            parameter="predictors",
        )


def _check_number(indicator: str, year: int, n_predictors: int, candidates: int) -> None:
    if candidates == 0:
        raise RequestError(
            f"no indicator has enough values in {year} to predict {indicator!r}",
            kind="no_predictor",
        )
    if n_predictors > candidates:
        raise RequestError(
            f"n_predictors {n_predictors} is too large: {candidates} indicators can predict {indicator!r} in {year}",
            kind="too_many_predictors",
            parameter="n_predictors",
        )
