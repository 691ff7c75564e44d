"""An app of endpoints that exist to be tested: each shows one thing that the web layer does."""

import logging
import math
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from sids_core.errors import DataUnavailableError, RequestError, UnknownValueError
from sids_core.stages import stage
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.errors import OverloadedError
from sids_service.settings import Settings
from sids_service.web.app import ServiceApp, create_app, model_router
from sids_service.web.forms import MAIN, Choices, Input
from tests.function_client import FunctionClient

ALLOWED = "https://allowed.example"
SECRET = "the database password"  # noqa: S105
MAX_BODY_BYTES = 5000
NOWHERE = Path("/nowhere")


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Order(BaseModel):
    """What is ordered."""

    item: Annotated[
        str,
        Field(description="What to order.", examples=["tea"]),
        Input("Item", choices=Choices("shop/items", inputs=("shelf", "colour"))),
    ]
    count: int = Field(default=1, ge=1, le=10)
    how: Annotated[Literal["POST", "COURIER"], Input("Delivery", values=(("POST", "By post"), ("COURIER", "Courier")))]
    address: Annotated[str | None, Input("Address", required_when=(("how", "COURIER"),))] = None
    colour: Colour = Colour.RED
    weights: list[float] = []
    tags: dict[str, int] = {}


class Receipt(BaseModel):
    """What was ordered."""

    item: str
    price: float
    details: dict[str, Any] = {}


ROUTER = model_router("shop", "A shop")


@ROUTER.get("/items")
def items(shelf: Annotated[int, Field(ge=1, description="Which shelf.")], colour: str = "any") -> list[str]:
    """What is on a shelf.

    It may be nothing.
    """
    return [f"item {shelf} {colour}"]


@ROUTER.post("/order", openapi_extra=MAIN)
def order_item(request: Order, rush: bool = False) -> Receipt:
    """Order something."""
    if request.item not in ("tea", "salt"):
        raise UnknownValueError("item", request.item, ["tea", "salt"])
    with stage("packing the box"):
        logging.getLogger("a.library").warning("packing %d", request.count)
    return Receipt(item=request.item, price=request.count * (2.5 if rush else 1.1))


@ROUTER.get("/text")
def text(length: int) -> str:
    """A text of any length."""
    return "x" * length


@ROUTER.get("/numbers")
def numbers() -> Receipt:
    """Numbers that JSON does not have."""
    deep = {"nan": math.nan, "list": [math.inf, {"minus": -math.inf}], "third": 1 / 3, "name": "São Tomé"}
    return Receipt(item="numbers", price=math.nan, details=deep)


@ROUTER.get("/things/{number}")
def thing(number: int) -> int:
    """A thing by its number."""
    return number


@ROUTER.get("/page", response_class=HTMLResponse)
def page() -> str:
    """A page."""
    return "<p>São Tomé</p>"


@ROUTER.get("/accepted", status_code=202)
def accepted(response: Response) -> Receipt:
    """An answer with a status and headers of its own."""
    response.headers["Location"] = "/shop/things/1"
    return Receipt(item="tea", price=1)


@ROUTER.get("/fails")
def fails(how: str) -> Any:
    """Fails as asked."""
    match how:
        case "request":
            raise RequestError("too few rows", kind="too_few_rows")
        case "data":
            raise DataUnavailableError("the dataset is not loaded")
        case "load":
            raise OverloadedError("too much to do", retry_after=17)
        case "answer":
            return object()
        case "validation":
            return Order.model_validate({"item": SECRET})
        case _:
            raise RuntimeError(SECRET)


def shop_api(allowed_origins: str = f"{ALLOWED}/, https://other.example") -> FastAPI:
    settings = Settings(
        dataset_path=NOWHERE,
        dataset_cache_path=NOWHERE,
        allowed_origins=allowed_origins,
        max_body_bytes=MAX_BODY_BYTES,
    )
    return create_app(Context(settings, open_panel_source(settings)), [ROUTER])


@pytest.fixture
def client() -> FunctionClient:
    return FunctionClient(ServiceApp(shop_api(), [ROUTER]))


@pytest.fixture
def order() -> dict[str, Any]:
    return {"item": "tea", "how": "POST"}
