"""The forms of /params, from nothing but the main endpoints' types, and fields that take the names of a registry."""

from typing import Annotated, Literal

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from sids_service.web.forms import forms, one_of
from tests.service.web.conftest import ROUTER


def test_a_form_is_built_from_the_main_endpoint() -> None:
    (form,) = forms([route for route in ROUTER.routes if isinstance(route, APIRoute)])
    assert (form.model, form.label) == ("shop", "A shop")
    inputs = {told.parameter: told.model_dump(exclude_unset=True) for told in form.inputs}
    assert list(inputs) == ["rush", "item", "count", "how", "address", "colour", "weights", "tags"]
    assert inputs["rush"] == {"parameter": "rush", "label": "Rush", "type": "boolean"}
    assert inputs["item"] == {
        "parameter": "item",
        "label": "Item",
        "description": "What to order.",
        "type": "string",
        "req_endpoint": {"endpoint": "/shop/items", "method": "GET", "inputs": ["shelf", "colour"]},
        "conditions": [{"required": True}],
    }
    assert inputs["count"]["type"] == "integer"
    assert inputs["how"]["type"] == "enum"
    assert inputs["how"]["values"] == [("POST", "By post"), ("COURIER", "Courier")]
    assert inputs["address"]["type"] == "string"
    assert inputs["address"]["conditions"] == [{"required": [{"how": "COURIER"}]}]
    assert inputs["colour"]["values"] == [("red", "red"), ("blue", "blue")]
    assert inputs["weights"]["type"] == "array"


def test_one_of_is_a_literal_of_the_names() -> None:
    adapter, literal = TypeAdapter(Annotated[str, one_of(("one", "two"))]), TypeAdapter(Literal["one", "two"])
    assert adapter.validate_python("two") == "two"
    assert adapter.json_schema() == literal.json_schema()
    for value in ("three", 1, None):
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python(value)
        with pytest.raises(ValidationError) as expected:
            literal.validate_python(value)
        assert caught.value.errors(include_url=False) == expected.value.errors(include_url=False)
