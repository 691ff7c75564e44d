"""Two-level imputation as a transformer of scikit-learn."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import (
    FLOAT_DTYPES,
    _check_feature_names_in,
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sids_core.errors import RequestError
from sids_core.gap_filling.column_model import ColumnModel, ConstantFill
from sids_core.gap_filling.table import Table
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.selection import AUTOMATIC
from sids_core.single_thread import use_one_thread

if TYPE_CHECKING:
    import pandas as pd

LARGEST, SMALLEST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)
"""Largest and smallest absolute values other than 0 that trees resolve."""


class GapFiller(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fills every gap of a table of countries × indicators by two-level imputation, one column after the other.

    Each column is predicted from the others: a base imputer fills their gaps, a tree ensemble with regressions in its
    leaves predicts the column, conformal prediction makes intervals of nominal 90 % (docs/imputation.md; a table has
    one year, so nothing is learnt from others). Observed values stay as they are, to the bit.

    Rows that were not there at `fit` are predicted by what was fitted: nothing is learnt from them, so that the class
    is sound in a `Pipeline` and in cross-validation. A row's values do not depend on the other rows given to
    `transform`.

    A column with fewer than eight values, with a single value, or that no other column can predict, is filled with its
    median; `fit` warns of it by name. A column without values is left out with a warning, as by `SimpleImputer`.

    Weights: if the index of the data frame has ISO 3166-1 alpha-3 codes of Small Island Developing States, these and
    the other rows have the same total weight, as everywhere in this library; otherwise all rows weigh the same.
    `sample_weight` replaces both. A weight is not a repetition of the row, of which folds would make two.

    Everything random is seeded inside, so there is no `random_state`: equal data gives equal results. A column takes
    0.2 s of processor time (120 rows, 30 columns, 100 trees); `skip_complete` saves the columns without gaps.

    Args:
        base_imputer: fills the gaps of the predictors: `KNNImputer`, `IterativeImputer` or `SimpleImputer`.
        selection: how predictors are selected: `AFS` or `PCA`.
        n_predictors: number of predictors to select for a column, 1 to 50; fewer, if there are fewer.
        ensemble: predicts the column: `etr`, `rfr`, `gbr`, or `all` for the best of them.
        n_estimators: trees of each ensemble, 1 to 1000.
        interval: `quantile` or `bootstrap`.
        n_folds: folds of the cross-validation, at least 2.
        n_neighbors: neighbours of the base imputer `KNNImputer`.
        predictor_missing_percent: missingness in the rows that have the column, below which another one may predict it;
            in a table of fewer than 60 rows, eight values there are enough.
        skip_complete: fit no model for columns without gaps; gaps that they have at `transform` get the median.
        keep_empty_features: keep columns without values, filled with 0, instead of leaving them out.
        n_jobs: number of threads, as everywhere in scikit-learn.

    Attributes:
        models_: list of what fills each input column; None for those left out. Each has `method` (`model`, `median` or
            `zero`), `n_training`, `rmse` and `coverage` (out of fold), `ensemble` and `importances`.
        n_features_in_: number of columns at `fit`.
        feature_names_in_: their names, if all are texts.

    >>> X = np.random.default_rng(0).normal(size=(40, 1)) + np.arange(4.0)
    >>> X[0, 1] = np.nan
    >>> filled = GapFiller(n_estimators=20).fit_transform(X)
    >>> bool(abs(filled[0, 1] - (X[0, 0] + 1)) < 0.1)
    True
    """

    def __init__(
        self,
        *,
        base_imputer: str = "KNNImputer",
        selection: str = "AFS",
        n_predictors: int = 10,
        ensemble: str = "etr",
        n_estimators: int = 100,
        interval: str = "quantile",
        n_folds: int = 5,
        n_neighbors: int = 5,
        predictor_missing_percent: float = 30,
        skip_complete: bool = False,
        keep_empty_features: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.base_imputer = base_imputer
        self.selection = selection
        self.n_predictors = n_predictors
        self.ensemble = ensemble
        self.n_estimators = n_estimators
        self.interval = interval
        self.n_folds = n_folds
        self.n_neighbors = n_neighbors
        self.predictor_missing_percent = predictor_missing_percent
        self.skip_complete = skip_complete
        self.keep_empty_features = keep_empty_features
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:  # noqa: ARG002 (scikit-learn's signature)
        """Fit a model for each column.

        Args:
            X: data frame or array of numbers (rows, columns), NaN where missing; unchanged.
            y: not used.
            sample_weight: weight of each row (rows,), at least 0; rows of weight 0 fill only the gaps of predictors.

        Returns:
            Itself.

        Raises:
            ValueError: X has infinite values, texts that are no numbers, no row or no column; a parameter is out of
                range or unknown.
        """
        from joblib import effective_n_jobs

        config = self._config()
        rows = list(X.index) if hasattr(X, "iloc") else None
        X = _in_range(validate_data(self, X, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan"))
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        use_one_thread()
        names = [str(name) for name in _check_feature_names_in(self)]
        table = Table.of(_resolved(X), names, rows, sample_weight)
        n_jobs = effective_n_jobs(self.n_jobs)
        self.models_ = [
            self._fit_column(table, column, values, config, n_jobs)
            for column, values in enumerate(X.T.astype(np.float64))
        ]
        self._warn(names, np.isnan(X).any(axis=0))
        return self

    def transform(self, X: Any) -> Any:
        """Fill the gaps.

        Args:
            X: data frame or array of numbers (rows, columns), NaN where missing; unchanged.

        Returns:
            The table (rows, columns of `get_feature_names_out`) without NaN; observed values unchanged.
        """
        X = self._checked(X)
        filled = X.copy()
        values = _resolved(X)
        for column, model in enumerate(self.models_):
            rows = np.flatnonzero(np.isnan(X[:, column]))
            if model is not None and len(rows):
                filled[rows, column] = model.predict(values[rows])
        return filled[:, self._kept]

    def predict_interval(self, X: Any) -> tuple[Any, Any]:
        """Intervals of nominal 90 % for the gaps.

        They are calibrated on the rows of `fit`, each predicted by a model that had not seen it, with the gaps of rows
        of X. So a row's interval also depends on which values the other rows of X lack, but not on their values.

        Args:
            X: data frame or array of numbers (rows, columns), NaN where missing; unchanged.

        Returns:
            Lower and upper bounds, each as large as `transform(X)`; data frames, if X is one. Of an observed value both
            are the value; of a value without a model both are NaN.
        """
        index = X.index if hasattr(X, "iloc") else None
        X = self._checked(X)
        lower, upper = X.copy(), X.copy()
        values = _resolved(X)
        for column, model in enumerate(self.models_):
            rows = np.flatnonzero(np.isnan(X[:, column]))
            if model is not None and len(rows):
                lower[rows, column], upper[rows, column] = model.predict_interval(values[rows])
        return self._like_input(lower, index), self._like_input(upper, index)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[np.object_]:
        """Names of the columns of the result: those of the input without the ones left out.

        Args:
            input_features: names of the columns; by default those seen at `fit`, else `x0`, `x1`, ….
        """
        check_is_fitted(self)
        names: NDArray[np.object_] = _check_feature_names_in(self, input_features)
        return names[self._kept]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _kept(self) -> NDArray[np.bool_]:
        return np.array([model is not None for model in self.models_], dtype=bool)

    def _config(self) -> ImputationConfig:
        """The configuration of each column. Raises ValueError."""
        if self.selection not in AUTOMATIC:
            raise ValueError(f"selection {self.selection!r} is unknown; allowed: {', '.join(AUTOMATIC)}")
        try:
            return ImputationConfig(
                base_imputer=self.base_imputer,
                selection=self.selection,
                n_predictors=self.n_predictors,
                ensemble=self.ensemble,
                n_estimators=self.n_estimators,
                interval=self.interval,
                n_folds=self.n_folds,
                n_neighbors=self.n_neighbors,
                predictor_missing_percent=self.predictor_missing_percent,
                history=False,
            )
        except RequestError as error:
            raise ValueError(str(error)) from error

    def _fit_column(
        self, table: Table, column: int, values: NDArray[np.float64], config: ImputationConfig, n_jobs: int
    ) -> ColumnModel | ConstantFill | None:
        """What fills a column of some values (rows,); None for one that is left out."""
        known = np.isfinite(values)
        if not known.any():
            return ConstantFill(0.0, "zero", 0) if self.keep_empty_features else None
        if not (self.skip_complete and known.all()):
            data = table.training_data(column, config)
            if data is not None:
                return ColumnModel.fit(data, config, n_jobs)
        rows = table.training_rows(column)
        median = np.median(values[rows] if len(rows) else values[known])
        return ConstantFill(float(median), "median", len(rows))

    def _warn(self, names: list[str], has_gaps: NDArray[np.bool_]) -> None:
        """Name the columns that are left out, and those whose gaps get the median."""
        empty = [name for name, model in zip(names, self.models_, strict=True) if model is None]
        if empty:
            warnings.warn(
                f"Skipping features without any observed values: {empty}. They are left out of the result; "
                "keep_empty_features=True keeps them.",
                stacklevel=3,
            )
        plain = [
            name
            for name, model, gaps in zip(names, self.models_, has_gaps, strict=True)
            if gaps and model is not None and model.method == "median"
        ]
        if plain:
            warnings.warn(
                f"Features filled with their median, since they have too few values for a model, a single value, or no "
                f"other feature to predict them from: {plain}.",
                stacklevel=3,
            )

    def _checked(self, X: Any) -> NDArray[np.floating]:
        check_is_fitted(self)
        return _in_range(validate_data(self, X, reset=False, dtype=FLOAT_DTYPES, ensure_all_finite="allow-nan"))

    def _like_input(self, values: NDArray[np.floating], index: "pd.Index[Any] | None") -> Any:
        values = values[:, self._kept]
        if index is None:
            return values
        import pandas as pd

        return pd.DataFrame(values, index=index, columns=self.get_feature_names_out())


def _in_range(X: NDArray[np.floating]) -> NDArray[np.floating]:
    """X (rows, columns); as in scikit-learn's forests, trees take what fits into float32. Raises ValueError."""
    if (np.abs(X) > LARGEST).any():
        raise ValueError("Input X contains infinity or a value too large for dtype('float32').")
    return X


def _resolved(X: NDArray[np.floating]) -> NDArray[np.float64]:
    """X (rows, columns) for the models, with 0 where trees see no difference to it."""
    return np.where(np.abs(X) < SMALLEST, 0.0, X.astype(np.float64))
