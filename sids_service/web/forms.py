"""The forms of `/params`: what a client can ask a person for, read from the models' main endpoints."""

from collections.abc import Iterable
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from sids_service.web.endpoint import Endpoint, input_of


def forms(endpoints: Iterable[Endpoint]) -> list[dict[str, Any]]:
    """One form for each main endpoint: its model, label and inputs."""
    return [
        {
            "model": endpoint.model,
            "label": endpoint.label,
            "inputs": [_form_input(name, field) for name, field in endpoint.fields.items()],
        }
        for endpoint in endpoints
        if endpoint.main
    ]


def _form_input(name: str, field: FieldInfo) -> dict[str, Any]:
    presented = input_of(field)
    values = _values(field)
    choices = presented.choices if presented else None
    conditions = _conditions(field)
    told: dict[str, Any] = {
        "parameter": name,
        "label": presented.label if presented else field.title or name.replace("_", " ").capitalize(),
        "description": field.description,
        "type": "enum" if values else _json_type(field),
        "values": values,
        "req_endpoint": choices
        and {"endpoint": f"/{choices.endpoint}", "method": choices.method, "inputs": list(choices.inputs)},
        "conditions": conditions,
    }
    return {key: value for key, value in told.items() if value}


def _values(field: FieldInfo) -> list[list[str]]:
    presented = input_of(field)
    if presented and presented.values:
        return [[value, label] for value, label in presented.values]
    if get_origin(field.annotation) is Literal:
        return [[str(value), str(value)] for value in get_args(field.annotation)]
    if isinstance(field.annotation, type) and issubclass(field.annotation, Enum):
        return [[str(member.value), str(member.value)] for member in field.annotation]
    return []


def _conditions(field: FieldInfo) -> list[dict[str, Any]]:
    if field.is_required():
        return [{"required": True}]
    presented = input_of(field)
    if presented is None or not presented.required_when:
        return []
    return [{"required": [{parameter: value} for parameter, value in presented.required_when]}]


def _json_type(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    schema = TypeAdapter(annotation).json_schema()
    options = [schema, *schema.get("anyOf", [])]
    return next((option["type"] for option in options if option.get("type", "null") != "null"), "string")
