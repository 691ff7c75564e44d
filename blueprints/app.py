"""From settings and a dataset to the function app."""

from contextlib import suppress
from importlib import import_module

from blueprints import MODELS, jobs, service
from blueprints.context import Context
from sids_core.errors import DataUnavailableError
from sids_service.dataset.dataset import Dataset
from sids_service.errors import ConfigurationError
from sids_service.web.app import ServiceApp
from sids_service.web.handler import Policy
from sids_service.web.run_answers import RunAnswers


def build_app(context: Context) -> ServiceApp:
    """The app with the models that the settings select, the jobs, and the service's own endpoints.

    Raises:
        ConfigurationError: MODEL_SERVICE names a model that there is none of.
    """
    models = tuple(import_module(MODELS[name]).build(context) for name in selected(context.settings.model_service))
    endpoints = tuple(endpoint for model in models for endpoint in model.endpoints)
    parts = (*models, jobs.build(context, endpoints))
    app = ServiceApp(Policy.of(context.settings), RunAnswers(context.executor, context.jobs))
    for blueprint in (service.build(context, parts), *parts):
        app.register_functions(blueprint)
    return app


def warm_up(dataset: Dataset) -> None:
    """Import what the first imputation needs, once the data is there: a client should not wait for it."""
    with suppress(DataUnavailableError):
        dataset.panel()
    import_module("sids_core.imputation.service")
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
