"""The endpoints of two-level imputation."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

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
from sids_service.jobs.computation import Computation, Key
from sids_service.settings import Settings
from sids_service.web.blueprint import ModelBlueprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sids_core.imputation.catalogue import Catalogue
    from sids_core.imputation.estimate import Factors
    from sids_core.panel.panel import Panel
    from sids_core.timing import Timing, Workload

# As the timings of its runs name it: another version may take another time.
MODEL = f"twolvlImp {__version__}"

STAGES = MappingProxyType(
    {"slice": 0.01, "base imputation": 0.1, "cross-fitting": 0.85, "intervals": 0.03, "report": 0.01}
)
"""Share of the time by stage, roughly."""


def thresholds_of(settings: Settings) -> Thresholds:
    """What may be missing, folds and neighbours, as the operator has set them."""
    return Thresholds(
        target_missing_percent=settings.target_missing_percent,
        predictor_missing_percent=settings.predictor_missing_percent,
        folds=settings.cross_validation_folds,
        neighbours=settings.neighbours,
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

    def learn(timings: Sequence[Timing]) -> Factors:
        from sids_core.imputation.estimate import learn

        return learn(timings)

    factors = context.timings.learn(MODEL, learn)

    @blueprint.post("estimate")
    def estimate(request: EstimateRequest) -> float:
        """Seconds that an imputation is expected to take; 0 where its result is there already."""
        from sids_core.imputation.estimate import seconds
        from sids_core.imputation.workload import workload

        choices = catalogue()
        work = workload(choices, request, MODEL)
        prediction = request.prediction()
        if prediction is not None and context.executor.has(key(choices.panel, prediction)):
            return 0.0
        return seconds(work, factors())

    @blueprint.post("predict", main=True)
    def predict(request: PredictRequest) -> Computation[PredictResponse]:
        """Impute an indicator in a year for the SIDS that miss it."""
        from sids_core.imputation.catalogue import Catalogue
        from sids_core.imputation.estimate import seconds
        from sids_core.imputation.problem import pose
        from sids_core.imputation.service import impute
        from sids_core.imputation.workload import workload

        panel = context.dataset.panel()

        def work() -> Workload:
            return workload(Catalogue(panel, thresholds), request, MODEL)

        return Computation(
            key(panel, request),
            compute=lambda: impute(panel, request, thresholds),
            check=lambda: pose(panel, request, thresholds),
            stages=STAGES,
            expected_seconds=lambda: seconds(work(), factors()),
            workload=work,
        )

    return blueprint
