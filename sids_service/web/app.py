"""The FastAPI application, and one Azure Function per route."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func
from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sids_core import __version__
from sids_core.errors import SidsError
from sids_service.context import Context, served
from sids_service.errors import ConfigurationError
from sids_service.jobs.consumer import BackgroundWorker
from sids_service.settings import Settings
from sids_service.telemetry.telemetry import OFF
from sids_service.web.access import Access, passed_by_host
from sids_service.web.compression import EntityTags, Gzip
from sids_service.web.computed import ComputedEndpoint
from sids_service.web.docs import Api
from sids_service.web.errors import (
    BadHostError,
    error_response,
    handle_http_exception,
    handle_sids_error,
    handle_validation_error,
)
from sids_service.web.middleware import Cors, Guard, Requests
from sids_service.web.request_ids import mark_log_lines
from sids_service.web.routes import JsonRoute, Paths

TITLE = "SIDS ML backend"
DESCRIPTION = "Imputes missing statistics of Small Island Developing States, with prediction intervals and errors."

# The host serves a trigger with an empty route under its function's name; this template matches only the empty path.
# https://github.com/Azure/Azure-Functions/issues/2473
ROOT_ROUTE = "{ignored:maxlength(0)?}"


def model_router(name: str, label: str, *, prefix: str | None = None) -> APIRouter:
    """The router of a model: paths start with its name; functions are named after model and path."""

    def function_name(route: APIRoute) -> str:
        below = re.sub(r"\W+", "_", route.path.removeprefix(f"/{name}/")).strip("_")
        return f"{name}_{below or 'root'}"

    return APIRouter(
        prefix=f"/{name}" if prefix is None else prefix,
        tags=[label],
        route_class=JsonRoute,
        generate_unique_id_function=function_name,
        redirect_slashes=False,
    )


def create_app(
    context: Context | ConfigurationError,
    routers: Sequence[APIRouter],
    endpoints: Mapping[str, ComputedEndpoint[Any]] = MappingProxyType({}),
    on_request: Callable[[], None] | None = None,
) -> FastAPI:
    """Create the application from the routers.

    Args:
        context: shared by all endpoints; or why there is none, which every model and whatever else needs it answers.
        routers: made by `model_router`.
        endpoints: those whose responses jobs can compute, by name.
        on_request: called with every request; must return at once.
    """
    mark_log_lines()
    paths = Paths(routers)
    settings = Settings.model_construct() if isinstance(context, ConfigurationError) else context.settings
    telemetry = OFF if isinstance(context, ConfigurationError) else context.telemetry
    app = Api(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": "/"}],
        # In the order of use: models and jobs before the service's own endpoints, which have no prefix.
        openapi_tags=[{"name": str(router.tags[0])} for router in sorted(routers, key=lambda each: not each.prefix)],
        # The root router has its own routes for these, so that they become functions too.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # FastAPI's own would be a second span and a second measurement of each request.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        middleware=[
            Middleware(Requests, paths, telemetry, on_request),
            Middleware(Cors, settings.allowed_origins, paths),
            Middleware(Gzip),
            Middleware(EntityTags, lambda: _dataset_version(context)),
            Middleware(Guard, paths, settings.max_body_bytes),
        ],
        exception_handlers={
            SidsError: handle_sids_error,
            RequestValidationError: handle_validation_error,
            HTTPException: handle_http_exception,
        },
    )
    app.state.context = context
    # Without valid settings there is nothing to protect: whatever needs them answers 503.
    app.state.access = Access() if isinstance(context, ConfigurationError) else Access.of(settings)
    app.state.endpoints = endpoints
    app.state.routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for router in routers:
        # Models that use no data need the context as well: they should not look healthy without valid settings.
        app.include_router(router, dependencies=[Depends(served)] if router.prefix else [])
    return app


def _dataset_version(context: Context | ConfigurationError) -> str:
    return "" if isinstance(context, ConfigurationError) else context.dataset.status().version


class ServiceApp(func.FunctionApp):
    """A FunctionApp with one function per route of the application.

    Functions that need a key of the host leave OPTIONS to another one, `service_options`: browsers send no key with a
    preflight, and the host decides by function.

    Attributes:
        api: the application, for other servers.
        start: starts the background work; otherwise the first request does.
        worker: the worker loop, for a server without a Functions host.
    """

    def __init__(
        self,
        api: FastAPI,
        routers: Sequence[APIRouter],
        start: Callable[[], None] = lambda: None,
        worker: BackgroundWorker | None = None,
    ) -> None:
        super().__init__(http_auth_level=func.AuthLevel.ANONYMOUS)
        self.api = api
        self.start = start
        self.worker = worker
        middleware = func.AsgiMiddleware(api)  # type: ignore[no-untyped-call]
        access: Access = api.state.access
        for router in routers:
            self.register_functions(_blueprint(router, middleware, access))
        if access.scheme == "keys":
            self.register_functions(_options(middleware))

    def get_functions(self) -> list[func.decorators.function_app.Function]:
        """Every function of the app; may be called repeatedly."""
        # The base class remembers names and would report duplicates at a second call.
        self.functions_bindings = None
        return super().get_functions()


Handler = Callable[[func.HttpRequest, func.Context], Coroutine[Any, Any, func.HttpResponse]]


def _handler(middleware: func.AsgiMiddleware) -> Handler:
    """A function that passes requests of the Functions host on to the application."""

    async def handle(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        try:  # the middleware takes the URL to pieces before the application sees the request
            _ = urlsplit(req.url).port
        except ValueError:
            error = BadHostError("The URL of the request has no valid host")
            answer = error_response(error)
            return func.HttpResponse(bytes(answer.body), status_code=answer.status_code, mimetype=answer.media_type)
        with passed_by_host():
            response: func.HttpResponse = await middleware.handle_async(req, context)
        return response

    return handle


def _blueprint(router: APIRouter, middleware: func.AsgiMiddleware, access: Access) -> func.Blueprint:
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
    for route in router.routes:
        if isinstance(route, APIRoute):
            needs_key = access.needs_key(route)
            trigger = blueprint.route(
                route.path.strip("/") or ROOT_ROUTE,
                methods=[*sorted(route.methods or ()), *([] if needs_key else ["OPTIONS"])],
                auth_level=func.AuthLevel.FUNCTION if needs_key else func.AuthLevel.ANONYMOUS,
            )
            blueprint.function_name(route.unique_id)(trigger(_handler(middleware)))
    return blueprint


def _options(middleware: func.AsgiMiddleware) -> func.Blueprint:
    """A function for OPTIONS on every path; the host prefers functions with more specific routes."""
    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
    trigger = blueprint.route("{*path}", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
    blueprint.function_name("service_options")(trigger(_handler(middleware)))
    return blueprint
