"""Forms: the inputs a client can present, derived from the types of the models' main endpoints."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlencode

from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, GetCoreSchemaHandler, TypeAdapter
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


class RequiredEndpoint(BaseModel):
    """The endpoint that lists the allowed values of an input, and the inputs it takes itself."""

    endpoint: str
    method: str
    inputs: list[str]


class Condition(BaseModel):
    """When an input is required: always, or where another input has one of these values."""

    required: bool | list[dict[str, str]]


class FormInput(BaseModel):
    """An input of a form; what does not apply is left out."""

    parameter: str
    label: str
    description: str | None = None
    type: str = Field(description="Its JSON type, or enum.")
    values: list[tuple[str, str]] | None = Field(default=None, description="Of an enum: values with their labels.")
    req_endpoint: RequiredEndpoint | None = None
    conditions: list[Condition] | None = None


class Form(BaseModel):
    """The form of a model."""

    model: str
    label: str
    inputs: list[FormInput]


def forms(routes: Iterable[APIRoute]) -> list[Form]:
    """One form per main endpoint: its model, label and inputs."""
    return [
        Form(
            model=route.unique_id.partition("_")[0],
            label=str(route.tags[0]),
            inputs=[_form_input(name, field) for name, field in fields_of(route.endpoint).items()],
        )
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


def where_listed(route: object, parameter: str | None, given: Mapping[str, Any]) -> str:
    """Suffix of a message that names the call listing the allowed values; empty without one.

    Args:
        route: the route that was called.
        parameter: the parameter with a faulty value.
        given: the values of the others, by name.
    """
    endpoint = getattr(route, "endpoint", None)
    return listed_by(fields_of(endpoint), parameter, given) if endpoint else ""


def listed_by(fields: Mapping[str, FieldInfo], parameter: str | None, given: Mapping[str, Any]) -> str:
    """The same for the fields of a request."""
    field = fields.get(parameter or "")
    presented = _input_of(field) if field else None
    if presented is None or presented.choices is None:
        return ""
    choices = presented.choices
    asked = {name: given.get(name, _default(name, fields)) for name in choices.inputs}
    inputs = {
        name: str(value.value if isinstance(value, Enum) else value)
        for name, value in asked.items()
        if value is not None
    }
    if choices.method == "POST":
        return f"; listed by POST /{choices.endpoint} {json.dumps(inputs, ensure_ascii=False)}"
    query = urlencode(inputs, safe="<>")
    return f"; listed by GET /{choices.endpoint}{'?' if query else ''}{query}"


def _default(name: str, fields: Mapping[str, FieldInfo]) -> Any:
    """The default of a field; of one without, a placeholder."""
    field = fields.get(name)
    return f"<{name}>" if field is None or field.is_required() else field.default


def _is(annotation: Any, *kinds: type) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, kinds)


def _is_dependency(item: object) -> bool:
    return isinstance(item, Depends)


def _input_of(field: FieldInfo) -> Input | None:
    """The `Input` of a field, from its annotation or that of one of its alternatives."""
    alternatives = (option for option in get_args(field.annotation) if get_origin(option) is Annotated)
    items = (*field.metadata, *(item for option in alternatives for item in option.__metadata__))
    return next((item for item in items if isinstance(item, Input)), None)


def _form_input(name: str, field: FieldInfo) -> FormInput:
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
    return FormInput.model_validate({key: value for key, value in shown.items() if value})


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
