"""The function app: one Azure Function for every endpoint of its blueprints."""

import azure.functions as func

from sids_service.web.blueprint import ModelBlueprint, function_name
from sids_service.web.endpoint import Endpoint
from sids_service.web.handler import Policy, azure_function
from sids_service.web.request_ids import mark_log_lines
from sids_service.web.run_answers import RunAnswers


class ServiceApp(func.FunctionApp):
    """A FunctionApp whose endpoints all follow one policy. Routes are anonymous: access is the network's matter."""

    def __init__(self, policy: Policy, run_answers: RunAnswers) -> None:
        super().__init__(http_auth_level=func.AuthLevel.ANONYMOUS)
        self._policy = policy
        self._run_answers = run_answers
        self._endpoints: list[Endpoint] = []
        mark_log_lines()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The typed endpoints, in the order of their registration."""
        return tuple(self._endpoints)

    def register_functions(self, function_container: func.decorators.function_app.DecoratorApi) -> None:
        """Add a blueprint's functions, and its endpoints where it has typed ones."""
        super().register_functions(function_container)
        if isinstance(function_container, ModelBlueprint):
            self._endpoints += function_container.endpoints
            for endpoint in function_container.endpoints:
                route = self.route(endpoint.route, methods=[endpoint.method, "OPTIONS"])
                self.function_name(function_name(endpoint))(
                    route(azure_function(endpoint, self._policy, self._run_answers))
                )

    def get_functions(self) -> list[func.decorators.function_app.Function]:
        """Every function of the app; may be called any number of times."""
        # The base class remembers the names it has seen and takes a second call for duplicates.
        self.functions_bindings = None
        return super().get_functions()
