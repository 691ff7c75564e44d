"""Parameters of the query and of the path: found in a function's signature, read from a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from sids_service.web.body import fault
from sids_service.web.errors import Fault, MalformedError


@dataclass(frozen=True, slots=True)
class Parameter:
    """One simple parameter of a typed function.

    Attributes:
        name: the same in the function and in the request.
        source: `query` or `path`.
        field: its type, default, description and metadata, in the form that pydantic keeps for models.
        adapter: parses its text.
    """

    name: str
    source: str
    field: FieldInfo
    adapter: TypeAdapter[Any]

    @classmethod
    def of(cls, argument: Argument, source: str) -> "Parameter":
        """From a function's argument; without a default it is required."""
        plain = argument.default is Argument.empty
        field = (
            FieldInfo.from_annotation(argument.annotation)
            if plain
            else FieldInfo.from_annotated_attribute(argument.annotation, argument.default)
        )
        return cls(argument.name, source, field, TypeAdapter(argument.annotation))


def parse_parameters(
    parameters: tuple[Parameter, ...], query: Mapping[str, str], path: Mapping[str, str]
) -> dict[str, Any]:
    """Values by name; those that are not sent are left to the function's defaults.

    Raises:
        MalformedError: with an entry for every parameter that is missing or does not fit its type.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for parameter in parameters:
        texts = query if parameter.source == "query" else path
        if parameter.name in texts:
            try:
                values[parameter.name] = parameter.adapter.validate_python(texts[parameter.name])
            except ValidationError as error:
                details = error.errors(include_url=False, include_context=False, include_input=False)
                faults += [fault(parameter.source, detail, parameter.name) for detail in details]
        elif parameter.field.is_required():
            faults.append(Fault(loc=[parameter.source, parameter.name], msg="Field required", type="missing"))
    if faults:
        raise MalformedError(faults)
    return values
