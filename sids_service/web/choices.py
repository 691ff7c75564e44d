"""How a request's field follows from an argument of the library: its allowed values, and its name in errors."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from sids_core.errors import RequestError


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotates a `str` field that takes one of some names, as `Literal` does for names that are written out."""

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of a `Literal` of the names: the same JSON schema, the same `literal_error`."""
        return core_schema.literal_schema(list(self.names))


def one_of(names: Iterable[str]) -> OneOf:
    """Annotate a field that takes one of the names of a registry.

    For example `method: Annotated[str, one_of(METHODS)]`.
    """
    return OneOf(tuple(names))


@contextmanager
def argument_names(**fields: str) -> Iterator[None]:
    """Raise errors of the library under the names of the request's fields.

    Args:
        fields: library argument → field, for example `indicator="target"`; others keep their names.

    Raises:
        RequestError: the enclosed error, with the field's name as `parameter`, and in the kind `unknown_<parameter>`.
    """
    try:
        yield
    except RequestError as error:
        argument = error.parameter or ""
        if argument not in fields:
            raise
        field = fields[argument]
        message = str(error)
        if message.startswith(f"{argument} "):
            message = field + message.removeprefix(argument)
        kind = f"unknown_{field}" if error.kind == f"unknown_{argument}" else error.kind
        raise RequestError(message, kind=kind, parameter=field) from error
