"""What the sample model is asked and what it answers."""

from typing import Annotated

from pydantic import BaseModel, Field

from sids_core.forms import Input

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
