"""The questions that metadata declares, checked against data."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sids_core.errors import RequestError, UnknownValueError
from sids_core.survey.schemas import SurveyMetadata

CATEGORICAL = "categorical"
CONTINUOUS = "continuous"
GPS = ("GPS longitude", "GPS latitude")
TYPES = (CATEGORICAL, CONTINUOUS, *GPS)


@dataclass(frozen=True, slots=True)
class Questions:
    """Names of questions by the part they take, each in the order of metadata.

    Coordinates say where a row was asked, not what was answered: they decide which rows are clustered, whatever factor
    they are listed under, and take no part in the dissimilarity of rows.
    """

    categorical: tuple[str, ...]
    continuous: tuple[str, ...]
    coordinates: tuple[str, ...]


def select_questions(metadata: SurveyMetadata, factor: str, known: Collection[str]) -> Questions:
    """The questions of a factor, and the coordinates.

    Args:
        metadata: of all questions.
        factor: the chosen one.
        known: the questions that data has.

    Raises:
        RequestError: columns of unequal length, a question declared twice, an unknown type, or a factor without a
            question to cluster by.
        UnknownValueError: a question that data does not have, or an unknown factor.
    """
    names, types, factors = metadata.question_name, metadata.type, metadata.factor
    if not len(names) == len(types) == len(factors):
        raise RequestError(
            f"The columns of metadata have different lengths: Question Name {len(names)}, Type {len(types)}, "
            f"Factor {len(factors)}",
            kind="unequal_columns",
            parameter="metadata",
        )
    _check_names(names, known)
    _check_types(names, types)
    factors_known = dict.fromkeys(name for name in factors if name is not None)
    if factor not in factors_known:
        raise UnknownValueError("factor", factor, factors_known)
    chosen = [(name, kind) for name, kind, of in zip(names, types, factors, strict=True) if of == factor]
    questions = Questions(
        categorical=tuple(name for name, kind in chosen if kind == CATEGORICAL),
        continuous=tuple(name for name, kind in chosen if kind == CONTINUOUS),
        coordinates=tuple(name for name, kind in zip(names, types, strict=True) if kind in GPS),
    )
    if not questions.categorical and not questions.continuous:
        raise RequestError(
            f"factor {factor!r} has no {CATEGORICAL} or {CONTINUOUS} question to cluster by",
            kind="no_question",
            parameter="factor",
        )
    return questions


def _check_names(names: list[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownValueError("question", name, known)
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise RequestError(
            f"question {twice!r} is in metadata more than once", kind="duplicate_question", parameter="metadata"
        )


def _check_types(names: list[str], types: list[str]) -> None:
    for name, kind in zip(names, types, strict=True):
        if kind not in TYPES:
            raise RequestError(
                f"type {kind!r} of question {name!r} is unknown; allowed: {', '.join(TYPES)}",
                kind="unknown_type",
                parameter="metadata",
            )
