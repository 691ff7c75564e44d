"""The endpoint of survey clustering.

Answers are not validated one by one: a body may hold millions of them, and the library reads those of the chosen
questions anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, to_json

from sids_core import __version__
from sids_core.errors import RequestError, UnknownValueError
from sids_core.survey import CATEGORICAL, CONTINUOUS, GPS
from sids_service.context import Context
from sids_service.errors import argument_names
from sids_service.jobs.computation import Computation, Key
from sids_service.web.app import model_router
from sids_service.web.bodies import Columns, JsonColumn
from sids_service.web.computed import LATER, Answer, ComputedEndpoint
from sids_service.web.forms import MAIN, Input
from sids_service.web.tables import TABULAR, ResultTable

if TYPE_CHECKING:
    from sids_core.survey.work import SurveyWork

NAME = "survey"
LARGEST_MAX_K = 50

STAGES = MappingProxyType({"read": 0.1, "search": 0.6, "assign": 0.2, "silhouette": 0.1})
"""Approximate share of the time by stage."""

MOST_QUESTIONS = 3000
MOST_ANSWERS = 4_000_000
"""Of the declared questions: clustering takes about 20 bytes of memory for each."""

SurveyAnswer = Annotated[object, WithJsonSchema({"type": ["string", "number", "boolean", "null"]})]


def _column(value: object) -> object:
    if not isinstance(value, list | dict | JsonColumn):
        raise PydanticCustomError("column_type", "Answers should be a list, or an object from row to answer")
    return value


SurveyColumn = Annotated[
    JsonColumn | list[SurveyAnswer] | dict[str, SurveyAnswer],
    PlainValidator(_column, json_schema_input_type=list[SurveyAnswer] | dict[str, SurveyAnswer]),
]


class SurveyMetadata(BaseModel):
    """The questions: three columns of equal length, one entry per question."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    question_name: list[str] = Field(
        alias="Question Name",
        max_length=MOST_QUESTIONS,
        description="Names of questions in data.",
        examples=[["Main income", "Household size"]],
    )
    type: list[str] = Field(
        alias="Type",
        max_length=MOST_QUESTIONS,
        description="Their types: categorical, continuous, GPS longitude or GPS latitude.",
        examples=[["categorical", "continuous"]],
    )
    factor: list[str | None] = Field(
        alias="Factor",
        max_length=MOST_QUESTIONS,
        description="The factors they belong to.",
        examples=[["Livelihood", "Livelihood"]],
    )


