"""Parsers of option values shared by several commands."""

import re
from collections.abc import Sequence

from sids_service.errors import ConfigurationError

YEARS = re.compile(r"([0-9]{4})(?::([0-9]{4}))?")


def first_and_last(text: str, option: str = "--years", *, others: str = "") -> tuple[int, int]:
    """First and last year of `1990:2024`, or of `2020`.

    Raises:
        ConfigurationError: the text is neither; the message names the option, and what `others` it takes.
    """
    match = YEARS.fullmatch(text.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if first > last:
        raise ConfigurationError(f"{option} {text!r} is not of the form 1990:2024, or 2020{others}")
    return first, last


def years_between(first: int, last: int, known: Sequence[int], text: str) -> list[int]:
    """The known years from the first to the last.

    Raises:
        ConfigurationError: the data has no such year; the message quotes `text`, the value of --year.
    """
    years = [year for year in known if first <= year <= last]
    if not years:
        raise ConfigurationError(f"--year {text}: the data has the years {known[0]} to {known[-1]}")
    return years


def codes(text: str) -> tuple[str, ...]:
    """The codes of a comma-separated list, without blanks and empty entries."""
    return tuple(code.strip() for code in text.split(",") if code.strip())


def either(*names: str) -> str:
    """The names as a sentence for a help text."""
    *others, last = names
    return f"{', '.join(others)} or {last}." if others else f"{last}."
