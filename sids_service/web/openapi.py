"""The OpenAPI 3.1 document of the endpoints, https://spec.openapis.org/oas/v3.1.0.

The format is openapi-pydantic's, the schemas are pydantic's; this module only says which endpoint has which of them.
Import it where the document is asked for: the format's classes take long to load.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from openapi_pydantic import (
    Components,
    Header,
    Info,
    MediaType,
    OpenAPI,
    Operation,
    PathItem,
    Reference,
    RequestBody,
    Response,
    Responses,
    Schema,
    Server,
    Tag,
)
from openapi_pydantic import Parameter as Described
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from sids_service.web.answers import JSON
from sids_service.web.blueprint import function_name
from sids_service.web.endpoint import Endpoint
from sids_service.web.errors import FailureAnswer, Faults, ProblemAnswer
from sids_service.web.job_state import JobState
from sids_service.web.prefer import RESPOND_ASYNC

Key = tuple[str, str]
Schemas = dict[Key, Schema | Reference]

ERRORS: tuple[tuple[str, str, type[BaseModel] | Any], ...] = (
    ("400", "The body is not JSON.", ProblemAnswer),
    ("404", "There is nothing of this name.", ProblemAnswer),
    ("409", "", ProblemAnswer),
    ("413", "The body is too large.", ProblemAnswer),
    ("422", "The request is malformed (a list of faults), or the data cannot serve it.", Faults | ProblemAnswer),
    ("500", "The service failed; its log has the details under the error id.", FailureAnswer),
    ("503", "The data is not available yet, or too much is asked at once.", ProblemAnswer),
)


def document(endpoints: Iterable[Endpoint], *, title: str, version: str, description: str) -> dict[str, Any]:
    """The document as plain JSON values."""
    listed = sorted(endpoints, key=lambda endpoint: endpoint.path)
    schemas, definitions = _schemas(listed)
    openapi = OpenAPI(
        info=Info(title=title, version=version, description=description),
        servers=[Server(url="/")],
        tags=[Tag(name=label) for label in sorted({endpoint.label for endpoint in listed})],
        paths={f"/{path}": _path_item(group, schemas) for path, group in groupby(listed, lambda item: item.path)},
        components=Components(schemas=definitions),
    )
    return {"openapi": openapi.openapi} | openapi.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _schemas(endpoints: list[Endpoint]) -> tuple[Schemas, dict[str, Schema | Reference]]:
    """Schemas by endpoint (or `errors`) and place in it, and the definitions that they share."""
    wanted: list[tuple[Key, JsonSchemaMode, TypeAdapter[Any]]] = [
        (("errors", status), "serialization", TypeAdapter(answer)) for status, _, answer in ERRORS
    ]
    if any(endpoint.may_be_later for endpoint in endpoints):
        wanted.append((_JOB, "serialization", TypeAdapter(JobState)))
    for endpoint in endpoints:
        name = function_name(endpoint)
        if endpoint.produces == JSON:
            wanted.append(((name, "answer"), "serialization", TypeAdapter(endpoint.returns)))
        if endpoint.body:
            wanted.append(((name, "body"), "validation", TypeAdapter(endpoint.body[1])))
        wanted += [((name, parameter.name), "validation", parameter.adapter) for parameter in endpoint.parameters]
    found, shared = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    schemas = {key: _schema(raw) for (key, _), raw in found.items()}
    return schemas, {name: _schema(raw) for name, raw in shared.get("$defs", {}).items()}


def _schema(raw: dict[str, Any]) -> Schema | Reference:
    return Reference.model_validate(raw) if raw.keys() == {"$ref"} else Schema.model_validate(raw)


def _path_item(endpoints: Iterable[Endpoint], schemas: Schemas) -> PathItem:
    return PathItem(**{endpoint.method.lower(): _operation(endpoint, schemas) for endpoint in endpoints})


def _operation(endpoint: Endpoint, schemas: Schemas) -> Operation:
    name = function_name(endpoint)
    summary, _, _ = endpoint.doc.partition("\n")
    body = {JSON: MediaType(media_type_schema=schemas[name, "body"])} if endpoint.body else None
    answer = MediaType(media_type_schema=schemas.get((name, "answer")))
    errors: Responses = {
        status: Response(
            description=text or endpoint.conflicts,
            content={JSON: MediaType(media_type_schema=schemas["errors", status])},
        )
        for status, text, _ in ERRORS
        if status not in _skipped(endpoint)
    }
    return Operation(
        operationId=name,
        tags=[endpoint.label],
        summary=summary,
        description=endpoint.doc or None,
        parameters=[_parameter(endpoint, index, schemas) for index in range(len(endpoint.parameters))] or None,
        requestBody=RequestBody(content=body, required=True) if body else None,
        responses={
            "200": Response(description="OK", headers=_HEADERS, content={endpoint.produces: answer}),
            **({"202": _accepted(schemas)} if endpoint.may_be_later else {}),
            **errors,
        },
    )


def _skipped(endpoint: Endpoint) -> set[str]:
    """The errors that cannot happen to it."""
    return (
        (set() if endpoint.body else {"400", "413"})
        | (set() if "{" in endpoint.path else {"404"})
        | (set() if endpoint.conflicts else {"409"})
        | (set() if endpoint.fields else {"422"})
    )


def _accepted(schemas: Schemas) -> Response:
    headers: dict[str, Header | Reference] = {
        "Location": Header(description="Where the job's state is.", param_schema=_TEXT),
        "Preference-Applied": Header(description=RESPOND_ASYNC, param_schema=_TEXT),
    }
    return Response(
        description=f"With the header `Prefer: {RESPOND_ASYNC}`: the job that computes the answer.",
        headers={**_HEADERS, **headers},
        content={JSON: MediaType(media_type_schema=schemas[_JOB])},
    )


def _parameter(endpoint: Endpoint, index: int, schemas: Schemas) -> Described:
    parameter = endpoint.parameters[index]
    return Described.model_validate(
        {
            "name": parameter.name,
            "in": parameter.source,
            "required": parameter.source == "path" or parameter.field.is_required(),
            "description": parameter.field.description,
            "schema": schemas[function_name(endpoint), parameter.name],
        }
    )


_JOB: Key = ("jobs", "state")
_TEXT = Schema.model_validate({"type": "string"})
_HEADERS: dict[str, Header | Reference] = {
    "X-Request-ID": Header(description="The id under which the log has this request.", param_schema=_TEXT),
    "Server-Timing": Header(description="Milliseconds by stage of the work.", param_schema=_TEXT),
}
