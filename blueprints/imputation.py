"""The contract of two-level imputation: its endpoints, and the field names that existing clients use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from blueprints.context import Context
from sids_core import __version__
from sids_core.errors import RequestError
from sids_core.forms import Choices, Input
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.config import MAX_N_ESTIMATORS, MAX_N_PREDICTORS, ImputationConfig
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import SELECTORS
from sids_service.dashboard import PredictResponse
from sids_service.jobs.result_cache import Key
from sids_service.jobs.run import Run
from sids_service.settings import Settings
from sids_service.web.blueprint import ModelBlueprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sids_core.imputation.catalogue import Catalogue
    from sids_core.imputation.estimate import Factors
    from sids_core.panel.panel import Panel
    from sids_core.timing import Timing, Workload

T = TypeVar("T")

# In the timings of its runs: another version may take another time.
MODEL = f"twolvlImp {__version__}"

STAGES = MappingProxyType(
    {"slice": 0.01, "base imputation": 0.1, "cross-fitting": 0.85, "intervals": 0.03, "report": 0.01}
)
"""Share of the time by stage, roughly."""

FIELDS = MappingProxyType(
    {
        "indicator": "target",
        "year": "target_year",
        "predictors": "manual_predictors",
        "base_imputer": "interpolator",
        "selection": "scheme",
        "n_predictors": "number_predictor",
        "n_estimators": "estimators",
        "ensemble": "model",
    }
)
"""The contract's name of each argument of the library that it names otherwise."""

AUTOMATIC = tuple(name for name, entry in SELECTORS.items() if entry.automatic)
"""The schemes that select the predictors themselves."""


class OneOf:
    """Pydantic metadata: a text is one of these, with the error and the schema of a `Literal`."""

    def __init__(self, *names: str) -> None:
        self._names = list(names)

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        """See https://docs.pydantic.dev/latest/concepts/types/#customizing-validation-with-__get_pydantic_core_schema__."""
        return core_schema.literal_schema(self._names)


Year = Annotated[
    str,
    BeforeValidator(lambda year: str(year) if isinstance(year, int) and not isinstance(year, bool) else year),
    StringConstraints(pattern=r"^[1-9][0-9]{3}$"),
    Field(description="Year of the values, as text or number.", examples=["2001"]),
    Input("Year", choices=Choices("twolvlImp/target_years")),
]
Dataset = Annotated[
    str,
    Field(description="Code of the dataset that the target belongs to.", examples=["key"]),
    Input("Dataset", choices=Choices("twolvlImp/datasets", inputs=("target_year",))),
]
Target = Annotated[
    str,
    Field(description="Code of the indicator to impute.", examples=["key-wdi-EG.ELC.ACCS.ZS"]),
    Input("Indicator", choices=Choices("twolvlImp/targets", inputs=("target_year", "dataset"))),
]
Scheme = Annotated[
    str,
    OneOf(*SELECTORS),
    Field(description="How the predictors are selected from the candidates.", examples=["MANUAL"]),
    Input("Predictor selection", values=SELECTORS.labels()),
]

MANUAL_PREDICTORS = Input(
    "Predictors",
    choices=Choices("twolvlImp/predictors", "POST", ("target_year", "dataset", "target", "scheme")),
    required_when=tuple(("scheme", name) for name in SELECTORS if name not in AUTOMATIC),
)
NUMBER_PREDICTOR = Input(
    "Number of predictors",
    choices=Choices("twolvlImp/predictors", "POST", ("target_year", "dataset", "target", "scheme")),
    required_when=tuple(("scheme", name) for name in AUTOMATIC),
)


class PredictorsRequest(BaseModel):
    """The target and the scheme whose predictors, or numbers of predictors, are listed."""

    target_year: Year
    dataset: Dataset | None = None
    target: Target
    scheme: Scheme


