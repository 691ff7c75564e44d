"""The endpoints of two-level imputation, with the field names of existing clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, Response
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from sids_core import __version__
from sids_core.imputation.base_imputers import BASE_IMPUTERS
from sids_core.imputation.config import MAX_N_ESTIMATORS, MAX_N_PREDICTORS, ImputationConfig
from sids_core.imputation.ensembles import ALL, ENSEMBLES
from sids_core.imputation.intervals import INTERVALS
from sids_core.imputation.selection import AUTOMATIC, SELECTORS
from sids_service.context import Context, Loaded, loaded
from sids_service.dashboard import FIELDS, PredictResponse, estimates
from sids_service.errors import argument_names
from sids_service.estimates import Workload, imputation_workload
from sids_service.jobs.computation import Computation, Key
from sids_service.web.app import model_router
from sids_service.web.computed import LATER, Answer, ComputedEndpoint
from sids_service.web.forms import MAIN, Choices, Input, one_of
from sids_service.web.tables import ESTIMATES, TABULAR, ResultTable

if TYPE_CHECKING:
    from sids_core.imputation.catalogue import Catalogue
    from sids_core.panel.panel import Panel

T = TypeVar("T")

NAME = "twolvlImp"
MOST_PREDICTORS = 10_000

STAGES = MappingProxyType(
    {"slice": 0.01, "base imputation": 0.06, "cross-fitting": 0.67, "intervals": 0.1, "report": 0.01}
)
"""Approximate share of the time by stage; the rest is for a reduced model, which enters two of them again."""

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
    one_of(SELECTORS),
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
    """The target and scheme for which predictors, or numbers of predictors, are listed."""

    target_year: Year
    dataset: Dataset | None = None
    target: Target
    scheme: Scheme


class EstimateRequest(BaseModel):
    """An imputation to estimate; manual predictors may be left open."""

    target_year: Year
    dataset: Annotated[Dataset | None, Field(description="By default the target's dataset.")] = None
    target: Target
    interpolator: Annotated[
        str,
        one_of(BASE_IMPUTERS),
        Field(description="Base imputer: fills the gaps of the predictors.", examples=["KNNImputer"]),
        Input("Base imputer", values=BASE_IMPUTERS.labels()),
    ]
    scheme: Scheme
    manual_predictors: Annotated[
        list[str],
        Field(
            max_length=MOST_PREDICTORS,
            description="Indicator codes to predict from.",
            examples=[["wdi-AG.LND.AGRI.K2"]],
        ),
        MANUAL_PREDICTORS,
    ] = []
    number_predictor: Annotated[
        int | None,
        Field(ge=1, le=MAX_N_PREDICTORS, validate_default=True, description="Number of predictors to select."),
        NUMBER_PREDICTOR,
    ] = None
    estimators: Annotated[
        int,
        Field(ge=1, le=MAX_N_ESTIMATORS, description="Number of trees.", examples=[10]),
        Input("Trees", values=(("10", "10"), ("100", "100"), ("500", "500"), ("1000", "1000"))),
    ]
    model: Annotated[
        str,
        one_of((*ENSEMBLES, ALL)),
        Field(description=f"Tree ensemble; {ALL} uses the best of them.", examples=["rfr"]),
        Input("Ensemble", values=(*ENSEMBLES.labels(), (ALL, "Best of all"))),
    ]
    interval: Annotated[
        str,
        one_of(INTERVALS),
        Field(description="Method of the 90 % prediction interval.", examples=["quantile"]),
        Input("Prediction interval", values=INTERVALS.labels()),
    ]
    history: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether a country's own values in other years are used, the target's and the predictors'; "
            "by default they are.",
        ),
        Input("Own history"),
    ] = True

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
        """The corresponding imputation request; None if it is incomplete."""
        try:
            return PredictRequest.model_validate(self.model_dump())
        except ValidationError:
            return None

    def call(self, function: Callable[..., T], panel: Panel, config: ImputationConfig) -> T:
        """Call a library function that has the arguments of `impute`.

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
            history=self.history,
        )
        year, predictors = int(self.target_year), self.manual_predictors
        with argument_names(**FIELDS):
            return function(panel, self.target, year, dataset=self.dataset, predictors=predictors, config=config)


