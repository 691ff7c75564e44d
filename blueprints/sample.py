"""The endpoints of the sample model, the template for new models (docs/add-a-model.md)."""

from typing import Annotated

from pydantic import BaseModel, Field

from sids_service.web.app import model_router
from sids_service.web.forms import MAIN, Input

Name = Annotated[str, Field(description="Whom to greet.", examples=["Bob"]), Input("Name")]


class SampleRequest(BaseModel):
    """One required and one optional field."""

    requiredField: Annotated[  # noqa: N815 (the name that clients send)
        str, Field(description="Any text.", examples=["x"]), Input("Required field")
    ]
    optionalField: Annotated[  # noqa: N815
        str | None, Field(description="Any text, or nothing.", examples=["y"]), Input("Optional field")
    ] = None


class SampleResponse(BaseModel):
    """Always the same."""

    resp1: str


COMPUTED = ()

router = model_router("sampleapi", "Sample model")


@router.post("/test_endpoint1", openapi_extra=MAIN)
def test_endpoint1(request: SampleRequest) -> SampleResponse:
    """Accept a JSON body and return a fixed answer."""
    from sids_core.sample import answer

    result = answer(request.requiredField, optional=request.optionalField)
    return SampleResponse(resp1=result.text)


@router.post("/test_endpoint2")
def test_endpoint2(name: Name) -> str:
    """Accept a query parameter and return a greeting."""
    from sids_core.sample import greet

    return greet(name)
