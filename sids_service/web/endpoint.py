"""A typed function with its address: what the handler, `/openapi.json` and `/params` are all made from."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import getdoc, signature
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sids_core.forms import Input
from sids_service.jobs.computation import Computation
from sids_service.web.answers import JSON, Answer
from sids_service.web.parameters import Parameter

# An HTTP trigger with an empty route is served under its function's name; this template matches the empty path only.
# https://github.com/Azure/Azure-Functions/issues/2473
ROOT_ROUTE = "{ignored:maxlength(0)?}"


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One endpoint of a blueprint.

    Attributes:
        model: the blueprint's name.
        label: the blueprint's label, for people.
        method: GET or POST.
        path: without a leading slash; `{name}` stands for a path parameter.
        function: the typed function.
        main: whether it is the model's main endpoint, whose inputs make the model's form.
        produces: media type of the answer.
        body: type of the JSON body and the name of its argument, if there is one.
        parameters: of the query and the path.
        conflicts: when the state of things is in the way (409), for people; empty where it never is.
    """

    model: str
    label: str
    method: str
    path: str
    function: Callable[..., Any]
    main: bool
    produces: str
    body: tuple[str, type[BaseModel]] | None
    parameters: tuple[Parameter, ...]
    conflicts: str = ""

    @property
    def route(self) -> str:
        """The Azure route template."""
        return self.path or ROOT_ROUTE

    @property
    def returns(self) -> Any:
        """Type of the answer's body."""
        annotation = signature(self.function, eval_str=True).return_annotation
        return get_args(annotation)[0] if get_origin(annotation) in (Answer, Computation) else annotation

    @property
    def may_be_later(self) -> bool:
        """Whether the answer may also be computed by a job, since the function only describes the computation."""
        return get_origin(signature(self.function, eval_str=True).return_annotation) is Computation

    @property
    def doc(self) -> str:
        """The function's docstring."""
        return getdoc(self.function) or ""

    @property
    def fields(self) -> Mapping[str, FieldInfo]:
        """Everything a client can send, by name: the parameters, then the fields of the body."""
        body = self.body[1].model_fields if self.body else {}
        named = {field.alias or name: field for name, field in body.items()}
        return {parameter.name: parameter.field for parameter in self.parameters} | named


def describe(
    function: Callable[..., Any],
    *,
    model: str,
    label: str,
    method: str,
    path: str,
    main: bool,
    produces: str = JSON,
    conflicts: str = "",
) -> Endpoint:
    """Read a typed function's signature.

    Raises:
        TypeError: an argument or the result has no annotation, or the body is not what the method allows, or a
            computation is described by anything but a body.
    """
    source = signature(function, eval_str=True)
    if source.return_annotation is source.empty:
        raise TypeError(f"{function.__name__} needs a return annotation")
    in_path = set(re.findall(r"{(\w+)}", path))
    bodies: list[tuple[str, type[BaseModel]]] = []
    parameters: list[Parameter] = []
    for argument in source.parameters.values():
        if argument.annotation is Argument.empty:
            raise TypeError(f"{function.__name__}: the argument {argument.name} needs an annotation")
        if isinstance(argument.annotation, type) and issubclass(argument.annotation, BaseModel):
            bodies.append((argument.name, argument.annotation))
        else:
            parameters.append(Parameter.of(argument, "path" if argument.name in in_path else "query"))
    if len(bodies) > (method == "POST"):
        raise TypeError(f"{function.__name__}: a POST takes one body at most, a GET none")
    body = bodies[0] if bodies else None
    endpoint = Endpoint(model, label, method, path, function, main, produces, body, tuple(parameters), conflicts)
    if endpoint.may_be_later and (parameters or not body):
        raise TypeError(
            f"{function.__name__}: a job keeps the body of its request, so that a computation has nothing else"
        )
    return endpoint


def input_of(field: FieldInfo) -> Input | None:
    """How a client presents this field, where its annotation, or that of one of its alternatives, says so."""
    alternatives = (option for option in get_args(field.annotation) if get_origin(option) is Annotated)
    items = (*field.metadata, *(item for option in alternatives for item in option.__metadata__))
    return next((item for item in items if isinstance(item, Input)), None)
