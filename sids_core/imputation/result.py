"""The result of an imputation, with its error and coverage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sids_core.export import Exportable
from sids_core.imputation.config import ImputationConfig
from sids_core.imputation.cross_section import CrossSection
from sids_core.imputation.evidence import near_duplicates, unreliable, warnings
from sids_core.imputation.gap_calibration import GapBin
from sids_core.imputation.history import OwnHistory
from sids_core.imputation.imputed_values import CROSS_SECTION, ImputedValue
from sids_core.imputation.intervals import NOMINAL_COVERAGE
from sids_core.imputation.intervals.calibration import cross_covered
from sids_core.imputation.model_selection import Configuration
from sids_core.imputation.possible_range import PossibleRange
from sids_core.imputation.scaling import standardize
from sids_core.imputation.selected_predictors import SelectedPredictors
from sids_core.imputation.training_data import TrainingData
from sids_core.panel.panel import SIDS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

DECIMALS = 12
"""Decimals that derived values are rounded to, since the last bits differ between processors."""


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Out-of-fold error and coverage on the training countries.

    Attributes:
        rmse: root mean squared error, in the indicator's unit.
        rmse_sids: the error to expect of the imputed SIDS, under their gaps: the root mean square of their
            `expected_error`, or, if none is imputed, the error over the training SIDS; None if there is neither.
        coverage: share of the countries whose value lies in its interval.
        coverage_sids: the same over SIDS, under the gaps of the imputed ones, before own history is used.
    """

    rmse: float
    rmse_sids: float | None
    coverage: float
    coverage_sids: float | None


@dataclass(frozen=True, slots=True)
class GapCoverage:
    """Out-of-fold coverage of training countries that were given the gaps of some of the imputed countries.

    Of the models' intervals, before own history is used.

    Attributes:
        method: the model, `cross-section` or `reduced`.
        missing_share: smallest and largest share of the predictors' importance that the countries miss.
        countries: codes of the imputed countries.
        coverage: share of the training countries whose value lies in its interval.
        coverage_sids: the same over SIDS only; None if no training country is one.
    """

    method: str
    missing_share: tuple[float, float]
    countries: tuple[str, ...]
    coverage: float
    coverage_sids: float | None


