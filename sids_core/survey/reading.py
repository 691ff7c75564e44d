"""Reads surveys: rows, types of questions, and the columns of answers as numbers or categories.

Names of questions and rows that differ only in their Unicode form (NFC or NFD) are the same.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError, UnknownValueError
from sids_core.stages import checkpoint
from sids_core.survey import TYPES
from sids_core.survey.answers import category_texts, merge_rounding, normalized, to_category, to_number

if TYPE_CHECKING:
    from pandas import DataFrame

SHOWN_CHARACTERS = 40

T = TypeVar("T")
Column = Sequence[object] | Mapping[str, object]
Columns = Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Survey:
    """Answers by question, one per row, all in the same order of rows.

    Attributes:
        rows: names of the rows in the order of the data; positions from 0 for lists.
        questions: by name in NFC, the name in the data.
        columns: the answers by the name in the data; may be read anew each time, so none is kept.
    """

    rows: Sequence[str | int]
    questions: Mapping[str, str]
    columns: Columns

    def answers(self, question: str) -> Sequence[object]:
        """The answers to one question, one per row."""
        checkpoint()
        column = self.columns[self.questions[question]]
        if not isinstance(column, Mapping):
            return column
        answers = _by_name(column, f"row of question {question!r}")
        return [answers[normalized(str(row))] for row in self.rows]


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """The answers to a categorical question.

    Attributes:
        codes: int32 (rows,), positions in `levels`.
        levels: the distinct answers, ascending; None, last, for a missing answer.
    """

    codes: NDArray[np.int32]
    levels: tuple[str | None, ...]

    @property
    def n_missing(self) -> int:
        """Number of missing answers."""
        return int((self.codes == self.levels.index(None)).sum()) if None in self.levels else 0


def read_survey(data: "DataFrame | Columns") -> Survey:
    """Check that all questions have the same rows; the first question sets their order.

    Raises:
        RequestError: no question, no row, questions whose rows differ, or a name that occurs twice.
    """
    given = data if isinstance(data, Mapping) else _columns_of(data)
    if not given:
        raise RequestError("data has no question", kind="no_data", parameter="data")
    questions = _by_name({name: name for name in given}, "question")
    first_name, first_given = next((name, given[key]) for name, key in questions.items())
    first = _with_names(first_name, first_given)
    if not first:
        raise RequestError(f"data has no row: question {first_name!r} is empty", kind="no_data", parameter="data")
    for name, key in questions.items():
        column = _with_names(name, given[key])
        difference = _difference(first_name, first, name, column)
        if difference:
            raise RequestError(
                f"{difference}; every question needs one answer per row", kind="ragged_data", parameter="data"
            )
    return Survey(
        tuple(first_given) if isinstance(first_given, Mapping) else range(len(first)),
        questions,
        given,
    )


def check_questions(questions: Collection[str], survey: Survey) -> None:
    """Raise UnknownValueError for an unknown question."""
    for name in questions:
        if normalized(name) not in survey.questions:
            raise UnknownValueError("question", name, survey.questions)


def check_types(types: Mapping[str, str]) -> None:
    """Raise RequestError for a question whose type is unknown."""
    for name, kind in types.items():
        if kind not in TYPES:
            raise RequestError(
                f"type {kind!r} of question {name!r} is unknown; allowed: {', '.join(TYPES)}",
                kind="unknown_type",
                parameter="types",
            )


def read_numbers(survey: Survey, question: str) -> NDArray[np.float64]:
    """Read answers as numbers: numbers, or texts that are numbers.

    Returns:
        Float64 (rows,), NaN where the answer is missing; answers that differ only by rounding are equal.

    Raises:
        RequestError: an answer is not a finite number; the message names question and row.
    """
    numbers = np.empty(len(survey.rows))
    for index, answer in enumerate(survey.answers(question)):
        number = to_number(answer)
        if number is None:
            raise _unreadable(question, survey.rows[index], answer, "is not a finite number")
        numbers[index] = number
    return merge_rounding(numbers)


def read_categories(survey: Survey, question: str, rows: NDArray[np.bool_]) -> Categories:
    """Read answers of some rows by their text: 1, 1.0 and "1" are one category; a missing answer is a category too.

    Raises:
        RequestError: an answer is a list, an object or an infinite number; the message names question and row.
    """
    answers = survey.answers(question)
    categories = []
    for index, answer in enumerate(answers):
        category = to_category(answer)
        if category is None:
            number = isinstance(answer, int | float)
            problem = "is not a finite number" if number else "is neither a text, a number nor a truth value"
            raise _unreadable(question, survey.rows[index], answer, problem)
        categories.append(category)
    return _encode([text or None for text in compress(category_texts(categories), rows)])


def _columns_of(frame: "DataFrame") -> Columns:
    return {
        str(name): [answer.item() if isinstance(answer, np.generic) else answer for answer in column]
        for name, column in frame.astype(object).where(frame.notna(), None).items()
    }


def _with_names(question: str, column: Column) -> Column:
    """The column, its rows by their names in NFC."""
    return _by_name(column, f"row of question {question!r}") if isinstance(column, Mapping) else column


def _by_name(items: Mapping[str, T], kind: str) -> dict[str, T]:
    """The items by their names in NFC."""
    named = {normalized(name): item for name, item in items.items()}
    if len(named) < len(items):
        counts = Counter(map(normalized, items))
        name = next(name for name, count in counts.items() if count > 1)
        raise RequestError(
            f"{kind} {name!r} occurs more than once, in different Unicode forms",
            kind="duplicate_name",
            parameter="data",
        )
    return named


def _difference(first_name: str, first: Column, name: str, column: Column) -> str:
    if isinstance(first, Mapping) != isinstance(column, Mapping):
        return f"question {first_name!r} and question {name!r}: one is a list, the other an object"
    if isinstance(first, Mapping) and isinstance(column, Mapping):
        if first.keys() == column.keys():
            return ""
        lacking = ", ".join(repr(row) for row in islice((row for row in first if row not in column), 3))
        extra = ", ".join(repr(row) for row in islice((row for row in column if row not in first), 3))
        return (
            f"question {name!r} lacks rows of question {first_name!r}: {lacking}"
            if lacking
            else f"question {name!r} has rows that question {first_name!r} lacks: {extra}"
        )
    if len(first) != len(column):
        return f"question {name!r} has {len(column)} answers, question {first_name!r} has {len(first)}"
    return ""


def _encode(texts: Sequence[str | None]) -> Categories:
    present = set(texts)
    levels = (*sorted(text for text in present if text is not None), *([None] if None in present else []))
    position = {text: code for code, text in enumerate(levels)}
    return Categories(np.fromiter((position[text] for text in texts), np.int32, len(texts)), levels)


def _unreadable(question: str, row: str | int, answer: object, problem: str) -> RequestError:
    place = f"row {row!r}" if isinstance(row, str) else f"row {row} (the first is 0)"
    try:
        shown = repr(answer)
    except ValueError:  # Python writes no whole number of more than 4300 digits
        shown = "a number of thousands of digits"
    if len(shown) > SHOWN_CHARACTERS:
        shown = f"{shown[:SHOWN_CHARACTERS]}…"
    return RequestError(f"question {question!r}, {place}: {shown} {problem}", kind="bad_answer", parameter="data")