class EstimateRequest(BaseModel):
    """An imputation whose time is estimated; the predictors of a manual one may still be open."""

    target_year: Year
    dataset: Annotated[Dataset | None, Field(description="The target's own dataset where left out.")] = None
    target: Target
    interpolator: Annotated[
        str,
        OneOf(*BASE_IMPUTERS),
        Field(description="Base imputer: fills the gaps of the predictors.", examples=["KNNImputer"]),
        Input("Base imputer", values=BASE_IMPUTERS.labels()),
    ]
    scheme: Scheme
    manual_predictors: Annotated[
        list[str],
        Field(description="Indicator codes to predict from.", examples=[["wdi-AG.LND.AGRI.K2"]]),
        MANUAL_PREDICTORS,
    ] = []
    number_predictor: Annotated[
        int | None,
        Field(ge=1, le=MAX_N_PREDICTORS, validate_default=True, description="How many predictors to select."),
        NUMBER_PREDICTOR,
    ] = None
    estimators: Annotated[
        int,
        Field(ge=1, le=MAX_N_ESTIMATORS, description="Trees of the ensemble.", examples=[10]),
        Input("Trees", values=(("10", "10"), ("100", "100"), ("500", "500"), ("1000", "1000"))),
    ]
    model: Annotated[
        str,
        OneOf(*ENSEMBLES, ALL),
        Field(description=f"Tree ensemble; {ALL} uses the best of them.", examples=["rfr"]),
        Input("Ensemble", values=(*ENSEMBLES.labels(), (ALL, "Best of all"))),
    ]
    interval: Annotated[
        str,
        OneOf(*INTERVALS),
        Field(description="How the 90 % prediction interval is made.", examples=["quantile"]),
        Input("Prediction interval", values=INTERVALS.labels()),
    ]

    @field_validator("manual_predictors", mode="before")
    @classmethod
    def _automatic_schemes_ignore_predictors(cls, codes: object, info: ValidationInfo) -> object:
        return [] if info.data.get("scheme") in AUTOMATIC else codes

    @field_validator("number_predictor", mode="before")
    @classmethod
    def _manual_schemes_ignore_the_number(cls, number: object, info: ValidationInfo) -> object:
        return None if info.data.get("scheme", AUTOMATIC[0]) not in AUTOMATIC else number

    @field_validator("number_predictor")
    @classmethod
    def _automatic_schemes_need_a_number(cls, number: int | None, info: ValidationInfo) -> int | None:
        scheme = info.data.get("scheme")
        if number is None and scheme in AUTOMATIC:
            raise PydanticCustomError(
                "missing", "scheme {scheme} needs number_predictor, 1 to {largest}",
                {"scheme": scheme, "largest": MAX_N_PREDICTORS},
            )  # fmt: skip
        return number

    def prediction(self) -> PredictRequest | None:
        """The same as a request to impute; None where it lacks something for that."""
        try:
            return PredictRequest.model_validate(self.model_dump())
        except ValidationError:
            return None

    def call(self, function: Callable[..., T], panel: Panel, config: ImputationConfig) -> T:
        """Call a function of the library that has the arguments of `impute`.

        Args:
            function: called with the panel and the request's imputation.
            panel: the data.
            config: the operator's, completed by the request's.
        """
        config = replace(
            config,
            base_imputer=self.interpolator,
            selection=self.scheme,
            n_predictors=self.number_predictor or config.n_predictors,
            n_estimators=self.estimators,
            ensemble=self.model,
            interval=self.interval,
        )
        year, predictors = int(self.target_year), self.manual_predictors
        with contract_names():
            return function(panel, self.target, year, dataset=self.dataset, predictors=predictors, config=config)


class PredictRequest(EstimateRequest):
    """An imputation: which values to impute, and how."""

    manual_predictors: Annotated[
        list[str],
        Field(
            validate_default=True,
            description="Indicator codes to predict from.",
            examples=[["wdi-AG.LND.AGRI.K2"]],
        ),
        MANUAL_PREDICTORS,
    ] = []

    @field_validator("manual_predictors")
    @classmethod
    def _manual_schemes_need_other_predictors(cls, codes: list[str], info: ValidationInfo) -> list[str]:
        scheme = info.data.get("scheme", AUTOMATIC[0])
        if scheme in AUTOMATIC:
            return codes
        if not codes:
            raise PydanticCustomError(
                "missing", "scheme {scheme} needs at least one of manual_predictors", {"scheme": scheme}
            )
        if (target := info.data.get("target")) in codes:
            raise PydanticCustomError(
                "target_as_predictor", "the target {target} cannot be its own predictor", {"target": target}
            )
        return sorted(set(codes))


class Dimension(BaseModel):
    """One of the indicators that measure the same thing for different groups."""

    label: str
    value: str


def operator_config(settings: Settings) -> ImputationConfig:
    """What may be missing, folds and neighbours, as the operator has set them."""
    return ImputationConfig(
        target_missing_percent=settings.target_missing_percent,
        predictor_missing_percent=settings.predictor_missing_percent,
        n_folds=settings.cross_validation_folds,
        n_neighbors=settings.neighbours,
    )