class PredictRequest(EstimateRequest):
    """An imputation of an indicator in a year."""

    manual_predictors: Annotated[
        list[str],
        Field(
            validate_default=True,
            max_length=MOST_PREDICTORS,
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
    """An indicator of a group of indicators that differ only by dimension."""

    label: str
    value: str


def _computation(context: Context, request: PredictRequest) -> Computation[PredictResponse]:
    from sids_core.imputation.impute import impute
    from sids_core.imputation.training_data import make_training_data
    from sids_service.dashboard import predict_response

    panel, config = context.dataset.panel(), context.settings.imputation_config()

    def workload() -> Workload:
        return request.call(imputation_workload, panel, config)

    return Computation(
        _key(panel, config, request),
        compute=lambda: predict_response(request.call(impute, panel, config)),
        check=lambda: request.call(make_training_data, panel, config),
        stages=STAGES,
        expected_seconds=lambda: context.estimates.seconds(workload()),
        workload=workload,
        has_own_turn=True,
        advice=f"fewer estimators, one model instead of {ALL}, or fewer predictors take less",
    )


def _key(panel: Panel, config: ImputationConfig, request: PredictRequest) -> Key:
    # The configuration is part of the key, since results outlive the process and its settings.
    return Key(panel.version, f"{NAME} {__version__} {config}", request.model_dump_json())


@contextmanager
def _catalogue(context: Context) -> Iterator[Catalogue]:
    from sids_core.imputation.catalogue import Catalogue

    with argument_names(**FIELDS):
        yield Catalogue(context.dataset.panel(), context.settings.imputation_config())


PREDICT = ComputedEndpoint(f"{NAME}_predict", PredictRequest, _computation, ResultTable(ESTIMATES, estimates))
COMPUTED = (PREDICT,)

router = model_router(NAME, "Two-level imputation")


@router.get("/target_sample_size")
async def target_sample_size(context: Loaded) -> int:
    """Smallest number of countries with a value for an indicator to be a target."""
    with _catalogue(context) as catalogue:
        return catalogue.target_sample_size()


@router.get("/predictor_sample_size")
async def predictor_sample_size(context: Loaded) -> int:
    """Smallest number of countries with a value for an indicator to be a predictor."""
    with _catalogue(context) as catalogue:
        return catalogue.predictor_sample_size()


@router.get("/target_years")
async def target_years(context: Loaded) -> list[str]:
    """The years with at least one target."""
    with _catalogue(context) as catalogue:
        return [str(year) for year in catalogue.years()]


@router.get("/datasets")
async def datasets(target_year: Year, context: Loaded) -> dict[str, str]:
    """Code and name of the datasets with a target in a year."""
    with _catalogue(context) as catalogue:
        return catalogue.datasets(int(target_year))


@router.get("/targets")
async def targets(target_year: Year, context: Loaded, dataset: Dataset | None = None) -> dict[str, str]:
    """Code and name of the indicators that can be imputed in a year, of one dataset or of all."""
    with _catalogue(context) as catalogue:
        return catalogue.targets(int(target_year), dataset)


@router.get("/dimensions")
async def dimensions(target: Target, target_year: Year, dataset: Dataset, context: Loaded) -> list[Dimension]:
    """The targets that share a target's name, with their dimensions."""
    with _catalogue(context) as catalogue:
        labels = catalogue.dimensions(target, int(target_year), dataset)
    return [Dimension(label=label, value=code) for code, label in labels.items()]


@router.post("/predictors")
async def predictors(request: PredictorsRequest, context: Loaded) -> dict[str, str] | dict[str, int]:
    """The candidate predictors of a target, or the possible numbers of predictors to select."""
    imputation = request.target, int(request.target_year), request.dataset
    with _catalogue(context) as catalogue:
        if request.scheme not in AUTOMATIC:
            return catalogue.predictors(*imputation)
        catalogue.check_target(*imputation)
    return {str(count): count for count in range(5, MAX_N_PREDICTORS + 1, 5)}


@router.post("/estimate")
async def estimate(request: EstimateRequest, context: Loaded) -> int:
    """Expected seconds until an imputation is done, its wait for a turn included; 0 if its result exists already."""
    return await context.store_threads.run(_estimated, context, request)


def _estimated(context: Context, request: EstimateRequest) -> int:
    panel, config = context.dataset.panel(), context.settings.imputation_config()
    workload = request.call(imputation_workload, panel, config)
    prediction = request.prediction()
    key = _key(panel, config, prediction) if prediction else None
    if key is not None and context.executor.has(key):
        return 0
    return ceil(context.executor.seconds_until_end(context.estimates.seconds(workload), key))


@router.post(
    "/predict",
    response_model=PredictResponse,
    responses={**TABULAR, **LATER},
    openapi_extra=MAIN,
    dependencies=[Depends(loaded)],
)
async def predict(request: PredictRequest, answer: Answer) -> Response:
    """Impute an indicator in a year for the SIDS without a value."""
    return await answer(PREDICT, request)
