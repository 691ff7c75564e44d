"""The endpoints of two-level imputation."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from blueprints.context import Context
from sids_core import __version__
from sids_core.imputation.schemas import (
    Dataset,
    Dimension,
    EstimateRequest,
    PredictorsRequest,
    PredictRequest,
    PredictResponse,
    Target,
    Year,
)
from sids_core.imputation.thresholds import Thresholds
from sids_service.estimates import Workload
from sids_service.jobs.computation import Computation, Key
from sids_service.settings import Settings
from sids_service.web.blueprint import ModelBlueprint

if TYPE_CHECKING:
    from sids_core.imputation.catalogue import Catalogue
    from sids_core.panel.panel import Panel

STAGES = MappingProxyType(
    {"slice": 0.01, "base imputation": 0.1, "cross-fitting": 0.85, "intervals": 0.03, "report": 0.01}
)
"""Share of the time by stage, roughly."""

ENSEMBLES = tuple(name for name in get_args(EstimateRequest.model_fields["model"].annotation) if name != "all")


def thresholds_of(settings: Settings) -> Thresholds:
    """What may be missing, folds and neighbours, as the operator has set them."""
    return Thresholds(
        target_missing_percent=settings.target_missing_percent,
        predictor_missing_percent=settings.predictor_missing_percent,
        folds=settings.cross_validation_folds,
        neighbours=settings.neighbours,
    )


def workload(catalogue: Catalogue, request: EstimateRequest) -> Workload:
    """The options and the size of an imputation, from look-ups alone.

    Raises:
        UnknownValueError: a year, dataset, target or predictor that the data does not have.
        RequestError: a target that cannot be imputed that year.
    """
    import numpy as np

    from sids_core.imputation.problem import check_training

    year = int(request.target_year)
    column = catalogue.check_target(year, request.dataset, request.target)
    values = catalogue.panel.values[catalogue.panel.year_index(year), :, column]
    check_training(request, values[np.isfinite(values)], catalogue.thresholds)
    if request.scheme == "MANUAL":
        # The predictors may still be open when the time is asked for; at least one will be chosen.
        candidates = max(1, len(catalogue.check_predictors(year, request.target, request.manual_predictors)))
        predictors = candidates
    else:
        candidates = len(catalogue.predictors(year, request.dataset, request.target))
        predictors = request.number_predictor or candidates
    return Workload(
        base_imputer=request.interpolator,
        selection=request.scheme,
        ensembles=ENSEMBLES if request.model == "all" else (request.model,),
        rows=int(catalogue.observed(year)[column]),
        candidates=candidates,
        predictors=predictors,
        trees=request.estimators,
        folds=catalogue.thresholds.folds,
    )


def build(context: Context) -> ModelBlueprint:
    """The blueprint, on the context's dataset."""
    blueprint = ModelBlueprint("twolvlImp", label="Two-level imputation")
    thresholds = thresholds_of(context.settings)

    # Results outlive the process, and these settings with it.
    model = f"twolvlImp {__version__} {thresholds}"

    def key(panel: Panel, request: PredictRequest) -> Key:
        return Key(panel.version, model, request.model_dump_json())

    def catalogue() -> Catalogue:
        from sids_core.imputation.catalogue import Catalogue

        return Catalogue(context.dataset.panel(), thresholds)

    @blueprint.get("target_sample_size")
    def target_sample_size() -> int:
        """The fewest countries with a value that make an indicator a target."""
        return catalogue().target_sample_size()

    @blueprint.get("predictor_sample_size")
    def predictor_sample_size() -> int:
        """The fewest countries with a value that make an indicator a predictor."""
        return catalogue().predictor_sample_size()

    @blueprint.get("target_years")
    def target_years() -> list[str]:
        """The years that have a target."""
        return catalogue().target_years()

    @blueprint.get("datasets")
    def datasets(target_year: Year) -> dict[str, str]:
        """Code and name of the datasets that have a target in a year."""
        return catalogue().datasets(int(target_year))

    @blueprint.get("targets")
    def targets(target_year: Year, dataset: Dataset) -> dict[str, str]:
        """Code and name of the indicators of a dataset that can be imputed in a year."""
        return catalogue().targets(int(target_year), dataset)

    @blueprint.get("dimensions")
    def dimensions(target: Target, target_year: Year, dataset: Dataset) -> list[Dimension]:
        """The targets that measure the same as a target, for other groups."""
        return catalogue().dimensions(int(target_year), dataset, target)

    @blueprint.post("predictors")
    def predictors(request: PredictorsRequest) -> dict[str, str] | dict[str, int]:
        """What a target can be predicted from: indicators by hand, or how many are to be selected."""
        choices = catalogue()
        year, dataset, target = int(request.target_year), request.dataset, request.target
        if request.scheme == "MANUAL":
            return choices.predictors(year, dataset, target)
        return choices.numbers_of_predictors(year, dataset, target)

    @blueprint.post("estimate")
    def estimate(request: EstimateRequest) -> float:
        """Seconds that an imputation is expected to take; 0 where its result is there already."""
        choices = catalogue()
        work = workload(choices, request)
        prediction = request.prediction()
        if prediction is not None and context.executor.has(key(choices.panel, prediction)):
            return 0.0
        return context.estimates.seconds(work)

    @blueprint.post("predict", main=True)
    def predict(request: PredictRequest) -> Computation[PredictResponse]:
        """Impute an indicator in a year for the SIDS that miss it."""
        from sids_core.imputation.catalogue import Catalogue
        from sids_core.imputation.problem import pose
        from sids_core.imputation.service import impute

        panel = context.dataset.panel()

        def work() -> Workload:
            return workload(Catalogue(panel, thresholds), request)

        return Computation(
            key(panel, request),
            compute=lambda: impute(panel, request, thresholds),
            check=lambda: pose(panel, request, thresholds),
            stages=STAGES,
            expected_seconds=lambda: context.estimates.seconds(work()),
            workload=work,
        )

    return blueprint
