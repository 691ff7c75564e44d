"""The JSON body of a request as an object of its type."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from sids_service.web.errors import BodyTooLargeError, Fault, MalformedError, NotJsonError

Model = TypeVar("Model", bound=BaseModel)


def check_size(body: bytes, headers: Mapping[str, str], limit: int) -> None:
    """Raise BodyTooLargeError where the body is larger than `limit` bytes, or says it is."""
    declared = headers.get("Content-Length", "")
    size = max(len(body), int(declared) if declared.isdecimal() and len(declared) < 20 else 0)
    if size > limit:
        raise BodyTooLargeError(f"The body has {size} bytes; at most {limit} are accepted")


def parse_body(body: bytes, model: type[Model]) -> Model:
    """The body as a `model`.

    Raises:
        NotJsonError: not JSON (RFC 8259: NaN and Infinity are none), not UTF-8, or nested deeper than 200 levels.
        MalformedError: JSON that does not fit the model, one fault each.
    """
    try:
        document = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise NotJsonError(f"The body is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise MalformedError([Fault(loc=["body"], msg="The body should be a JSON object", type="object_type")])
    try:
        return model.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise MalformedError([fault("body", detail) for detail in details]) from None


def fault(source: str, detail: ErrorDetails, *names: str) -> Fault:
    """A fault of pydantic's in the form of the contract, located under `source` and `names`."""
    return Fault(loc=[source, *names, *detail["loc"]], msg=detail["msg"], type=detail["type"])
