"""The service's own endpoints: health, readiness and documentation."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse, Response

from sids_core import __version__
from sids_core.errors import DataUnavailableError
from sids_service.context import Loaded, Served
from sids_service.web import docs
from sids_service.web.app import DESCRIPTION, TITLE, model_router
from sids_service.web.forms import Form, forms

router = model_router("service", "Service", prefix="")


class Readiness(BaseModel):
    """The served dataset: version, size, age, repairs, and the error of the latest refresh."""

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


@router.get("/")
async def root() -> dict[str, str]:
    """Name, version and documentation of the service."""
    return {"message": f"{TITLE}. {DESCRIPTION}", "version": __version__, "docs": "/docs"}


@router.get("/health")
async def health() -> dict[str, str]:
    """Liveness of the process; needs no dataset."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(context: Served) -> Readiness:
    """Readiness: whether the dataset is loaded, with its version, size, age and repairs."""
    status = context.dataset.status()
    if not status.ready:
        raise DataUnavailableError(status.error or f"the dataset is still being loaded from {status.source}")
    return Readiness.model_validate(status)


@router.get("/datasets")
async def datasets(context: Loaded) -> list[str]:
    """Names of the dataset's files."""
    return list(context.dataset.panel().files)


@router.get("/params", response_model_exclude_unset=True)
async def params(request: Request) -> list[Form]:
    """The form of each model, derived from its main endpoint."""
    return forms(request.app.state.routes)


@router.get("/openapi.json")
def openapi_json(request: Request) -> dict[str, Any]:
    """This service as an OpenAPI 3.1 document."""
    document: dict[str, Any] = request.app.openapi()
    return document


@router.get("/docs", response_class=HTMLResponse)
async def docs_page() -> Response:
    """The OpenAPI document as an interactive page (Swagger UI)."""
    return docs.page(TITLE)


@router.get("/docs/{file}", response_class=Response)
def docs_file(file: str) -> Response:
    """The files of the page at /docs."""
    return docs.asset(file)
