"""What survey clustering is asked and what it answers, in the field names that existing clients use.

Answers are not validated cell by cell: a body may hold millions of them, and `sids_core.survey.answers` reads those of
the chosen questions anyway.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from sids_core.forms import Input

LARGEST_MAX_K = 50

Answer = Annotated[object, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]


class SurveyMetadata(BaseModel):
    """What is known of the questions: three columns of equal length, one entry per question."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    question_name: list[str] = Field(alias="Question Name", description="Names of questions in data.")
    type: list[str] = Field(
        alias="Type", description="Their types: categorical, continuous, GPS longitude or GPS latitude."
    )
    factor: list[str | None] = Field(alias="Factor", description="The factors they belong to.")


class ClusteringRequest(BaseModel):
    """A survey and the factor whose questions decide which rows are alike."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    data: Annotated[
        dict[str, list[Answer] | dict[str, Answer]],
        Field(
            description="Answers by question: a list with one answer per row, or an object from row to answer. "
            "null or an empty text is a missing answer.",
            examples=[{"Main income": ["fishing", "tourism", "fishing"], "Household size": [4, 2, 5]}],
        ),
        Input("Survey answers"),
    ]
    metadata: Annotated[SurveyMetadata, Field(description="Type and factor of the questions."), Input("Questions")]
    factor: Annotated[
        str,
        Field(description="The factor whose questions are clustered, as named in metadata.", examples=["Livelihood"]),
        Input("Factor"),
    ]
    max_k: Annotated[
        int,
        Field(ge=1, le=LARGEST_MAX_K, description="The largest number of clusters to consider."),
        Input("Largest number of clusters"),
    ] = 10


class ClusteringResponse(BaseModel):
    """The cluster of every row, and what is needed to judge and to draw the clustering."""

    cluster_label: list[int | None] = Field(
        description="One per row of data, in its order: 0 is the largest cluster; null for a row without coordinates "
        "where GPS questions are declared."
    )
    algorithm: Literal["k-modes", "k-means", "k-prototypes"]
    k: int = Field(description="The number of clusters, chosen by the elbow method.")
    costs: list[tuple[int, float]] = Field(
        description="Pairs of k and the cost of k clusters: the dissimilarity of all clustered rows to the nearest "
        "centroid, for centroids fitted on a sample of them. Draws the elbow. Ends before max_k where there are fewer "
        "distinct rows."
    )
    cost: float = Field(description="Cost of the clusters in cluster_label.")
    sizes: list[int] = Field(description="Rows per cluster.")
    centroids: list[dict[str, str | float | None]] = Field(
        description="Per cluster and question: the most frequent answer of a categorical one (null: no answer), the "
        "mean of a continuous one in its own unit, imputed answers included."
    )
    silhouette: float | None = Field(
        description="Mean silhouette of a sample of rows, -1 to 1, on the square root of the dissimilarity; "
        "null for a single cluster."
    )
    clustered_rows: int = Field(description="Rows that have a label.")
    missing_answers: dict[str, int] = Field(
        description="Missing answers per question among the clustered rows. In a categorical question they are a "
        "category of their own; in a continuous one they are replaced by the median."
    )
