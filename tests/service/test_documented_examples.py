"""The examples of the OpenAPI document are requests that the demo data answers."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

Document = Mapping[str, Any]


@pytest.fixture(scope="module")
def document(host: str) -> Document:
    found: Document = httpx.get(f"{host}/openapi.json").json()
    return found


def example(schema: Document, document: Document) -> Any:
    """The example of a schema, made of its properties' examples; None without one."""
    if "$ref" in schema:
        return example(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "examples" in schema:
        return schema["examples"][0]
    fields = {name: example(field, document) for name, field in schema.get("properties", {}).items()}
    assert all(fields[name] is not None for name in schema.get("required", ())), (schema.get("title"), fields)
    return {name: value for name, value in fields.items() if value is not None} or None


def test_every_example_is_answered(host: str, document: Document) -> None:
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parameters = [each for each in operation.get("parameters", ()) if each.get("required")]
            if any(each["in"] == "path" for each in parameters):
                continue
            query = {each["name"]: each["schema"]["examples"][0] for each in parameters}
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            body = example(content["schema"], document) if content else None
            answer = httpx.request(method, host + path, params=query, json=body, timeout=60)
            assert answer.status_code == 200, (path, body, answer.text)
            tried += 1
    assert tried > 20


def test_tags_come_in_the_order_of_use(document: Document) -> None:
    assert [tag["name"] for tag in document["tags"]] == [
        "Data",
        "Two-level imputation",
        "Country correlation",
        "Time series interpolation",
        "Survey clustering",
        "Sample model",
        "Jobs",
        "Service",
    ]