@dataclass(frozen=True, eq=False)
class ImputationResult(Exportable):
    """An indicator in a year, observed or imputed for every SIDS. Values and errors are in the indicator's unit.

    Attributes:
        indicator: code of the indicator.
        year: the year.
        config: the configuration.
        dataset_version: version of the panel.
        countries: codes of the imputed SIDS, in the panel's order.
        values: float64 (countries,), the imputed values.
        lower: float64 (countries,), lower bound of the 90 % prediction interval, at most the value.
        upper: float64 (countries,), upper bound, at least the value.
        observed: code → value of the other SIDS.
        possible: the values that the indicator can take.
        importances: code → importance of each predictor, descending; they sum to 1.
        predictor_names: code → name and dimension of each predictor, in the same order.
        category_importances: the importances, summed by the predictors' category.
        correlation: float64 (predictors, predictors), Pearson's r over the training countries, in the order of
            `importances`; 0 where a predictor is constant.
        rmse: cross-validated root mean squared error, above 0.
        rmse_deviation: rmse / mean of the target, or rmse / (max − min) if that is not between 0 and 1.
        out_of_fold: error and coverage, over all training countries and over the SIDS among them.
        configuration: the ensemble and setting used.
        n_candidates: number of indicators the predictors were selected from.
        n_training: number of training countries.
        n_training_sids: number of SIDS among them.
        expected_error: code → root mean squared error to expect of each imputed value.
        evidence: code → share of what an imputed value rests on that was observed, 0 to 1.
        method: code → how it was imputed: `cross-section`, `reduced` (a model on predictors that countries with many
            gaps have) or `history` (the country's own values in other years, combined with one of these).
        own_history: code → how own values entered, where the method is `history`.
        gap_coverage: out-of-fold coverage by the share of the predictors' importance that countries miss.
        unreliable: imputed countries whose values should not be used without care (see evidence.py).
        near_duplicates: predictors that are the target under another code: their correlation exceeds 0.999.
        countries_without_predictors: imputed countries without a value of any predictor; all were filled by the base
            imputer.
        warnings: what limits every value, in words: few countries with a value, or few SIDS among them.
        selected: the predictors that were selected, for `impute(…, like=…)`.
        nominal_coverage: nominal coverage of the intervals.

    >>> import sids_core as sids
    >>> from sids_core.panel.demo import demo_panel
    >>> result = sids.impute(demo_panel(), "key-wdi-EG.ELC.ACCS.ZS", 2001, n_predictors=5, n_estimators=20)
    >>> len(result.values) == len(result.countries) == 50 - len(result.observed)
    True
    >>> result.correlation.shape
    (5, 5)
    >>> 0 < result.rmse_deviation <= 1
    True
    """

    indicator: str
    year: int
    config: ImputationConfig
    dataset_version: str
    countries: tuple[str, ...]
    values: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    observed: Mapping[str, float]
    possible: PossibleRange
    importances: Mapping[str, float]
    predictor_names: Mapping[str, str]
    category_importances: Mapping[str, float]
    correlation: NDArray[np.float64]
    rmse: float
    rmse_deviation: float
    out_of_fold: OutOfFold
    configuration: Configuration
    n_candidates: int
    n_training: int
    n_training_sids: int
    expected_error: Mapping[str, float]
    evidence: Mapping[str, float]
    method: Mapping[str, str]
    own_history: Mapping[str, OwnHistory]
    gap_coverage: tuple[GapCoverage, ...]
    unreliable: tuple[str, ...]
    near_duplicates: tuple[str, ...]
    countries_without_predictors: tuple[str, ...]
    warnings: tuple[str, ...]
    selected: SelectedPredictors = field(repr=False)
    nominal_coverage: float = NOMINAL_COVERAGE

    @property
    def predictors(self) -> tuple[str, ...]:
        """Codes of the predictors, the most important first."""
        return tuple(self.importances)

    @property
    def coverage(self) -> float:
        """Share of the training countries whose value lies in its out-of-fold interval."""
        return self.out_of_fold.coverage

    @property
    def coverage_sids(self) -> float | None:
        """The same over SIDS only; None if no training country is one."""
        return self.out_of_fold.coverage_sids

    @property
    def imputed(self) -> dict[str, float]:
        """Code → imputed value."""
        return dict(zip(self.countries, self.values.tolist(), strict=True))

    def to_frame(self) -> "pd.DataFrame":
        """The values of every SIDS as a table.

        Returns:
            A row for each of the 50 SIDS, ascending by code, without missing values: country, value, lower, upper (in
            the indicator's unit) and observed (bool). For an observed value lower = upper = value.
        """
        import pandas as pd

        codes = sorted(SIDS)
        values, lower, upper = (
            {**self.observed, **dict(zip(self.countries, column.tolist(), strict=True))}
            for column in (self.values, self.lower, self.upper)
        )
        return pd.DataFrame(
            {
                "country": codes,
                "value": [values[code] for code in codes],
                "lower": [lower[code] for code in codes],
                "upper": [upper[code] for code in codes],
                "observed": [code in self.observed for code in codes],
            }
        )

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the SIDS by value: dots where observed, diamonds with intervals where imputed, hollow if unreliable.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_countries

        frame = self.to_frame()
        frame["unreliable"] = frame["country"].isin(self.unreliable)
        return plot_countries(frame, title=f"{self.indicator}, {self.year}", ax=ax)

    def plot_importances(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the importance of each predictor, the most important on top.

        Args:
            ax: where to draw; None makes a figure of matplotlib's pyplot.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from sids_core.export.plots import plot_bars

        return plot_bars(self.importances, label="importance", title=f"{self.indicator}, {self.year}", ax=ax)


def make_result(
    config: ImputationConfig,
    models: Mapping[str, CrossSection],
    imputed: Mapping[str, ImputedValue],
    bins: Sequence[tuple[str, GapBin]],
) -> ImputationResult:
    """Gather the result.

    Args:
        config: the configuration.
        models: the models by method.
        imputed: the imputed value of each SIDS without a value, by code.
        bins: the bins that the imputed were calibrated in, with the method.
    """
    section = models[CROSS_SECTION]
    data, fitted = section.data, section.fitted
    importances = np.round(section.importances, DECIMALS)
    order = np.argsort(-importances, kind="stable")
    columns = fitted.full.columns[order]
    predictors = [data.candidates[column] for column in columns]
    shares = importances[order].tolist()
    categories: dict[str, float] = {}
    for predictor, share in zip(predictors, shares, strict=True):
        categories[predictor.category] = categories.get(predictor.category, 0.0) + share
    rmse, deviation = _positive_error(data.y - fitted.predicted, data.y)
    n_training_sids = int(data.is_sids.sum())
    gap_coverage = tuple(_gap_coverage(data, method, gap_bin) for method, gap_bin in bins)
    values, lower, upper = (
        np.array([getattr(value, name) for value in imputed.values()]) for name in ("value", "lower", "upper")
    )
    return ImputationResult(
        indicator=data.target.code,
        year=data.year,
        config=config,
        dataset_version=data.panel.version,
        countries=tuple(imputed),
        values=values,
        lower=lower,
        upper=upper,
        observed=data.observed,
        possible=data.possible,
        importances=dict(zip((predictor.code for predictor in predictors), shares, strict=True)),
        predictor_names={predictor.code: predictor.label for predictor in predictors},
        category_importances=categories,
        correlation=_correlation(section.X[:, columns]),
        rmse=rmse,
        rmse_deviation=deviation,
        out_of_fold=_out_of_fold(section, imputed, gap_coverage),
        configuration=fitted.configuration,
        n_candidates=len(data.columns),
        n_training=len(data.y),
        n_training_sids=n_training_sids,
        expected_error={code: value.expected_error for code, value in imputed.items()},
        evidence={code: value.evidence for code, value in imputed.items()},
        method={code: value.method for code, value in imputed.items()},
        own_history={code: own for code, value in imputed.items() if (own := value.history) is not None},
        gap_coverage=gap_coverage,
        unreliable=unreliable(imputed, data),
        near_duplicates=near_duplicates(data, columns),
        countries_without_predictors=tuple(
            code for code, row in zip(data.missing, data.X_missing[:, columns], strict=True) if np.isnan(row).all()
        ),
        warnings=warnings(data),
        selected=SelectedPredictors.of(models),
    )


def _gap_coverage(data: TrainingData, method: str, gap_bin: GapBin) -> GapCoverage:
    return GapCoverage(
        method=method,
        missing_share=(gap_bin.lowest, gap_bin.highest),
        countries=tuple(data.missing[member] for member in gap_bin.members),
        coverage=float(gap_bin.covered.mean()),
        coverage_sids=float(gap_bin.covered[:, data.is_sids].mean()) if data.is_sids.any() else None,
    )


def _correlation(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's r (columns, columns) of X (rows, columns); 0 where a column is constant."""
    standardized = standardize(X)
    matrix = np.clip(np.round(standardized.T @ standardized / len(X), DECIMALS) + 0.0, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _positive_error(error: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """RMSE and RMSE relative to the target, both above 0.

    A model without error gets the smallest share of the target's range that float64 resolves, since clients may read 0
    as a failure.
    """
    width = float(y.max() - y.min())
    resolution = np.finfo(float)
    rmse = max(_root_mean_square(error), width * float(resolution.eps), float(resolution.tiny))
    mean = float(y.mean())
    deviation = rmse / mean if mean else np.inf
    return rmse, deviation if 0 < deviation <= 1 else rmse / width


def _out_of_fold(
    section: CrossSection, imputed: Mapping[str, ImputedValue], gap_coverage: Sequence[GapCoverage]
) -> OutOfFold:
    data, fitted = section.data, section.fitted
    error, is_sids = data.y - fitted.predicted, data.is_sids
    covered = cross_covered(
        section.make_interval, data.y, fitted.predicted, fitted.quantiles, section.sample_weight, section.fold
    )
    rmse_sids = coverage_sids = None
    if imputed:
        rmse_sids = _root_mean_square(np.array([value.expected_error for value in imputed.values()]))
    elif is_sids.any():
        rmse_sids = _root_mean_square(error[is_sids])
    if is_sids.any():
        by_bin = [(share, len(gap.countries)) for gap in gap_coverage if (share := gap.coverage_sids) is not None]
        shares, countries = zip(*(by_bin or [(float(covered[is_sids].mean()), 1)]), strict=True)
        coverage_sids = float(np.average(shares, weights=countries))
    return OutOfFold(_root_mean_square(error), rmse_sids, float(covered.mean()), coverage_sids)


def _root_mean_square(error: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(error**2)))
