"""The endpoint of survey clustering."""

from blueprints.context import Context
from sids_core import __version__
from sids_core.jobs.result_cache import Key
from sids_core.survey.schemas import ClusteringRequest, ClusteringResponse
from sids_core.web.answers import Answer
from sids_core.web.blueprint import ModelBlueprint
from sids_core.web.kept import kept


def build(context: Context) -> ModelBlueprint:
    """The blueprint; it needs no dataset, since a survey comes with its request."""
    blueprint = ModelBlueprint("survey", label="Survey clustering")

    @blueprint.post("clustering", main=True)
    def clustering(request: ClusteringRequest) -> Answer[ClusteringResponse]:
        """Cluster the rows of a survey by their answers to the questions of one factor."""
        from sids_core.survey.service import cluster

        key = Key("", f"survey {__version__}", request.model_dump_json())
        return kept(context.runs, key, lambda: cluster(request))

    return blueprint
