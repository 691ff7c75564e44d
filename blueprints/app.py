"""Builds the FastAPI application and its Azure Functions from settings and a dataset."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from threading import Thread
from types import ModuleType
from typing import Any

from blueprints import MODELS, data, jobs, root
from sids_core.errors import DataUnavailableError
from sids_service.context import Context
from sids_service.dataset.panel_source import PanelSource
from sids_service.errors import ConfigurationError
from sids_service.jobs.fair import FairWorker
from sids_service.jobs.store import is_remote
from sids_service.jobs.worker import Worker
from sids_service.telemetry.gauges import gauges
from sids_service.web import request_ids
from sids_service.web.access import GROUPS
from sids_service.web.app import ServiceApp, create_app
from sids_service.web.computed import ComputedEndpoint

SWITCH_SECONDS = 0.00001
"""How long a thread may keep the interpreter from others, Python's `sys.setswitchinterval`.

k-modes and k-prototypes are pure Python, and a request takes the interpreter many times: with 1 ms each of these waits
added up to 0.4 s for /health with 20 users, with 10 µs to 0.04 s, at the same throughput (docs/performance.md).
"""


def build_app(context: Context, *, autostart: bool = False) -> ServiceApp:
    """Build the app: the selected models, the jobs, and the service's own endpoints.

    Args:
        context: settings and dataset.
        autostart: start background work with the first request, not only when `start` is called.

    Raises:
        ConfigurationError: MODEL_SERVICE or ACCESS_PROTECTS names what does not exist.
    """
    modules = _modules(context)
    check_protected(context.settings.access_protects)
    worker = make_worker(context)
    background = jobs.background_worker(context, worker)

    @cache  # start once; a race that starts twice is harmless
    def start() -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        context.dataset.start()
        Thread(target=warm_up, args=(context.dataset,), name="warm-up", daemon=True).start()
        if not is_remote(context.settings):  # jobs in the local store have no trigger
            background.start()

    routers = [module.router for module in (root, data, *modules, jobs)]
    api = create_app(context, routers, computed_endpoints(context), start if autostart else None)
    app = ServiceApp(api, routers, start, background)
    context.telemetry.observe(gauges(context))
    if is_remote(context.settings):
        app.register_functions(jobs.triggers(context, worker))
    return app


def build_unconfigured_app(error: ConfigurationError) -> ServiceApp:
    """Build an app with the HTTP functions of every model, for invalid settings.

    All of them answer 503 with the error, except for health and documentation. There are no queue functions: messages
    remain in the queue until the settings are valid.
    """
    routers = [module.router for module in (root, data, *map(import_module, MODELS.values()), jobs)]
    return ServiceApp(create_app(error, routers), routers)


def make_worker(context: Context) -> FairWorker:
    """A worker for the jobs of the selected models."""
    handlers = {name: endpoint.handler(context) for name, endpoint in computed_endpoints(context).items()}
    lease_seconds = context.settings.jobs_lease_seconds
    worker = Worker(context.job_store, context.job_queue, context.executor, handlers, lease_seconds, context.telemetry)
    return FairWorker(worker, context.job_store, context.job_queue, request_ids.handling)


def computed_endpoints(context: Context) -> Mapping[str, ComputedEndpoint[Any]]:
    """The endpoints whose responses jobs can compute, by name.

    Raises:
        ConfigurationError: MODEL_SERVICE names an unknown model.
    """
    return {endpoint.name: endpoint for module in _modules(context) for endpoint in module.COMPUTED}


def warm_up(dataset: PanelSource) -> None:
    """Once the data is loaded, import what the first imputation needs, so that no client waits for it."""
    with suppress(DataUnavailableError):
        dataset.panel()
    import_module("sids_core.imputation.impute")
    import_module("sklearn.tree")


def selected(model_service: str) -> tuple[str, ...]:
    """Names of the models to serve, in the registry's order."""
    names = {name.strip() for name in model_service.split(",")}
    unknown = sorted(names - {*MODELS, "all"})
    if unknown:
        raise ConfigurationError(
            f"MODEL_SERVICE: {', '.join(map(repr, unknown))} is unknown; allowed: all, {', '.join(MODELS)}"
        )
    return tuple(name for name in MODELS if "all" in names or name in names)


def check_protected(access_protects: str) -> None:
    """Raise ConfigurationError if ACCESS_PROTECTS names something that is neither a group nor a model."""
    unknown = sorted(set(access_protects.split(",")) - {"", *GROUPS, *MODELS})
    if unknown:
        raise ConfigurationError(
            f"ACCESS_PROTECTS: {', '.join(map(repr, unknown))} is unknown; allowed: {', '.join((*GROUPS, *MODELS))}"
        )


def _modules(context: Context) -> list[ModuleType]:
    return [import_module(MODELS[name]) for name in selected(context.settings.model_service)]
