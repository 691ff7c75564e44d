"""The service's own endpoints: health, readiness and documentation."""

from datetime import datetime
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sids_core import __version__
from sids_core.errors import DataUnavailableError
from sids_service.context import Loaded, Served
from sids_service.disclosure import OLD_DATASET
from sids_service.errors import StillLoadingError
from sids_service.web import docs, explorer
from sids_service.web.access import OPEN
from sids_service.web.app import DESCRIPTION, TITLE, model_router
from sids_service.web.forms import Form, forms
from sids_service.web.tables import prefers

router = model_router("service", "Service", prefix="")


class Readiness(BaseModel):
    """The served dataset: version, size, age, repairs, and whether the latest refresh failed."""

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


@router.get(
    "/",
    response_model=dict[str, str],
    responses={303: {"description": "For browsers: to the explorer."}},
    openapi_extra=OPEN,
)
async def root(request: Request) -> Response | dict[str, str]:
    """Name, version and documentation of the service; a browser is sent to the explorer."""
    if prefers("text/html", request.headers.get("accept", "")):
        return RedirectResponse("/explore", 303, {"Vary": "Accept"})
    return {"message": f"{TITLE}. {DESCRIPTION}", "version": __version__, "docs": "/docs"}


@router.get("/health", openapi_extra=OPEN)
async def health() -> dict[str, str]:
    """Liveness of the process; needs no dataset."""
    return {"status": "ok"}


@router.get("/ready", openapi_extra=OPEN)
async def ready(context: Served) -> Readiness:
    """Readiness: whether the dataset is loaded, with its version, size, age and repairs."""
    status = context.dataset.status()
    if not status.ready:
        if status.error:
            raise DataUnavailableError(status.error)
        raise StillLoadingError(f"the dataset is still being loaded from {status.source}")
    readiness = Readiness.model_validate(status)
    return readiness.model_copy(update={"error": OLD_DATASET if readiness.error else ""})


@router.get("/datasets")
async def datasets(context: Loaded) -> list[str]:
    """Names of the dataset's files."""
    return list(context.dataset.panel().files)


@router.get("/params", response_model_exclude_unset=True)
async def params(request: Request) -> list[Form]:
    """The form of each model, derived from its main endpoint."""
    return forms(request.app.state.routes)


@router.get("/openapi.json", openapi_extra=OPEN)
def openapi_json(request: Request) -> dict[str, Any]:
    """This service as an OpenAPI 3.1 document."""
    document: dict[str, Any] = request.app.openapi()
    return document


@router.get("/explore", response_class=HTMLResponse, openapi_extra=OPEN)
async def explore() -> Response:
    """The explorer: a page to look at gaps, fill them, and take the results away."""
    return explorer.page()


@router.get("/explore/{file}", response_class=Response, openapi_extra=OPEN)
def explore_file(file: str, request: Request) -> Response:
    """The files of the explorer."""
    return explorer.asset(file, request.headers.get("accept-encoding", ""))


@router.get("/docs", response_class=HTMLResponse, openapi_extra=OPEN)
async def docs_page() -> Response:
    """The OpenAPI document as an interactive page (Swagger UI)."""
    return docs.page(TITLE)


@router.get("/docs/{file}", response_class=Response, openapi_extra=OPEN)
def docs_file(file: str) -> Response:
    """The files of the page at /docs."""
    return docs.asset(file)
