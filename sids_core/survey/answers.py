"""Answers as JSON has them, read as numbers or as categories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from sids_core.errors import RequestError
from sids_core.survey.table import Table

SHOWN_CHARACTERS = 40
LARGEST_EXACT = 2.0**53


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """The answers to a categorical question.

    Attributes:
        codes: int32 (rows,), positions in `levels`.
        levels: the answers that occur, ascending; None, last, stands for a missing one.
    """

    codes: NDArray[np.int32]
    levels: tuple[str | None, ...]

    @property
    def n_missing(self) -> int:
        """Number of missing answers."""
        return int((self.codes == self.levels.index(None)).sum()) if None in self.levels else 0


def read_numbers(table: Table, question: str) -> NDArray[np.float64]:
    """Float64 (rows,): numbers, or texts that are numbers; NaN where the answer is missing.

    Raises:
        RequestError: an answer that is no finite number; question and row are named.
    """
    numbers = np.empty(len(table.rows))
    for index, answer in enumerate(table.answers(question)):
        number = _number(answer)
        if number is None:
            raise _unreadable(question, table.rows[index], answer, "is not a finite number")
        numbers[index] = number
    return numbers


def read_categories(table: Table, question: str, rows: NDArray[np.bool_]) -> Categories:
    """The answers of some rows by their text: 1, 1.0 and "1" are one category, a missing answer is one of its own.

    Raises:
        RequestError: an answer that is a list or an object; question and row are named.
    """
    answers = table.answers(question)
    texts = [_text(answer) for answer in answers]
    if None in texts:
        index = texts.index(None)
        raise _unreadable(question, table.rows[index], answers[index], "is neither a text, a number nor a truth value")
    return _encode([text or None for text in compress(texts, rows)])


def _encode(texts: Sequence[str | None]) -> Categories:
    present = set(texts)
    levels = (*sorted(text for text in present if text is not None), *([None] if None in present else []))
    position = {text: code for code, text in enumerate(levels)}
    return Categories(np.fromiter((position[text] for text in texts), np.int32, len(texts)), levels)


def _number(answer: object) -> float | None:
    """NaN for a missing answer, None for one that is no finite number."""
    if answer is None:
        return math.nan
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        return None
    if isinstance(answer, str) and not answer.strip():
        return math.nan
    try:
        number = float(answer)
    except (ValueError, OverflowError):
        return None
    return None if math.isinf(number) else number


def _text(answer: object) -> str | None:
    """An empty text for a missing answer, None for what is no answer at all."""
    match answer:
        case str():
            return answer.strip()
        case None:
            return ""
        case bool():
            return str(answer).lower()
        case float():
            return _decimal(answer)
        case int():
            return str(answer)
        case _:
            return None


def _decimal(answer: float) -> str:
    if math.isnan(answer):
        return ""
    return str(int(answer)) if answer.is_integer() and abs(answer) < LARGEST_EXACT else repr(answer)


def _unreadable(question: str, row: str | int, answer: object, problem: str) -> RequestError:
    place = f"row {row!r}" if isinstance(row, str) else f"row {row} (the first is 0)"
    shown = repr(answer)
    if len(shown) > SHOWN_CHARACTERS:
        shown = f"{shown[:SHOWN_CHARACTERS]}…"
    return RequestError(f"question {question!r}, {place}: {shown} {problem}", kind="bad_answer", parameter="data")
