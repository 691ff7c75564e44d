"""The dashboard's names of the library's arguments and JSON shapes of its results, used by endpoints and batches.

Two generations of clients read two shapes: `IndicatorJson`, keyed by year like the static prediction files, and the
flat one around it. A static file has one key more than `IndicatorJson`, and usually one less (`static_part`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from sids_core import __version__
from sids_core.file_names import relative_path

if TYPE_CHECKING:  # the endpoints import their types from here, before NumPy is needed
    from sids_core.imputation.config import ImputationConfig
    from sids_core.imputation.result import ImputationResult

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "ensemble": "model",
        "selection": "scheme",
        "n_predictors": "number_predictor",
        "n_estimators": "estimators",
        "base_imputer": "interpolator",
        "interval": "interval",
        "history": "history",
    }
)
"""Field of `ImputationConfig` → its name in requests and manifests, for those that clients choose."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {"indicator": "target", "year": "target_year", "predictors": "manual_predictors", **OPTIONS}
)
"""Argument of the library → request field."""

STATIC_KEYS = (
    "data",
    "upperIntervals",
    "lowerIntervals",
    "expectedErrors",
    "evidence",
    "methods",
    "unreliable",
    "featureImportances",
    "categoryImportances",
    "rmse",
    "rmse_deviation",
    "performance",
)
"""Keys of a static prediction file, in order."""


def options_of(config: ImputationConfig) -> dict[str, Any]:
    """The options of a configuration, under the dashboard's names."""
    return {name: getattr(config, field) for field, name in OPTIONS.items()}


OBSERVED, IMPUTED = "observed", "imputed"
"""Status of a value in tables."""


class Table(BaseModel):
    """A square table in the split orientation of pandas."""

    index: list[str]
    columns: list[str]
    data: list[list[float]]


class CategoryShares(BaseModel):
    """Importance by the predictors' category, for a pie chart."""

    category: list[str]
    value: list[float]


class Predictions(BaseModel):
    """The imputed values, one row per country."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    countries: list[str] = Field(alias="Country Code")
    prediction: list[float]
    lower: list[float]
    upper: list[float]


class OutOfFold(BaseModel):
    """Out-of-fold error and coverage on the training countries; for SIDS, under the gaps of the imputed ones."""

    rmse: float
    rmse_sids: float | None
    coverage: float
    coverage_sids: float | None


class OwnHistory(BaseModel):
    """How a country's own values in other years enter its imputed value."""

    before: int | None = Field(description="The nearest earlier year used.")
    after: int | None = Field(description="The nearest later year used.")
    form: str = Field(description="How they are carried into the year: linear, shift or ratio.")
    cross_section_weight: float = Field(description="Weight of the prediction from other indicators, 0 to 1.")


class GapCoverage(BaseModel):
    """Out-of-fold coverage of training countries that were given the gaps of some of the imputed countries."""

    method: str = Field(description="The model: cross-section or reduced.")
    missing_share: tuple[float, float] = Field(
        description="Smallest and largest share of the predictors' importance that the countries miss."
    )
    countries: list[str]
    coverage: float
    coverage_sids: float | None


class Diagnostics(BaseModel):
    """Details of the imputation."""

    dataset_version: str
    service_version: str
    model: str
    max_depth: int | None
    regression_in_leaves: bool
    trees: int
    candidate_predictors: int
    training_countries: int
    training_sids: int
    nominal_coverage: float
    history: bool = Field(description="Whether own values in other years were used.")
    out_of_fold: OutOfFold
    gap_coverage: list[GapCoverage]
    evidence: dict[str, float] = Field(
        description="By country, the share of what its value rests on that was observed, 0 to 1."
    )
    expected_error: dict[str, float] = Field(
        description="By country, the root mean squared error to expect, in the indicator's unit."
    )
    method: dict[str, str] = Field(
        description="By country: cross-section, reduced (a model on predictors that countries with many gaps have) or "
        "history (own values in other years, combined with one of these)."
    )
    own_history: dict[str, OwnHistory] = Field(description="By country whose method is history.")
    unreliable: list[str] = Field(description="Countries whose values should not be used without care.")
    near_duplicates: list[str] = Field(description="Predictors that are the target under another code.")
    countries_without_predictors: list[str] = Field(description="Countries without a value of any predictor.")
    warnings: list[str] = Field(description="What limits every value: few countries, or few SIDS, have one.")


class IndicatorJson(BaseModel):
    """The result keyed by year, as in the static prediction files of the dashboard."""

    data: dict[str, dict[str, float]]
    lowerIntervals: dict[str, dict[str, float]]  # noqa: N815 (the dashboard's names)
    upperIntervals: dict[str, dict[str, float]]  # noqa: N815
    expectedErrors: dict[str, dict[str, float]]  # noqa: N815
    evidence: dict[str, dict[str, float]]
    methods: dict[str, dict[str, str]]
    unreliable: dict[str, list[str]]
    featureImportances: dict[str, dict[str, float]]  # noqa: N815
    categoryImportances: dict[str, dict[str, float]]  # noqa: N815
    correlation: dict[str, Table]
    rmse: dict[str, float]
    rmse_deviation: dict[str, float]


class PredictResponse(BaseModel):
    """An imputed indicator and year, in both shapes."""

    model_config = ConfigDict(protected_namespaces=())

    indicatorJson: IndicatorJson  # noqa: N815 (the dashboard's name)
    rmse: float
    rmse_deviation: float
    model_feature_names: list[str]
    model_feature_importance: list[float]
    predictor_names: dict[str, str] = Field(description="Code of each predictor → its name and dimension.")
    feature_importance_pie: CategoryShares
    correlation: Table
    prediction: Predictions
    diagnostics: Diagnostics


