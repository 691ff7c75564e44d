"""The endpoints of interpolation over time."""

from __future__ import annotations

from blueprints.context import Context
from sids_core.interpolation.schemas import ImputeRequest, ImputeResponse, MethodDescription, Target
from sids_service.web.blueprint import ModelBlueprint


def build(context: Context) -> ModelBlueprint:
    """The blueprint, on the context's dataset."""
    blueprint = ModelBlueprint("statimpute", label="Time series interpolation")

    @blueprint.get("targets")
    def targets() -> dict[str, str]:
        """Code and name of the indicators that a SIDS has figures of."""
        from sids_core.interpolation import catalogue

        return catalogue.targets(context.dataset.panel())

    @blueprint.get("countries")
    def countries(target: Target) -> list[str]:
        """The SIDS with figures of an indicator."""
        from sids_core.interpolation import catalogue

        return catalogue.countries(context.dataset.panel(), target)

    @blueprint.get("methods")
    def methods() -> list[MethodDescription]:
        """The methods, with what they need and what they do outside the observed years."""
        from sids_core.interpolation import catalogue

        return catalogue.methods()

    @blueprint.post("impute", main=True)
    def impute(request: ImputeRequest) -> ImputeResponse:
        """Fill the gaps of an indicator's series in a country."""
        from sids_core.interpolation import service

        return service.impute(context.dataset.panel(), request)

    return blueprint