@contextmanager
def contract_names() -> Iterator[None]:
    """Name arguments of the library in its errors as the contract does."""
    try:
        yield
    except RequestError as error:
        parameter = error.parameter
        if parameter is None or parameter not in FIELDS:
            raise
        field, message = FIELDS[parameter], str(error)
        if message.startswith(f"{parameter} "):
            message = field + message.removeprefix(parameter)
        kind = f"unknown_{field}" if error.kind == f"unknown_{parameter}" else error.kind
        raise RequestError(message, kind=kind, parameter=field) from error


def build(context: Context) -> ModelBlueprint:
    """The blueprint, on the context's dataset."""
    blueprint = ModelBlueprint("twolvlImp", label="Two-level imputation")
    config = operator_config(context.settings)

    # Results outlive the process, and these settings with it.
    namespace = f"twolvlImp {__version__} {config}"

    def key(panel: Panel, request: PredictRequest) -> Key:
        return Key(panel.version, namespace, request.model_dump_json())

    @contextmanager
    def catalogue() -> Iterator[Catalogue]:
        from sids_core.imputation.catalogue import Catalogue

        with contract_names():
            yield Catalogue(context.dataset.panel(), config)

    @blueprint.get("target_sample_size")
    def target_sample_size() -> int:
        """The fewest countries with a value that make an indicator a target."""
        with catalogue() as found:
            return found.target_sample_size()

    @blueprint.get("predictor_sample_size")
    def predictor_sample_size() -> int:
        """The fewest countries with a value that make an indicator a predictor."""
        with catalogue() as found:
            return found.predictor_sample_size()

    @blueprint.get("target_years")
    def target_years() -> list[str]:
        """The years that have a target."""
        with catalogue() as found:
            return [str(year) for year in found.years()]

    @blueprint.get("datasets")
    def datasets(target_year: Year) -> dict[str, str]:
        """Code and name of the datasets that have a target in a year."""
        with catalogue() as found:
            return found.datasets(int(target_year))

    @blueprint.get("targets")
    def targets(target_year: Year, dataset: Dataset) -> dict[str, str]:
        """Code and name of the indicators of a dataset that can be imputed in a year."""
        with catalogue() as found:
            return found.targets(int(target_year), dataset)

    @blueprint.get("dimensions")
    def dimensions(target: Target, target_year: Year, dataset: Dataset) -> list[Dimension]:
        """The targets that measure the same as a target, for other groups."""
        with catalogue() as found:
            labels = found.dimensions(target, int(target_year), dataset)
        return [Dimension(label=label, value=code) for code, label in labels.items()]

    @blueprint.post("predictors")
    def predictors(request: PredictorsRequest) -> dict[str, str] | dict[str, int]:
        """What a target can be predicted from: indicators to choose, or how many can be selected."""
        imputation = request.target, int(request.target_year), request.dataset
        with catalogue() as found:
            if request.scheme not in AUTOMATIC:
                return found.predictors(*imputation)
            found.check_target(*imputation)
        return {str(count): count for count in range(5, MAX_N_PREDICTORS + 1, 5)}

    def learn(timings: Sequence[Timing]) -> Factors:
        from sids_core.imputation.estimate import learn

        return learn(timings)

    factors = context.timings.learn(MODEL, learn)

    def workload(panel: Panel, request: EstimateRequest) -> Workload:
        from sids_core.imputation.workload import workload

        return request.call(partial(workload, model=MODEL), panel, config)

    def seconds(work: Workload) -> float:
        from sids_core.imputation.estimate import seconds

        return seconds(work, factors())

    @blueprint.post("estimate")
    def estimate(request: EstimateRequest) -> float:
        """Seconds that an imputation is expected to take; 0 where its result is there already."""
        panel = context.dataset.panel()
        work = workload(panel, request)
        prediction = request.prediction()
        if prediction is not None and context.runs.has(key(panel, prediction)):
            return 0.0
        return seconds(work)

    @blueprint.post("predict", main=True)
    def predict(request: PredictRequest) -> Run[PredictResponse]:
        """Impute an indicator in a year for the SIDS that miss it."""
        from sids_core.imputation.impute import impute
        from sids_core.imputation.training_data import make_training_data
        from sids_service.dashboard import predict_response

        panel = context.dataset.panel()
        return Run(
            key(panel, request),
            compute=lambda: predict_response(request.call(impute, panel, config)),
            check=lambda: request.call(make_training_data, panel, config),
            stages=STAGES,
            expected_seconds=lambda: seconds(workload(panel, request)),
            workload=lambda: workload(panel, request),
        )

    return blueprint