class ClusteringRequest(BaseModel):
    """A survey and the factor whose questions its rows are clustered by."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    data: Annotated[
        dict[str, SurveyColumn],
        Columns(),
        Field(
            max_length=MOST_QUESTIONS,
            description="Answers by question: a list with one answer per row, or an object from row to answer. "
            "null, a blank text and NaN as text are missing answers; numbers that differ only by rounding are equal.",
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
        Field(ge=1, le=LARGEST_MAX_K, description="The largest number of clusters to consider.", examples=[3]),
        Input("Largest number of clusters"),
    ] = 10


CostOfK = Annotated[
    tuple[int, float], WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2})
]


class ClusteringResponse(BaseModel):
    """The cluster of every row, diagnostics, and the data of the elbow plot."""

    cluster_label: list[int | None] = Field(
        description="One per row of data, in its order: 0 is the largest cluster; null for a row without coordinates "
        "where GPS questions are declared."
    )
    algorithm: Literal["k-modes", "k-means", "k-prototypes"]
    k: int = Field(description="The number of clusters, chosen by the elbow method.")
    costs: list[CostOfK] = Field(
        description="Pairs of k and the cost of k clusters: the dissimilarity of all clustered rows to the nearest "
        "centroid, for centroids fitted on a sample (the elbow plot). Ends before max_k if there are fewer "
        "distinct rows."
    )
    cost: float = Field(description="Cost of the clusters in cluster_label.")
    sizes: list[int] = Field(description="Rows per cluster.")
    centroids: list[dict[str, str | float | None]] = Field(
        description="By cluster and question: the most frequent answer of a categorical one (null: no answer), the "
        "mean of a continuous one in its own unit, imputed answers included."
    )
    silhouette: float | None = Field(
        description="Mean silhouette of a sample of rows, -1 to 1, on the square root of the dissimilarity; "
        "null for a single cluster."
    )
    clustered_rows: int = Field(description="Rows that have a label.")
    missing_answers: dict[str, int] = Field(
        description="Missing answers by question among the clustered rows. In a categorical question they are a "
        "category of their own; in a continuous one they are replaced by the median."
    )


class Answers(Mapping[str, list[object] | dict[str, object]]):
    """The answers by question, read whenever one is asked for, so that one question at a time takes memory."""

    def __init__(self, data: Mapping[str, JsonColumn | list[object] | dict[str, object]]) -> None:
        self._data = data

    def __getitem__(self, question: str) -> list[object] | dict[str, object]:
        column = self._data[question]
        return column.read() if isinstance(column, JsonColumn) else column

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def cluster(request: ClusteringRequest) -> ClusteringResponse:
    """Cluster the survey of a request.

    Raises:
        RequestError: the metadata or the data is faulty; `parameter` is the request's field.
    """
    from sids_core.survey.cluster import cluster_survey

    with argument_names(types="metadata"):
        result = cluster_survey(Answers(request.data), question_types(request), max_k=_max_k(request))
    return ClusteringResponse(
        cluster_label=list(result.labels),
        algorithm=result.algorithm,
        k=result.k,
        costs=list(enumerate(result.costs, start=1)),
        cost=result.cost,
        sizes=list(result.sizes),
        centroids=list(result.centroids),
        silhouette=result.silhouette,
        clustered_rows=sum(result.sizes),
        missing_answers=result.missing_answers,
    )


def check(request: ClusteringRequest) -> None:
    """Validate a request without clustering; raises the same as `cluster`."""
    from sids_core.survey.cluster import read_for_clustering

    with argument_names(types="metadata"):
        read_for_clustering(Answers(request.data), question_types(request), max_k=_max_k(request))


def question_types(request: ClusteringRequest) -> dict[str, str]:
    """The types of the questions of the request's factor, and of the GPS questions of any factor.

    GPS questions only decide which rows are clustered, whichever factor they belong to.

    Raises:
        RequestError: columns of unequal length, a question declared twice, an unknown type, or a factor without a
            question to cluster by; or the data is ragged or empty.
        UnknownValueError: an unknown question or factor.
    """
    from sids_core.survey.answers import normalized
    from sids_core.survey.reading import check_questions, check_types, read_survey

    survey = read_survey(Answers(request.data))
    metadata, factor = request.metadata, normalized(request.factor)
    names, types = [normalized(name) for name in metadata.question_name], metadata.type
    factors = [None if name is None else normalized(name) for name in metadata.factor]
    if not len(names) == len(types) == len(factors):
        raise RequestError(
            f"The columns of metadata have different lengths: Question Name {len(names)}, Type {len(types)}, "
            f"Factor {len(factors)}",
            kind="unequal_columns",
            parameter="metadata",
        )
    check_questions(names, survey)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise RequestError(
            f"question {twice!r} is in metadata more than once", kind="duplicate_question", parameter="metadata"
        )
    check_types(dict(zip(names, types, strict=True)))
    known = dict.fromkeys(name for name in factors if name is not None)
    if factor not in known:
        raise UnknownValueError("factor", factor, known)
    questions = list(zip(names, types, factors, strict=True))
    if not any(of == factor and kind in {CATEGORICAL, CONTINUOUS} for _, kind, of in questions):
        raise RequestError(
            f"factor {factor!r} has no {CATEGORICAL} or {CONTINUOUS} question to cluster by",
            kind="no_question",
            parameter="factor",
        )
    if len(questions) * len(survey.rows) > MOST_ANSWERS:
        raise RequestError(
            f"{len(questions)} questions with {len(survey.rows)} rows have more than {MOST_ANSWERS} answers",
            kind="too_many_values",
            parameter="data",
        )
    return {name: kind for name, kind, of in questions if of == factor or kind in GPS}


def _max_k(request: ClusteringRequest) -> int | None:
    return request.max_k if "max_k" in request.model_fields_set else None


def work_of(request: ClusteringRequest) -> SurveyWork:
    """The size of a request by its declared questions, which may still turn out not to exist."""
    from sids_core.survey.answers import normalized
    from sids_core.survey.work import SurveyWork

    factor = normalized(request.factor)
    kinds = Counter(
        kind
        for kind, of in zip(request.metadata.type, request.metadata.factor, strict=False)
        if of is not None and normalized(of) == factor
    )
    rows = len(next(iter(Answers(request.data).values()), ()))
    return SurveyWork(kinds[CATEGORICAL], kinds[CONTINUOUS], rows, min(request.max_k, rows))


def check_work(work: SurveyWork, seconds: float) -> None:
    """Raise RequestError, with what would be accepted, if clustering may take more than so many seconds."""
    expected = work.most_seconds()
    if expected <= seconds:
        return
    offers = [
        f"{text} {number}"
        for text, number in (
            (f"with {work.rows} rows, max_k up to", work.largest_max_k(seconds)),
            (f"with max_k {work.max_k}, rows up to", work.most_rows(seconds)),
        )
        if number
    ]
    raise RequestError(
        f"max_k {work.max_k} is too large for {work.categorical} {CATEGORICAL} and {work.continuous} {CONTINUOUS} "
        f"questions and {work.rows} rows: clustering may take {expected:.0f} seconds, this service allows {seconds:g}. "
        f"Accepted for these questions: {'; '.join(offers) or 'none'}; fewer questions take less",
        kind="too_much_work",
        parameter="max_k",
    )


def _clusters(context: Context, request: ClusteringRequest) -> Computation[ClusteringResponse]:
    work = work_of(request)
    check_work(work, context.settings.run_seconds)
    return Computation(
        Key("", f"{NAME} {__version__}", _canonical(request)),
        compute=lambda: cluster(request),
        check=lambda: check(request),
        stages=STAGES,
        expected_seconds=work.expected_seconds,
        advice="fewer questions, fewer rows or a smaller max_k take less",
    )


def _canonical(request: ClusteringRequest) -> bytes:
    """The request as JSON, the answers as they were sent."""
    # Only fields that were sent: an explicit max_k above the number of rows is an error, the default is not.
    rest = request.model_dump_json(by_alias=True, exclude_unset=True, exclude={"data"}).encode()
    parts = (b"%s:%s" % (to_json(name), _text(column)) for name, column in request.data.items())
    return b'{"data":{%s},%s' % (b",".join(parts), rest.removeprefix(b"{"))


def _text(column: JsonColumn | list[object] | dict[str, object]) -> bytes:
    return column.text if isinstance(column, JsonColumn) else to_json(column)


LABELS = ResultTable(("row", "cluster"), lambda _, answer: enumerate(answer["cluster_label"], start=1))
CLUSTERING = ComputedEndpoint(f"{NAME}_clustering", ClusteringRequest, _clusters, LABELS)
COMPUTED = (CLUSTERING,)

router = model_router(NAME, "Survey clustering")


@router.post("/clustering", response_model=ClusteringResponse, responses={**TABULAR, **LATER}, openapi_extra=MAIN)
async def clustering(request: ClusteringRequest, answer: Answer) -> Response:
    """Cluster the rows of a survey by their answers to the questions of one factor."""
    return await answer(CLUSTERING, request)
