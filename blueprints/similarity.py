"""The endpoints of country correlation and clustering."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from sids_core import __version__
from sids_core.similarity import COEFFICIENTS
from sids_service.context import Context, Loaded, loaded
from sids_service.jobs.computation import Computation, Key
from sids_service.web.app import model_router
from sids_service.web.computed import LATER, Answer, ComputedEndpoint
from sids_service.web.forms import MAIN, Choices, Input, one_of
from sids_service.web.tables import TABULAR, AsTable, ResultTable

NAME = "correlation"

CLUSTER_STAGES = MappingProxyType({"slice": 0.05, "cluster": 0.9, "silhouette": 0.05})
"""Approximate share of the time by stage."""

Year = Annotated[
    int,
    Field(ge=1000, le=9999, description="Year of the values, as a number or text.", examples=[2001]),
    Input("Year", choices=Choices("correlation/years")),
]
Dataset = Annotated[
    str,
    Field(description="Code of a dataset.", examples=["key"]),
    Input("Dataset", choices=Choices("correlation/datasets", inputs=("year",))),
]
Category = Annotated[
    str,
    Field(description="The category of the dataset whose indicators are compared.", examples=["Economy"]),
    Input("Category", choices=Choices("correlation/categories", inputs=("dataset", "year"))),
]
Country = Annotated[
    str,
    Field(description="ISO 3166-1 alpha-3 code of a SIDS with a value.", examples=["FJI"]),
    Input("Country", choices=Choices("correlation/countries", inputs=("dataset", "category", "year"))),
]
Standardize = Annotated[
    bool,
    Field(
        strict=True,
        description="Scale each indicator to mean 0 and standard deviation 1 over the SIDS first. "
        "Otherwise the indicators with the largest units dominate.",
    ),
    Input("Standardise indicators"),
]


class CorrelateRequest(BaseModel):
    """The country to compare with all others, and the indicators to compare over."""

    year: Year
    dataset: Dataset
    category: Category
    country: Country
    method: Annotated[
        str,
        one_of(COEFFICIENTS),
        Field(description="Correlation of the values, or of their ranks."),
        Input("Coefficient", values=tuple((name, item.label) for name, item in COEFFICIENTS.items())),
    ] = "pearson"
    standardize: Standardize = False
    min_shared: Annotated[
        int,
        Field(ge=2, description="Smallest number of shared indicators for a correlation."),
        Input("Fewest shared indicators"),
    ] = 3


class CorrelateResponse(BaseModel):
    """The other SIDS by decreasing correlation, undefined ones last."""

    country_corr: dict[str, list[str] | list[float | None]] = Field(
        description="Two columns: `Country Code`, and under the country's own code the correlations, -1 to 1. "
        "null where fewer than min_shared indicators are shared, or all values of one country are equal.",
        examples=[{"Country Code": ["VUT", "NRU"], "FJI": [0.93, None]}],
    )
    shared_indicators: dict[str, int] = Field(
        description="Number of indicators with a value in both countries, by country."
    )
    indicators: int = Field(description="Number of the category's indicators with a value in the country.")


class ClusterRequest(BaseModel):
    """The indicators to cluster the countries by, and the number of clusters."""

    year: Year
    dataset: Dataset
    category: Category
    k: Annotated[
        int,
        Field(ge=1, description="Number of clusters; fewer if there are fewer distinct countries.", examples=[3]),
        Input("Clusters"),
    ]
    standardize: Standardize = True


class ClusterResponse(BaseModel):
    """The cluster of every SIDS with a value."""

    country: list[str] = Field(description="Ascending.")
    label: list[int] = Field(description="Cluster of each country, 0 to k-1, numbered in the order of appearance.")
    k: int
    centroids: list[dict[str, float | None]] = Field(
        description="By cluster and indicator, the mean of the members' values in the indicator's own unit; null where "
        "no member has a value."
    )
    inertia: float = Field(
        description="Sum of squared differences of all values from their centroid, scaled if standardize is set."
    )
    silhouette: float | None = Field(
        description="Mean silhouette, -1 to 1, on distances over shared indicators; null where it is undefined: for a "
        "single cluster, or where every country is its own."
    )


def _clusters(context: Context, request: ClusterRequest) -> Computation[ClusterResponse]:
    from sids_core.similarity.catalogue import read_category
    from sids_core.similarity.cluster import cluster_countries

    panel = context.dataset.panel()

    def compute() -> ClusterResponse:
        result = cluster_countries(panel, **request.model_dump())
        return ClusterResponse(
            country=list(result.countries),
            label=result.labels.tolist(),
            k=result.k,
            centroids=[
                dict(zip(result.indicators, map(_or_none, centroid), strict=True))
                for centroid in result.centroids.tolist()
            ],
            inertia=result.inertia,
            silhouette=result.silhouette,
        )

    return Computation(
        Key(panel.version, f"{NAME} cluster {__version__}", request.model_dump_json()),
        compute=compute,
        check=lambda: read_category(panel, request.dataset, request.category, request.year),
        stages=CLUSTER_STAGES,
        advice="a smaller category or a smaller k takes less",
    )


CLUSTERS = ResultTable(("country", "cluster"), lambda _, answer: zip(answer["country"], answer["label"], strict=True))
CLUSTER = ComputedEndpoint(f"{NAME}_cluster", ClusterRequest, _clusters, CLUSTERS)
COMPUTED = (CLUSTER,)

router = model_router(NAME, "Country correlation")


@router.get("/years")
def years(context: Loaded) -> list[str]:
    """The years in which a SIDS has a value in any category."""
    from sids_core.similarity import catalogue

    return [str(year) for year in catalogue.years(context.dataset.panel())]


@router.get("/datasets")
async def datasets(year: Year, context: Loaded) -> dict[str, str]:
    """Code and name of the datasets in which a SIDS has a value in a year."""
    from sids_core.similarity import catalogue

    return catalogue.datasets(context.dataset.panel(), year)


@router.get("/categories")
async def categories(dataset: Dataset, year: Year, context: Loaded) -> list[str]:
    """The categories of a dataset in which a SIDS has a value in a year."""
    from sids_core.similarity import catalogue

    return catalogue.categories(context.dataset.panel(), dataset, year)


@router.get("/countries")
async def countries(dataset: Dataset, category: Category, year: Year, context: Loaded) -> list[str]:
    """The SIDS with a value in a category and year."""
    from sids_core.similarity import catalogue

    return catalogue.countries(context.dataset.panel(), dataset, category, year)


@router.post("/correlate", response_model=CorrelateResponse, responses=TABULAR, openapi_extra=MAIN)
async def correlate(request: CorrelateRequest, context: Loaded, table: AsTable) -> Response:
    """Correlate a country with every other SIDS over a category's indicators in a year."""
    answer = await context.short_threads.run(_correlated, context, request)
    countries, correlations = answer.country_corr.values()
    return table(answer, ("country", "correlation"), lambda: zip(countries, correlations, strict=True))


def _correlated(context: Context, request: CorrelateRequest) -> CorrelateResponse:
    from sids_core.similarity.correlate import correlate

    result = correlate(context.dataset.panel(), **request.model_dump())
    return CorrelateResponse(
        country_corr={
            "Country Code": list(result.countries),
            result.country: [_or_none(value) for value in result.correlations.tolist()],
        },
        shared_indicators=dict(zip(result.countries, result.shared_indicators.tolist(), strict=True)),
        indicators=result.n_indicators,
    )


@router.post("/cluster", response_model=ClusterResponse, responses={**TABULAR, **LATER}, dependencies=[Depends(loaded)])
async def cluster(request: ClusterRequest, answer: Answer) -> Response:
    """Cluster the SIDS by a category's indicators in a year, with missing values."""
    return await answer(CLUSTER, request)


def _or_none(value: float) -> float | None:
    """A value in JSON, where NaN becomes null."""
    return None if math.isnan(value) else value
