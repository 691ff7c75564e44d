"""A table of countries × indicators as a panel of one year, and the training data of its columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sids_core.imputation.config import FEWEST_VALUES, ImputationConfig
from sids_core.imputation.cross_fitting import inverse_class_weights
from sids_core.imputation.training_data import TrainingData, candidate_columns
from sids_core.panel.panel import SIDS, Indicator, Panel

YEAR = 0
"""The one year of the panel: a table has none."""


@dataclass(frozen=True)
class TableData(TrainingData):
    """Training data of one column of a table, whose rows are no countries of a panel.

    Attributes:
        sids: bool (training rows,), which of them are SIDS.
        weight: float64 (training rows,), their weights.
    """

    sids: NDArray[np.bool_]
    weight: NDArray[np.float64]

    @property
    def is_sids(self) -> NDArray[np.bool_]:
        """Which training rows are SIDS."""
        return self.sids

    @property
    def sample_weight(self) -> NDArray[np.float64]:
        """Weight of each training row."""
        return self.weight

    def for_rows(self, X: NDArray[np.float64]) -> Self:
        """The same training rows, to predict the rows X (rows, columns) instead of those of the table."""
        known = self.panel.values[0]
        panel = make_panel(np.concatenate([known, X]), self.panel.indicators)
        return replace(self, panel=panel, missing_rows=np.arange(len(known), len(known) + len(X)))


@dataclass(frozen=True)
class Table:
    """A table of rows × columns.

    Attributes:
        panel: its values.
        is_sids: bool (rows,), which rows are SIDS.
        sample_weight: float64 (rows,), the weights given for the rows; None if none are.
    """

    panel: Panel
    is_sids: NDArray[np.bool_]
    sample_weight: NDArray[np.float64] | None

    @classmethod
    def of(
        cls,
        X: NDArray[np.float64],
        columns: Sequence[str],
        rows: Sequence[object] | None,
        sample_weight: NDArray[np.float64] | None,
    ) -> Self:
        """The table of X (rows, columns), NaN where missing, with the names of its columns and, if any, its rows."""
        indicators = tuple(Indicator(name, name, "table") for name in columns)
        is_sids = np.array([isinstance(row, str) and row in SIDS for row in rows or [None] * len(X)], dtype=bool)
        return cls(make_panel(X, indicators), is_sids, sample_weight)

    def training_rows(self, column: int) -> NDArray[np.intp]:
        """The rows that have a value in the column, and a weight above 0."""
        known = np.isfinite(self.panel.values[0, :, column])
        return np.flatnonzero(known if self.sample_weight is None else known & (self.sample_weight > 0))

    def training_data(self, column: int, config: ImputationConfig) -> TableData | None:
        """The training data of a column; None if it has too few values, is constant, or no other column can predict it.

        A column can predict if it is missing in less than `predictor_missing_percent` of the rows with a value here; in
        a table of few rows, if it has eight values there.
        """
        training = self.training_rows(column)
        values = self.panel.values[0, training]
        y = values[:, column]
        if len(y) < FEWEST_VALUES or y.min() == y.max():
            return None
        fewest = config.predictor_sample_size(len(training), regional=self.panel.is_regional)
        columns = candidate_columns(values, column, fewest)
        if not len(columns):
            return None
        sids = self.is_sids[training]
        if self.sample_weight is None:
            weight = inverse_class_weights(sids)
        else:
            weight = self.sample_weight[training] / self.sample_weight[training].mean()
        return TableData(
            panel=self.panel,
            target=self.panel.indicators[column],
            year=YEAR,
            columns=columns,
            training=training,
            missing_rows=np.flatnonzero(np.isnan(self.panel.values[0, :, column])),
            y=y,
            history=False,
            sids=sids,
            weight=weight,
        )


def make_panel(X: NDArray[np.float64], indicators: tuple[Indicator, ...]) -> Panel:
    """A panel of one year with the values X (rows, columns); its countries are numbers."""
    observed = np.isfinite(X).sum(axis=0, dtype=np.int32)[None]
    return Panel("table", tuple(map(str, range(len(X)))), indicators, {}, (YEAR,), X[None], observed)
