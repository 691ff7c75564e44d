"""The endpoint of survey clustering."""

from types import MappingProxyType

from blueprints.context import Context
from sids_core import __version__
from sids_core.survey.schemas import ClusteringRequest, ClusteringResponse
from sids_service.jobs.computation import Computation, Key
from sids_service.web.blueprint import ModelBlueprint

MODEL = f"survey {__version__}"

STAGES = MappingProxyType({"read": 0.1, "search": 0.6, "assign": 0.2, "silhouette": 0.1})
"""Share of the time by stage, roughly."""


def build(context: Context) -> ModelBlueprint:  # noqa: ARG001 - a survey comes with its request
    """The blueprint; it needs no dataset, since a survey comes with its request."""
    blueprint = ModelBlueprint("survey", label="Survey clustering")

    @blueprint.post("clustering", main=True)
    def clustering(request: ClusteringRequest) -> Computation[ClusteringResponse]:
        """Cluster the rows of a survey by their answers to the questions of one factor."""
        from sids_core.survey.service import check, cluster

        # What was left out stays out: the default of max_k gives way to few rows, a max_k that was sent does not.
        canonical = request.model_dump_json(by_alias=True, exclude_unset=True)
        return Computation(
            Key("", MODEL, canonical),
            compute=lambda: cluster(request),
            check=lambda: check(request),
            stages=STAGES,
        )

    return blueprint
