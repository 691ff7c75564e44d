"""The endpoints of the sample model."""

from blueprints.context import Context
from sids_core.sample.schemas import Name, SampleRequest, SampleResponse
from sids_service.web.blueprint import ModelBlueprint


def build(context: Context) -> ModelBlueprint:  # noqa: ARG001 - the sample needs no dataset
    """The blueprint."""
    blueprint = ModelBlueprint("sampleapi", label="Sample model")

    @blueprint.post("test_endpoint1", main=True)
    def test_endpoint1(request: SampleRequest) -> SampleResponse:
        """Take a JSON body and give a fixed answer."""
        from sids_core.sample.service import answer

        return answer(request)

    @blueprint.post("test_endpoint2")
    def test_endpoint2(name: Name) -> str:
        """Take a query parameter and greet."""
        from sids_core.sample.service import greet

        return greet(name)

    return blueprint
