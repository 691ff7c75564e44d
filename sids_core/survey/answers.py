"""Single answers as numbers or as texts, and which numbers are equal but for rounding."""

import math
import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LARGEST_EXACT = 2**53
# Decimals of up to 13 digits stay apart; sums of the same terms in another order do not.
ROUNDING = 2.0**-46

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
NOT_A_NUMBER = re.compile(r"[+-]?nan", re.IGNORECASE)

Category = str | int | float


def normalized(text: str) -> str:
    """The text in composed form (NFC, Unicode Standard Annex 15): é is one character, however it was typed."""
    return unicodedata.normalize("NFC", text)


def to_number(answer: object) -> float | None:
    """NaN for a missing answer, None for one that is not a finite number.

    A text is a number in decimal or scientific notation with the digits 0 to 9. Python's float would also take 1_000,
    infinity and the digits of other scripts.

    >>> to_number(" 2.5 "), to_number("1_000"), to_number("NaN")
    (2.5, None, nan)
    """
    if is_missing(answer):
        return math.nan
    if isinstance(answer, str):
        text = answer.strip()
        number = float(text) if DECIMAL.fullmatch(text) else math.inf
    elif isinstance(answer, int | float) and not isinstance(answer, bool):
        number = _float(answer)
    else:
        return None
    return number + 0.0 if math.isfinite(number) else None  # the sum turns -0.0 into 0.0


def to_category(answer: object) -> Category | None:
    """An empty text for a missing answer, None for what is neither text, finite number nor truth value.

    A text that is a whole number or a fraction in its shortest form, as programs write it, counts as that number.

    >>> to_category(" yes "), to_category(True), to_category("7"), to_category("1.5"), to_category("1.50")
    ('yes', 'true', 7, 1.5, '1.50')
    """
    if is_missing(answer):
        return ""
    match answer:
        case str():
            return _text_or_number(normalized(answer.strip()))
        case bool():
            return str(answer).lower()
        case int() | float():
            return answer if math.isfinite(_float(answer)) else None
        case _:
            return None


def is_missing(answer: object) -> bool:
    """Whether an answer is None, NaN, a blank text or one that says NaN, whatever its case and sign."""
    match answer:
        case None:
            return True
        case float():
            return math.isnan(answer)
        case str():
            text = answer.strip()
            return not text or NOT_A_NUMBER.fullmatch(text) is not None
        case _:
            return False


def merge_rounding(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace numbers that differ only by rounding, in their last six bits, by the one with the shortest decimal form.

    Whole numbers below 2**53 are exact, hence different. No group is wider than the rounding, so that numbers however
    dense stay apart.

    Args:
        numbers: (n,), finite or NaN.

    Returns:
        Float64 (n,).

    >>> merge_rounding(np.array([0.1 + 0.2, 0.3, 0.31, 1e9 + 0.3, np.nextafter(1e9 + 0.3, 0)])).tolist()
    [0.3, 0.3, 0.31, 1000000000.3, 1000000000.3]
    """
    distinct, inverse = np.unique(numbers, return_inverse=True)
    with np.errstate(over="ignore"):  # opposite numbers near the largest float are infinitely far apart
        close = np.diff(distinct) <= ROUNDING * np.abs(distinct[1:])
    groups: list[tuple[int, list[float]]] = []  # the first one's position, and the numbers
    last = -1
    for index in np.flatnonzero(close).tolist():
        if index != last:
            groups.append((index, [float(distinct[index])]))
        number = float(distinct[index + 1])
        if _differ_by_rounding(groups[-1][1], number):
            groups[-1][1].append(number)
        else:
            groups.append((index + 1, [number]))
        last = index + 1
    for first, group in groups:
        distinct[first : first + len(group)] = min(group, key=lambda each: (len(repr(each)), each))
    merged: NDArray[np.float64] = distinct[inverse]
    return merged


def category_texts(categories: Sequence[Category]) -> list[str]:
    """Categories as texts, with numbers that differ only by rounding as one: 1, 1.0 and "1" are one text.

    >>> category_texts([1, 1.0, "1", 0.1 + 0.2, 0.3])
    ['1', '1', '1', '0.3', '0.3']
    """
    inexact = [position for position, each in enumerate(categories) if _fits_float(each)]
    merged = merge_rounding(np.array([categories[position] for position in inexact], dtype=np.float64))
    texts = [str(each) for each in categories]
    for position, number in zip(inexact, merged.tolist(), strict=True):
        texts[position] = str(int(number)) if _is_whole(number) else repr(number)
    return texts


def _text_or_number(text: str) -> Category:
    if WHOLE.fullmatch(text):
        return int(text)
    if "." not in text or not DECIMAL.fullmatch(text):
        return text
    fraction = float(text)
    return fraction if repr(fraction) == text and not fraction.is_integer() else text


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf


def _fits_float(category: Category) -> bool:
    return isinstance(category, float) or (isinstance(category, int) and abs(category) < LARGEST_EXACT)


def _differ_by_rounding(group: list[float], number: float) -> bool:
    if number - group[0] > ROUNDING * max(abs(number), abs(group[0])):
        return False
    return not (_is_whole(number) and any(map(_is_whole, group)))


def _is_whole(number: float) -> bool:
    return number.is_integer() and abs(number) < LARGEST_EXACT
