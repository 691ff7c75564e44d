"""The endpoints that workers can do later, as the jobs see them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import cast

from pydantic import BaseModel

from sids_core.errors import SidsError
from sids_service.jobs.job import Refusal
from sids_service.jobs.run import Run
from sids_service.jobs.task import Task
from sids_service.web.answers import encode
from sids_service.web.blueprint import function_name
from sids_service.web.body import parse_body
from sids_service.web.endpoint import Endpoint
from sids_service.web.errors import STATUSES
from sids_service.web.refusals import refusal

LOWEST_FAULT_OF_THE_SERVICE = 500


class EndpointTask:
    """An endpoint whose function returns a `Run`: the same function makes the run now and later."""

    def __init__(self, endpoint: Endpoint, body: tuple[str, type[BaseModel]]) -> None:
        self._endpoint = endpoint
        self._argument, self._model = body

    def run(self, request: bytes) -> Run[BaseModel]:
        """The run that the body describes."""
        arguments = {self._argument: parse_body(request, self._model)}
        return cast("Run[BaseModel]", self._endpoint.function(**arguments))

    def refusal(self, error: SidsError) -> Refusal | None:
        """What the endpoint would have answered; None where the request is not at fault."""
        if not isinstance(error, tuple(STATUSES)):
            return None
        answer = refusal(error, self._endpoint)
        if answer.status >= LOWEST_FAULT_OF_THE_SERVICE:
            return None
        return Refusal(status=answer.status, body=encode(answer.body).decode())


def tasks(endpoints: Iterable[Endpoint]) -> Mapping[str, Task]:
    """The endpoints among these that can be done later, by the name of their function."""
    later = (item for item in endpoints if item.may_be_later)
    return MappingProxyType({function_name(item): EndpointTask(item, item.body) for item in later if item.body})
