"""The OpenAPI document and the page that shows it."""

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.calls import served
from tests.function_client import FunctionClient, read
from tests.service.web.conftest import shop_api


@pytest.fixture
def service(tmp_path: Path) -> FunctionClient:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path)
    return FunctionClient(build_app(Context(settings, open_panel_source(settings))))


@pytest.fixture
def shop_document() -> dict[str, Any]:
    return shop_api().openapi()


def test_the_document_is_valid_and_lists_what_is_registered(service: FunctionClient) -> None:
    document = read(service.get("/openapi.json"))
    validate(document)
    assert document["openapi"].startswith("3.1")
    operations = {item["operationId"] for path in document["paths"].values() for item in path.values()}
    assert operations == {call.function for call in served()}


def test_an_operation_says_what_it_takes_and_answers(shop_document: dict[str, Any]) -> None:
    validate(shop_document)
    items = shop_document["paths"]["/shop/items"]["get"]
    assert items["summary"] == "What is on a shelf."
    assert "It may be nothing." in items["description"]
    shelf, colour = items["parameters"]
    assert (shelf["name"], shelf["in"], shelf["required"]) == ("shelf", "query", True)
    assert shelf["schema"]["minimum"] == 1
    assert not colour.get("required", False)
    assert set(items["responses"]) == {"200", "422", "500", "503"}
    order = shop_document["paths"]["/shop/order"]["post"]
    assert set(order["responses"]) == {"200", "400", "408", "413", "415", "422", "500", "503"}
    body = order["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Order"}
    schemas = shop_document["components"]["schemas"]
    assert schemas["Order"]["required"] == ["item", "how"]
    assert schemas["Order"]["properties"]["item"]["examples"] == ["tea"]
    assert {"Receipt", "ValidationErrors", "ErrorResponse", "FailureResponse"} <= schemas.keys()
    thing = shop_document["paths"]["/shop/things/{number}"]["get"]
    assert "404" in thing["responses"]
    assert (thing["parameters"][0]["in"], thing["parameters"][0]["required"]) == ("path", True)
    assert "text/html" in shop_document["paths"]["/shop/page"]["get"]["responses"]["200"]["content"]


def test_an_answer_with_headers_is_described_by_its_body(shop_document: dict[str, Any]) -> None:
    content = shop_document["paths"]["/shop/accepted"]["get"]["responses"]["202"]["content"]
    assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Receipt"}


def test_the_page_needs_nothing_from_elsewhere(service: FunctionClient) -> None:
    page = service.get("/docs").get_body().decode()
    assert "//" not in page
    for name, media_type in (
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("favicon-32x32.png", "image/png"),
    ):
        assert f'"docs/{name}"' in page
        asset = service.get(f"/docs/{name}")
        assert asset.headers["Content-Type"] == media_type
        assert "max-age" in asset.headers["Cache-Control"]
        assert asset.get_body()


@pytest.mark.parametrize("name", ["index.html", "..", "__init__.py", "%2e%2e%2f__init__.py"])
def test_no_other_file_is_served(service: FunctionClient, name: str) -> None:
    assert service.get(f"/docs/{name}").status_code == 404
