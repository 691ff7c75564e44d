"""The OpenAPI document with the errors of every route, and Swagger UI from an installed package."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from starlette.responses import Response

from sids_service.web.access import SCHEMES, Access
from sids_service.web.errors import RESPONSES, NotFoundError
from sids_service.web.forms import fields_of, has_body

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "swagger-ui.css": "text/css; charset=utf-8",
        "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
        "favicon-32x32.png": "image/png",
    }
)


ANSWER_HEADERS: Mapping[str, Any] = MappingProxyType(
    {
        "X-Request-ID": {"description": "Id of the request in the log.", "schema": {"type": "string"}},
        "Server-Timing": {"description": "Milliseconds by stage of the computation.", "schema": {"type": "string"}},
    }
)


RESULTS: dict[str, Any] = {"x-results": True}
"""Marks the endpoint that answers the results of jobs (`openapi_extra=RESULTS`): those of every computed endpoint."""


class Api(FastAPI):
    """An application whose OpenAPI document lists the possible errors of each route.

    They are added when the document is first requested: declared on every route, they would slow the start.
    """

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        if self.openapi_schema is None:
            document = super().openapi()
            _describe_errors(document, self.state.routes)
            _describe_access(document, self.state.routes, self.state.access)
            _describe_results(document)
            _describe_defaults(document)
        return super().openapi()


def _describe_results(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    computed = [operation for operation in operations if {"200", "202"} <= operation["responses"].keys()]
    results = [operation["responses"]["200"]["content"]["application/json"]["schema"] for operation in computed]
    for operation in operations:
        if operation.pop("x-results", False):
            operation["responses"]["200"]["content"]["application/json"]["schema"] = {"anyOf": results}


def _describe_defaults(document: dict[str, Any]) -> None:
    """Tell the defaults of request fields in words: generators take a property with a default for a required one."""
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            schema = schemas.get(body.get("$ref", "").rpartition("/")[2], {})
            for field in schema.get("properties", {}).values():
                default = field.pop("default", None)
                if default not in (None, []):
                    field["description"] = f"{field.get('description', '')} Default: {json.dumps(default)}.".strip()


def _describe_errors(document: dict[str, Any], routes: Sequence[APIRoute]) -> None:
    models = {status: TypeAdapter(model) for status, (_, model) in RESPONSES.items()}
    schemas, definitions = TypeAdapter.json_schemas(
        [(status, "serialization", adapter) for status, adapter in models.items()],
        ref_template="#/components/schemas/{model}",
    )
    components = document["components"]["schemas"]
    components.update(definitions["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's, which have the same shape
        components.pop(name, None)
    for route in routes:
        for method in route.methods or ():
            responses = document["paths"][route.path][method.lower()]["responses"]
            responses[str(route.status_code or 200)]["headers"] = dict(ANSWER_HEADERS)
            for status in _errors_of(route):
                content = {"application/json": {"schema": schemas[status, "serialization"]}}
                responses[str(status)] = {"description": RESPONSES[status][0], "content": content}


def _describe_access(document: dict[str, Any], routes: Sequence[APIRoute], access: Access) -> None:
    """Say what needs a credential, where anything does. `{}` means that none is needed, too."""
    scheme: Mapping[str, list[str]] = {access.scheme: []}
    if access.protects:
        document["components"]["securitySchemes"] = {access.scheme: dict(SCHEMES[access.scheme])}
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"][route.path][method.lower()]
            operation.pop("security", None)
            always = access.needs_key(route) or access.needs_credential(route)
            if always or access.needs_credential(route, later=True):
                operation["security"] = [scheme] if always else [{}, scheme]
                operation["responses"].update(_refusals(access))


def _refusals(access: Access) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}}
    if access.scheme == "keys":  # the host answers, without a body
        return {"401": {"description": "The key is missing or wrong."}}
    return {str(status): {"description": RESPONSES[status][0], "content": content} for status in (401, 403)}


def _errors_of(route: APIRoute) -> list[int]:
    statuses = {500, 503} | {int(status) for status in route.responses if int(status) in RESPONSES}
    statuses |= {400, 408, 413} if has_body(route.endpoint) else set()
    statuses |= {415} if "POST" in (route.methods or ()) else set()
    statuses |= {404} if "{" in route.path else set()
    return sorted(statuses | ({422} if fields_of(route.endpoint) else set()))


def page(title: str) -> Response:
    """The page that shows `openapi.json`; URLs are relative, so that it works under any route prefix."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title=title,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
        # The badge would call a validator on the internet.
        swagger_ui_parameters={"validatorUrl": None},
    )


def asset(name: str) -> Response:
    """A file of the page, cached by browsers for a day.

    Raises:
        NotFoundError: the file is not part of the page.
    """
    if name not in MEDIA_TYPES:
        raise NotFoundError(f"File {name!r} not found; available: {', '.join(MEDIA_TYPES)}")
    content = files("openapi_ui_bundles").joinpath("swagger_ui", "vendor", name).read_bytes()
    return Response(content, media_type=MEDIA_TYPES[name], headers={"Cache-Control": "public, max-age=86400"})
