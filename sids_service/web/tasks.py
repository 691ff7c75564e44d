"""The endpoints whose answers jobs can compute."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel
from pydantic_core import from_json

from sids_service.jobs.computation import Computation
from sids_service.jobs.worker import JobHandler
from sids_service.web.blueprint import function_name
from sids_service.web.endpoint import Endpoint


class EndpointHandler:
    """An endpoint whose function returns a `Computation`: the same function describes it now and later."""

    def __init__(self, endpoint: Endpoint, body: tuple[str, type[BaseModel]]) -> None:
        self._endpoint = endpoint
        self._argument, self._model = body

    def computation(self, request: bytes) -> Computation[BaseModel]:
        """The computation that the body describes. Raises pydantic.ValidationError where the body is not valid."""
        arguments = {self._argument: self._model.model_validate(from_json(request))}
        return cast("Computation[BaseModel]", self._endpoint.function(**arguments))


def job_handlers(endpoints: Iterable[Endpoint]) -> Mapping[str, JobHandler]:
    """The endpoints among these that can be computed later, by the name of their function."""
    later = (item for item in endpoints if item.may_be_later)
    return MappingProxyType({function_name(item): EndpointHandler(item, item.body) for item in later if item.body})
