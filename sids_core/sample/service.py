"""The sample model from request to response."""

from sids_core.sample.schemas import SampleRequest, SampleResponse


def answer(_request: SampleRequest) -> SampleResponse:
    """A fixed answer; a real model would compute it from the request and the panel."""
    return SampleResponse(resp1="Test 1")


def greet(name: str) -> str:
    """A greeting."""
    return f"Hi {name}"
