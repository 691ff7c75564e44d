"""The endpoint of survey clustering."""

from blueprints.context import Context
from sids_core.survey.schemas import ClusteringRequest, ClusteringResponse
from sids_core.web.blueprint import ModelBlueprint


def build(context: Context) -> ModelBlueprint:  # noqa: ARG001 - a survey comes with its request
    """The blueprint; it needs no dataset."""
    blueprint = ModelBlueprint("survey", label="Survey clustering")

    @blueprint.post("clustering", main=True)
    def clustering(request: ClusteringRequest) -> ClusteringResponse:
        """Cluster the rows of a survey by their answers to the questions of one factor."""
        from sids_core.survey.service import cluster

        return cluster(request)

    return blueprint
