"""The endpoints of country correlation and clustering."""

from __future__ import annotations

from types import MappingProxyType

from blueprints.context import Context
from sids_core import __version__
from sids_core.similarity.schemas import (
    Category,
    ClusterRequest,
    ClusterResponse,
    CorrelateRequest,
    CorrelateResponse,
    Dataset,
    Year,
)
from sids_service.jobs.computation import Computation, Key
from sids_service.web.blueprint import ModelBlueprint

CLUSTER_STAGES = MappingProxyType({"slice": 0.05, "cluster": 0.9, "silhouette": 0.05})
"""Share of the time by stage, roughly."""


def build(context: Context) -> ModelBlueprint:
    """The blueprint, on the context's dataset."""
    blueprint = ModelBlueprint("correlation", label="Country correlation")

    @blueprint.get("years")
    def years() -> list[str]:
        """The years in which a SIDS has a figure."""
        from sids_core.similarity import figures

        return figures.years(context.dataset.panel())

    @blueprint.get("datasets")
    def datasets(year: Year) -> dict[str, str]:
        """Code and name of the datasets in which a SIDS has a figure in a year."""
        from sids_core.similarity import figures

        return figures.datasets(context.dataset.panel(), year)

    @blueprint.get("categories")
    def categories(dataset: Dataset, year: Year) -> list[str]:
        """The categories of a dataset in which a SIDS has a figure in a year."""
        from sids_core.similarity import figures

        return figures.categories(context.dataset.panel(), dataset, year)

    @blueprint.get("countries")
    def countries(dataset: Dataset, category: Category, year: Year) -> list[str]:
        """The SIDS with a figure in a category and year."""
        from sids_core.similarity import figures

        return figures.countries(context.dataset.panel(), dataset, category, year)

    @blueprint.post("correlate", main=True)
    def correlate(request: CorrelateRequest) -> CorrelateResponse:
        """Correlate a country with every other SIDS over a category's indicators in a year."""
        from sids_core.similarity import service

        return service.correlate(context.dataset.panel(), request)

    @blueprint.post("cluster")
    def cluster(request: ClusterRequest) -> Computation[ClusterResponse]:
        """Cluster the SIDS by a category's indicators in a year, with gaps in the figures."""
        from sids_core.similarity import figures, service

        panel = context.dataset.panel()
        return Computation(
            Key(panel.version, f"correlation cluster {__version__}", request.model_dump_json()),
            compute=lambda: service.cluster(panel, request),
            check=lambda: figures.read_figures(panel, request.dataset, request.category, request.year),
            stages=CLUSTER_STAGES,
        )

    return blueprint
