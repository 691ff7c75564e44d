"""Forms: the inputs a client can present, derived from the types of the models' main endpoints."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin

from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, GetCoreSchemaHandler, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema
from starlette.requests import Request
from starlette.responses import Response

MAIN: dict[str, Any] = {"x-main": True}
"""Marks a model's main endpoint (`openapi_extra=MAIN`), whose inputs make the model's form."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The endpoint that lists the allowed values of a parameter.

    Attributes:
        endpoint: its path without the leading slash, for example `twolvlImp/targets`.
        method: GET or POST.
        inputs: names of its parameters.
    """

    endpoint: str
    method: str = "GET"
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a model's form, as an annotation of a request's field.

    Attributes:
        label: shown beside the input.
        values: the allowed values with their labels, if they are fixed.
        choices: the endpoint that lists the allowed values, if they depend on the data.
        required_when: (parameter, value) pairs, any of which makes this one required, for example
            `(("scheme", "MANUAL"),)`; empty if it is required always or never (its default decides).
    """

    label: str
    values: tuple[tuple[str, str], ...] = ()
    choices: Choices | None = None
    required_when: tuple[tuple[str, str], ...] = ()


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


def forms(routes: Iterable[APIRoute]) -> list[dict[str, Any]]:
    """One form per main endpoint: its model, label and inputs."""
    return [
        {
            "model": route.unique_id.partition("_")[0],
            "label": str(route.tags[0]),
            "inputs": [_form_input(name, field) for name, field in fields_of(route.endpoint).items()],
        }
        for route in routes
        if route.openapi_extra and route.openapi_extra.get("x-main")
    ]


@cache
def fields_of(endpoint: Callable[..., Any]) -> Mapping[str, FieldInfo]:
    """All inputs of an endpoint by name: its parameters, then the fields of its body."""
    parameters: dict[str, FieldInfo] = {}
    body: dict[str, FieldInfo] = {}
    for argument in signature(endpoint, eval_str=True).parameters.values():
        annotation = argument.annotation
        if _is(annotation, BaseModel):
            body = {field.alias or name: field for name, field in annotation.model_fields.items()}
        elif not _is(annotation, Request, Response) and not any(map(_is_dependency, get_args(annotation))):
            parameters[argument.name] = (
                FieldInfo.from_annotation(annotation)
                if argument.default is Parameter.empty
                else FieldInfo.from_annotated_attribute(annotation, argument.default)
            )
    return MappingProxyType(parameters | body)


def has_body(endpoint: Callable[..., Any]) -> bool:
    """Whether an endpoint has a JSON body."""
    return any(_is(item.annotation, BaseModel) for item in signature(endpoint, eval_str=True).parameters.values())


def where_listed(route: object, parameter: str | None) -> str:
    """Suffix of a message that names the endpoint listing the allowed values; empty without one."""
    endpoint = getattr(route, "endpoint", None)
    return listed_by(fields_of(endpoint), parameter) if endpoint else ""


def listed_by(fields: Mapping[str, FieldInfo], parameter: str | None) -> str:
    """The same for the fields of a request."""
    field = fields.get(parameter or "")
    presented = _input_of(field) if field else None
    if presented is None or presented.choices is None:
        return ""
    choices = presented.choices
    return f"; listed by {choices.method} /{choices.endpoint}" + "".join(
        f"{'&' if index else '?'}{name}" for index, name in enumerate(choices.inputs)
    )


def _is(annotation: Any, *kinds: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, kinds)


def _is_dependency(item: object) -> bool:
    return isinstance(item, Depends)


def _input_of(field: FieldInfo) -> Input | None:
    """The `Input` of a field, from its annotation or that of one of its alternatives."""
    alternatives = (option for option in get_args(field.annotation) if get_origin(option) is Annotated)
    items = (*field.metadata, *(item for option in alternatives for item in option.__metadata__))
    return next((item for item in items if isinstance(item, Input)), None)


def _form_input(name: str, field: FieldInfo) -> dict[str, Any]:
    presented = _input_of(field)
    values = _values(field, presented)
    choices = presented.choices if presented else None
    shown: dict[str, Any] = {
        "parameter": name,
        "label": presented.label if presented else field.title or name.replace("_", " ").capitalize(),
        "description": field.description,
        "type": "enum" if values else _json_type(field),
        "values": values,
        "req_endpoint": choices
        and {"endpoint": f"/{choices.endpoint}", "method": choices.method, "inputs": list(choices.inputs)},
        "conditions": _conditions(field, presented),
    }
    return {key: value for key, value in shown.items() if value}


def _values(field: FieldInfo, presented: Input | None) -> list[list[str]]:
    if presented and presented.values:
        return [[value, label] for value, label in presented.values]
    if get_origin(field.annotation) is Literal:
        return [[str(value), str(value)] for value in get_args(field.annotation)]
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return [[str(member.value), str(member.value)] for member in field.annotation]
    return []


def _conditions(field: FieldInfo, presented: Input | None) -> list[dict[str, Any]]:
    if field.is_required():
        return [{"required": True}]
    if presented is None or not presented.required_when:
        return []
    return [{"required": [{parameter: value} for parameter, value in presented.required_when]}]


def _json_type(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    schema = TypeAdapter(annotation).json_schema()
    options = [schema, *schema.get("anyOf", [])]
    return next((option["type"] for option in options if option.get("type", "null") != "null"), "string")
