"""What correlation and clustering of countries are asked and what they answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sids_core.forms import Choices, Input

Year = Annotated[
    int,
    Field(ge=1000, le=9999, description="Year of the figures, as number or text.", examples=[2001]),
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
    Field(description="ISO 3166-1 alpha-3 code of a SIDS with a figure.", examples=["FJI"]),
    Input("Country", choices=Choices("correlation/countries", inputs=("dataset", "category", "year"))),
]
Standardize = Annotated[
    bool,
    Field(
        description="Scale each indicator to mean 0 and standard deviation 1 over the SIDS first. "
        "Otherwise the indicators with the largest units decide."
    ),
    Input("Standardise indicators"),
]


class CorrelateRequest(BaseModel):
    """Which country to compare with all others, and over what."""

    year: Year
    dataset: Dataset
    category: Category
    country: Country
    method: Annotated[
        Literal["pearson", "spearman"],
        Field(description="Correlation of the figures, or of their ranks."),
        Input("Coefficient", values=(("pearson", "Pearson"), ("spearman", "Spearman (ranks)"))),
    ] = "pearson"
    standardize: Standardize = False
    min_shared: Annotated[
        int,
        Field(ge=2, description="The fewest indicators that two countries must both have."),
        Input("Fewest shared indicators"),
    ] = 3


class CorrelateResponse(BaseModel):
    """The other SIDS by falling correlation, those without one last."""

    country_corr: dict[str, list[str] | list[float | None]] = Field(
        description="Two columns: `Country Code`, and under the country's own code the correlations, -1 to 1. "
        "null where fewer than min_shared indicators are shared, or one country's figures are all equal.",
        examples=[{"Country Code": ["VUT", "NRU"], "FJI": [0.93, None]}],
    )
    shared_indicators: dict[str, int] = Field(description="Per country, how many indicators both have a figure of.")
    indicators: int = Field(description="How many of the category's indicators the country has a figure of.")


class ClusterRequest(BaseModel):
    """Over what to cluster the countries, and into how many clusters."""

    year: Year
    dataset: Dataset
    category: Category
    k: Annotated[
        int,
        Field(ge=1, description="Number of clusters; fewer where there are fewer different countries."),
        Input("Clusters"),
    ]
    standardize: Standardize = True


class ClusterResponse(BaseModel):
    """The cluster of every SIDS that has a figure."""

    country: list[str] = Field(description="Ascending.")
    label: list[int] = Field(description="Cluster of each, 0 to k-1, numbered in the order of appearance.")
    k: int
    centroids: list[dict[str, float | None]] = Field(
        description="Per cluster and indicator, the mean of the members' figures in the indicator's own units; null "
        "where no member has a figure."
    )
    inertia: float = Field(
        description="Sum of squared differences of all figures to their centroid, scaled if standardize is set."
    )
    silhouette: float | None = Field(
        description="Mean silhouette, -1 to 1, on distances over shared indicators; null where it has no meaning: one "
        "cluster, or every country its own."
    )
