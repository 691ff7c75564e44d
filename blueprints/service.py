"""The service's own endpoints: whether it lives and is ready, and what it offers."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from blueprints.context import Context
from sids_core import __version__
from sids_core.errors import DataUnavailableError
from sids_service.web import swagger
from sids_service.web.answers import Answer
from sids_service.web.blueprint import ModelBlueprint

TITLE = "SIDS ML backend"
DESCRIPTION = "Fills the gaps in the statistics of Small Island Developing States, and says how sure it is."


class Readiness(BaseModel):
    """The dataset that is served: its version, size and age, what was repaired, and what the last look failed with."""

    model_config = ConfigDict(from_attributes=True)

    version: str
    rows: int
    countries: int
    indicators: int
    years: int
    loaded_at: datetime
    age_seconds: float
    repairs: dict[str, int]
    error: str


def build(context: Context, models: Sequence[ModelBlueprint]) -> ModelBlueprint:
    """The endpoints at the root, which describe themselves and those of `models`."""
    blueprint = ModelBlueprint("service", label="Service", prefix="")

    @blueprint.get("")
    def root() -> dict[str, str]:
        """What this is, and where its documentation is."""
        return {"message": f"{TITLE}. {DESCRIPTION}", "version": __version__, "docs": "/docs"}

    @blueprint.get("health")
    def health() -> dict[str, str]:
        """Whether the process serves; it needs no dataset for this."""
        return {"status": "ok"}

    @blueprint.get("ready")
    def ready() -> Readiness:
        """Whether the dataset is loaded: its version, size and age, and what was repaired in it."""
        status = context.dataset.status()
        if not status.ready:
            raise DataUnavailableError(status.error or f"the dataset is still being loaded from {status.source}")
        return Readiness.model_validate(status)

    @blueprint.get("datasets")
    def datasets() -> list[str]:
        """Names of the dataset's files."""
        return list(context.dataset.panel().files)

    @blueprint.get("params")
    def params() -> list[dict[str, Any]]:
        """The form a client can build for each model, from its main endpoint."""
        from sids_service.web.forms import forms

        return forms(endpoint for model in models for endpoint in model.endpoints)

    @cache
    def document() -> dict[str, Any]:
        from sids_service.web import openapi

        endpoints = [endpoint for part in (blueprint, *models) for endpoint in part.endpoints]
        return openapi.document(endpoints, title=TITLE, version=__version__, description=DESCRIPTION)

    @blueprint.get("openapi.json")
    def openapi_json() -> dict[str, Any]:
        """This service as an OpenAPI 3.1 document."""
        return document()

    @blueprint.get("docs", produces="text/html; charset=utf-8")
    def docs() -> str:
        """The OpenAPI document for people, to read and to try."""
        return swagger.page(TITLE)

    @blueprint.get("docs/{file}", produces="application/octet-stream")
    def docs_file(file: str) -> Answer[bytes]:
        """The files that the page at /docs is made of."""
        return swagger.asset(file)

    return blueprint
