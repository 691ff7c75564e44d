"""The forms of /params, from nothing but the main endpoints' types."""

from fastapi.routing import APIRoute

from sids_service.web.forms import forms
from tests.service.web.conftest import ROUTER


def test_a_form_is_built_from_the_main_endpoint() -> None:
    (form,) = forms([route for route in ROUTER.routes if isinstance(route, APIRoute)])
    assert (form["model"], form["label"]) == ("shop", "A shop")
    inputs = {told["parameter"]: told for told in form["inputs"]}
    assert list(inputs) == ["rush", "item", "count", "how", "address", "colour", "weights"]
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
    assert inputs["how"]["values"] == [["POST", "By post"], ["COURIER", "Courier"]]
    assert inputs["address"]["type"] == "string"
    assert inputs["address"]["conditions"] == [{"required": [{"how": "COURIER"}]}]
    assert inputs["colour"]["values"] == [["red", "red"], ["blue", "blue"]]
    assert inputs["weights"]["type"] == "array"
