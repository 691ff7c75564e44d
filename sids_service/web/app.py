"""The FastAPI application, and the Azure Functions made from its routes: one for each."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import azure.functions as func
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from sids_core import __version__
from sids_core.errors import SidsError
from sids_service.context import Context
from sids_service.jobs.consumer import BackgroundWorker
from sids_service.web.computed import ComputedEndpoint
from sids_service.web.docs import Api
from sids_service.web.errors import handle_http_exception, handle_sids_error, handle_validation_error
from sids_service.web.middleware import Cors, Guard, Requests
from sids_service.web.request_ids import mark_log_lines
from sids_service.web.routes import JsonRoute, Paths

TITLE = "SIDS ML backend"
DESCRIPTION = "Fills the gaps in the statistics of Small Island Developing States, and says how sure it is."

# An HTTP trigger with an empty route is served under its function's name; this template matches the empty path only.
# https://github.com/Azure/Azure-Functions/issues/2473
ROOT_ROUTE = "{ignored:maxlength(0)?}"


def model_router(name: str, label: str, *, prefix: str | None = None) -> APIRouter:
    """The router of one model: its routes begin with its name, its functions are named after both."""

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
    context: Context,
    routers: Sequence[APIRouter],
    endpoints: Mapping[str, ComputedEndpoint[Any]] = MappingProxyType({}),
    on_request: Callable[[], None] | None = None,
) -> FastAPI:
    """One application of all routers.

    Args:
        context: shared by all endpoints.
        routers: made by `model_router`.
        endpoints: those that jobs can compute, by name.
        on_request: called with every request; must return at once.
    """
    mark_log_lines()
    paths = Paths(routers)
    settings = context.settings
    app = Api(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        servers=[{"url": "/"}],
        # The service's own routes, so that they become functions like all others.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Requests, paths, on_request),
            Middleware(Cors, settings.allowed_origins, paths),
            Middleware(Guard, settings.max_body_bytes),
        ],
        exception_handlers={
            SidsError: handle_sids_error,
            RequestValidationError: handle_validation_error,
            HTTPException: handle_http_exception,
        },
    )
    app.state.context = context
    app.state.endpoints = endpoints
    app.state.routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    for router in routers:
        app.include_router(router)
    return app


class ServiceApp(func.FunctionApp):
    """A FunctionApp with one function for each route of the application. Access is the network's matter.

    Attributes:
        api: the application, which other servers can serve as well.
        start: starts what works in the background; the first request does so otherwise.
        worker: the worker loop, for a server that no Functions host triggers.
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
        for router in routers:
            self.register_functions(_blueprint(router, middleware))

    def get_functions(self) -> list[func.decorators.function_app.Function]:
        """Every function of the app; may be called any number of times."""
        # The base class remembers the names it has seen and takes a second call for duplicates.
        self.functions_bindings = None
        return super().get_functions()


def _blueprint(router: APIRouter, middleware: func.AsgiMiddleware) -> func.Blueprint:
    async def handle(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
        response: func.HttpResponse = await middleware.handle_async(req, context)
        return response

    blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
    for route in router.routes:
        if isinstance(route, APIRoute):
            trigger = blueprint.route(
                route.path.strip("/") or ROOT_ROUTE, methods=[*sorted(route.methods or ()), "OPTIONS"]
            )
            blueprint.function_name(route.unique_id)(trigger(handle))
    return blueprint
