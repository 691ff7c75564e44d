"""What two-level imputation is asked and what it answers, in the field names that existing clients use."""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from sids_core.forms import Choices, Input

LARGEST_NUMBER_PREDICTOR = 50

Year = Annotated[
    str,
    BeforeValidator(lambda year: str(year) if isinstance(year, int) and not isinstance(year, bool) else year),
    StringConstraints(pattern=r"^[1-9][0-9]{3}$"),
    Field(description="Year of the figures, as text or number.", examples=["2001"]),
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
    Literal["MANUAL", "AFS", "PCA"],
    Field(description="How the predictors are selected from the candidates.", examples=["MANUAL"]),
    Input(
        "Predictor selection",
        values=(
            ("MANUAL", "Manual"),
            ("AFS", "Automatic: recursive feature elimination"),
            ("PCA", "Principal component analysis"),
        ),
    ),
]

MANUAL_PREDICTORS = Input(
    "Predictors",
    choices=Choices("twolvlImp/predictors", "POST", ("target_year", "dataset", "target", "scheme")),
    required_when=(("scheme", "MANUAL"),),
)
NUMBER_PREDICTOR = Input(
    "Number of predictors",
    choices=Choices("twolvlImp/predictors", "POST", ("target_year", "dataset", "target", "scheme")),
    required_when=(("scheme", "AFS"), ("scheme", "PCA")),
)


class PredictorsRequest(BaseModel):
    """For which target and scheme the choice of predictors is wanted."""

    target_year: Year
    dataset: Dataset | None = None
    target: Target
    scheme: Scheme


class EstimateRequest(BaseModel):
    """An imputation to be timed; the predictors of a manual one may still be open."""

    target_year: Year
    dataset: Annotated[Dataset | None, Field(description="The target's own dataset where left out.")] = None
    target: Target
    interpolator: Annotated[
        Literal["KNNImputer", "IterativeImputer", "SimpleImputer"],
        Field(description="Base imputer: fills the gaps of the predictors.", examples=["KNNImputer"]),
        Input(
            "Base imputer",
            values=(
                ("KNNImputer", "k-nearest neighbours"),
                ("IterativeImputer", "Iterative (extra trees)"),
                ("SimpleImputer", "Mean"),
            ),
        ),
    ]
    scheme: Scheme
    manual_predictors: Annotated[
        list[str],
        Field(description="Indicator codes to predict from.", examples=[["wdi-AG.LND.AGRI.K2"]]),
        MANUAL_PREDICTORS,
    ] = []
    number_predictor: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_NUMBER_PREDICTOR, validate_default=True, description="How many predictors to select."),
        NUMBER_PREDICTOR,
    ] = None
    estimators: Annotated[
        int,
        Field(ge=1, le=1000, description="Trees of the ensemble.", examples=[10]),
        Input("Trees", values=(("10", "10"), ("100", "100"), ("500", "500"), ("1000", "1000"))),
    ]
    model: Annotated[
        Literal["rfr", "gbr", "etr", "all"],
        Field(description="Tree ensemble; all takes the best of the three.", examples=["rfr"]),
        Input(
            "Ensemble",
            values=(
                ("rfr", "Random forest"),
                ("gbr", "Gradient boosting"),
                ("etr", "Extra trees"),
                ("all", "Best of the three"),
            ),
        ),
    ]
    interval: Annotated[
        Literal["quantile", "bootstrap"],
        Field(description="How the 90 % prediction interval is made.", examples=["quantile"]),
        Input(
            "Prediction interval", values=(("quantile", "Conditional quantiles"), ("bootstrap", "Residual bootstrap"))
        ),
    ]

    @field_validator("manual_predictors", mode="before")
    @classmethod
    def _only_manual_names_predictors(cls, codes: object, info: ValidationInfo) -> object:
        return codes if info.data.get("scheme", "MANUAL") == "MANUAL" else []

    @field_validator("number_predictor", mode="before")
    @classmethod
    def _manual_needs_no_number(cls, number: object, info: ValidationInfo) -> object:
        return None if info.data.get("scheme") == "MANUAL" else number

    @field_validator("number_predictor")
    @classmethod
    def _number_goes_with_selection(cls, number: int | None, info: ValidationInfo) -> int | None:
        scheme = info.data.get("scheme")
        if number is None and scheme in ("AFS", "PCA"):
            raise PydanticCustomError(
                "missing", "scheme {scheme} needs number_predictor, 1 to {largest}",
                {"scheme": scheme, "largest": LARGEST_NUMBER_PREDICTOR},
            )  # fmt: skip
        return number

    def prediction(self) -> "PredictRequest | None":
        """The same as a request to impute; None where it lacks something for that."""
        try:
            return PredictRequest.model_validate(self.model_dump())
        except ValidationError:
            return None


class PredictRequest(EstimateRequest):
    """An imputation: which figures to fill, and how."""

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
    def _manual_names_others_than_target(cls, codes: list[str], info: ValidationInfo) -> list[str]:
        if info.data.get("scheme") != "MANUAL":
            return codes
        if not codes:
            raise PydanticCustomError("missing", "scheme MANUAL needs at least one of manual_predictors")
        if (target := info.data.get("target")) in codes:
            raise PydanticCustomError(
                "target_as_predictor", "the target {target} cannot be its own predictor", {"target": target}
            )
        return sorted(set(codes))


class Dimension(BaseModel):
    """One of the indicators that measure the same thing for different groups."""

    label: str
    value: str


class Table(BaseModel):
    """A square table: what pandas calls the split orientation."""

    index: list[str]
    columns: list[str]
    data: list[list[float]]


class CategoryShares(BaseModel):
    """Importance by the predictors' category, for a pie."""

    category: list[str]
    value: list[float]


class Predictions(BaseModel):
    """The imputed figures, one row a country."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    countries: list[str] = Field(alias="Country Code")
    prediction: list[float]
    lower: list[float]
    upper: list[float]


class OutOfFold(BaseModel):
    """What the model does on training countries that it had not seen."""

    rmse: float
    rmse_sids: float | None
    coverage: float
    coverage_sids: float | None


class Diagnostics(BaseModel):
    """How the answer came about."""

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
    out_of_fold: OutOfFold
    countries_without_predictors: list[str]


class IndicatorJson(BaseModel):
    """The answer keyed by year, as the static prediction files of the dashboard are."""

    data: dict[str, dict[str, float]]
    lowerIntervals: dict[str, dict[str, float]]  # noqa: N815 (the dashboard's names)
    upperIntervals: dict[str, dict[str, float]]  # noqa: N815
    featureImportances: dict[str, dict[str, float]]  # noqa: N815
    categoryImportances: dict[str, dict[str, float]]  # noqa: N815
    correlation: dict[str, Table]
    rmse: dict[str, float]
    rmse_deviation: dict[str, float]


class PredictResponse(BaseModel):
    """An imputed indicator-year in both shapes that clients read."""

    model_config = ConfigDict(protected_namespaces=())

    indicatorJson: IndicatorJson  # noqa: N815 (the dashboard's name)
    rmse: float
    rmse_deviation: float
    model_feature_names: list[str]
    model_feature_importance: list[float]
    feature_importance_pie: CategoryShares
    correlation: Table
    prediction: Predictions
    diagnostics: Diagnostics