def predict_response(result: ImputationResult) -> PredictResponse:
    """Convert a result to both shapes, with diagnostics."""
    figures = _figures(result)
    return PredictResponse(
        indicatorJson=indicator_json(result),
        rmse=result.rmse,
        rmse_deviation=result.rmse_deviation,
        model_feature_names=list(result.importances),
        model_feature_importance=list(result.importances.values()),
        predictor_names=dict(result.predictor_names),
        feature_importance_pie=CategoryShares(
            category=list(result.category_importances), value=list(result.category_importances.values())
        ),
        correlation=_correlation(result),
        prediction=Predictions(
            countries=list(figures),
            prediction=[value for value, _, _ in figures.values()],
            lower=[lower for _, lower, _ in figures.values()],
            upper=[upper for _, _, upper in figures.values()],
        ),
        diagnostics=_diagnostics(result),
    )


def indicator_json(result: ImputationResult) -> IndicatorJson:
    """The shape keyed by year; `data` holds every SIDS, intervals and flags only the imputed ones."""
    from sids_core.panel.panel import SIDS  # imports NumPy, for which the first response need not wait

    year, figures = str(result.year), _figures(result)
    known = {**result.observed, **{code: value for code, (value, _, _) in figures.items()}}
    return IndicatorJson(
        data={year: {code: known[code] for code in SIDS}},
        lowerIntervals={year: {code: lower for code, (_, lower, _) in figures.items()}},
        upperIntervals={year: {code: upper for code, (_, _, upper) in figures.items()}},
        expectedErrors={year: dict(result.expected_error)},
        evidence={year: dict(result.evidence)},
        methods={year: dict(result.method)},
        unreliable={year: list(result.unreliable)},
        featureImportances={year: dict(result.importances)},
        categoryImportances={year: dict(result.category_importances)},
        correlation={year: _correlation(result)},
        rmse={year: result.rmse},
        rmse_deviation={year: result.rmse_deviation},
    )


def estimates(request: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    """The rows of an answer as a table: country, year, indicator, value, lower, upper, status."""
    shape = answer["indicatorJson"]
    for year, values in shape["data"].items():
        lower, upper = shape["lowerIntervals"][year], shape["upperIntervals"][year]
        for country, value in values.items():
            status = IMPUTED if country in lower else OBSERVED
            yield country, int(year), request["target"], value, lower.get(country), upper.get(country), status


def static_part(indicator_json: Mapping[str, Any], *, correlation: bool) -> dict[str, Any]:
    """The part of a static prediction file that an `IndicatorJson` makes.

    Args:
        indicator_json: the values by key and year.
        correlation: whether to include the correlation, which is half of a file and which the dashboard does not read.
    """
    part = {**indicator_json, "performance": indicator_json["rmse_deviation"]}
    return {key: part[key] for key in (*STATIC_KEYS, *(["correlation"] if correlation else []))}


def static_name(indicator: str) -> str:
    """Where the dashboard looks for an indicator's static prediction file: under its code up to the first hyphen.

    >>> static_name("wdi2-SP.POP.TOTL")
    'wdi2/wdi2-SP.POP.TOTL.json'

    Raises:
        PathError: the code cannot be the name of a file; no code that was read from tables is such a one.
    """
    return relative_path(indicator.partition("-")[0], f"{indicator}.json")


def _figures(result: ImputationResult) -> dict[str, tuple[float, float, float]]:
    """Code → value, lower and upper bound of the imputed SIDS. No bound is 0, which the dashboard reads as none."""
    figures = zip(result.values.tolist(), result.lower.tolist(), result.upper.tolist(), strict=True)
    return {code: result.possible.nonzero(*each) for code, each in zip(result.countries, figures, strict=True)}


def _correlation(result: ImputationResult) -> Table:
    names = list(result.predictors)
    return Table(index=names, columns=names, data=result.correlation.tolist())


def _diagnostics(result: ImputationResult) -> Diagnostics:
    out_of_fold = result.out_of_fold
    return Diagnostics(
        dataset_version=result.dataset_version,
        service_version=__version__,
        model=result.configuration.ensemble,
        max_depth=result.configuration.setting.max_depth,
        regression_in_leaves=result.configuration.setting.regression_in_leaves,
        trees=result.config.n_estimators,
        candidate_predictors=result.n_candidates,
        training_countries=result.n_training,
        training_sids=result.n_training_sids,
        nominal_coverage=result.nominal_coverage,
        history=result.config.history,
        out_of_fold=OutOfFold(
            rmse=out_of_fold.rmse,
            rmse_sids=out_of_fold.rmse_sids,
            coverage=out_of_fold.coverage,
            coverage_sids=out_of_fold.coverage_sids,
        ),
        gap_coverage=[
            GapCoverage(
                method=gaps.method,
                missing_share=gaps.missing_share,
                countries=list(gaps.countries),
                coverage=gaps.coverage,
                coverage_sids=gaps.coverage_sids,
            )
            for gaps in result.gap_coverage
        ],
        evidence=dict(result.evidence),
        expected_error=dict(result.expected_error),
        method=dict(result.method),
        own_history={
            code: OwnHistory(
                before=own.before, after=own.after, form=own.form, cross_section_weight=own.cross_section_weight
            )
            for code, own in result.own_history.items()
        },
        unreliable=list(result.unreliable),
        near_duplicates=list(result.near_duplicates),
        countries_without_predictors=list(result.countries_without_predictors),
        warnings=list(result.warnings),
    )
