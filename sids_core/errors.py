"""Exceptions whose messages are shown to the caller."""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN_VALUES = 10
SHOWN_CHARACTERS = 80


class SidsError(Exception):
    """Base of the errors whose message is shown to the caller.

    Attributes:
        kind: stable name of the error in snake_case, for programs.
    """

    kind = "error"


class RequestError(SidsError):
    """A well-formed request that the data cannot serve: the message names the faulty value."""

    def __init__(self, message: str, *, kind: str = "value_error", parameter: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.parameter = parameter


class UnknownValueError(RequestError):
    """A parameter's value, or several, are not among the allowed ones.

    The message lists the allowed values if they are few, otherwise the closest ones.

    Args:
        parameter: name of the parameter.
        value: the value, or a list of those that are unknown.
        allowed: the allowed values.
    """

    def __init__(self, parameter: str, value: object, allowed: Iterable[object]) -> None:
        names = [str(name) for name in allowed]
        unknown = [str(each)[:SHOWN_CHARACTERS] for each in (value if isinstance(value, list) else [value])]
        shown = ", ".join(map(repr, unknown[:SHOWN_VALUES]))
        if len(unknown) > SHOWN_VALUES:
            shown += f" and {len(unknown) - SHOWN_VALUES} more"
        super().__init__(
            f"{parameter} {shown} {'is' if len(unknown) == 1 else 'are'} unknown; {_offer(unknown, names)}",
            kind=f"unknown_{parameter}",
            parameter=parameter,
        )


class DataUnavailableError(SidsError):
    """The dataset is not loaded yet, or its source cannot be reached; a retry may succeed."""

    kind = "data_unavailable"


class DatasetError(SidsError):
    """The data was found but cannot be used; a retry helps only after it has changed."""

    kind = "dataset_error"


class MissingExtraError(SidsError, ImportError):
    """A library that only some need is not installed; the message names the extra of this package that has it.

    Args:
        action: what needs it.
        library: its name.
        extra: name of the extra.
    """

    kind = "missing_extra"

    def __init__(self, action: str, library: str, extra: str) -> None:
        super().__init__(f'{action} needs {library}: pip install "sids-ml-backend[{extra}]"')


class PathError(SidsError):
    """A name or path from data or an argument cannot be used for a file, or would lead out of its folder."""

    kind = "path_error"


class TableError(DatasetError):
    """A file cannot be read as the expected table.

    Attributes:
        kind: stable name in snake_case, for programs.
        file: name of the file.
        row: the place, if known, as `line 5` or `row 4`.
    """

    def __init__(self, kind: str, file: str, fault: str, *, row: str = "") -> None:
        super().__init__(f"{file}: {row}: {fault}" if row else f"{file}: {fault}")
        self.kind = kind
        self.file = file
        self.row = row


def _offer(unknown: list[str], names: list[str]) -> str:
    if not names:
        return "no valid value exists in this dataset"
    if len(names) <= SHOWN_VALUES:
        return f"allowed: {', '.join(names)}"
    each = 3 if len(unknown) == 1 else 1
    close = [name for value in unknown[:SHOWN_VALUES] for name in get_close_matches(value, names, n=each, cutoff=0.6)]
    if close:
        return f"the closest of {len(names)} allowed ones: {', '.join(dict.fromkeys(close))}"
    return f"{len(names)} are allowed, among them {', '.join(names[:3])}"
