"""What a handler may answer when its plain result is not enough, and how results become bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic_core import to_json

JSON = "application/json"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A result with a media type, a status or headers of its own.

    `Answer[PredictResponse]` as a return annotation documents the body like `PredictResponse` alone.

    Attributes:
        body: what `encode` accepts; bytes are sent as they are, also where they are JSON.
        media_type: the answer's Content-Type.
        status: the HTTP status.
        headers: sent in addition to those of every answer.
    """

    body: T | bytes
    media_type: str = JSON
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def encode(body: object, media_type: str = JSON) -> bytes:
    """The bytes of a result: equal results give equal bytes.

    JSON is UTF-8 with the shortest digits that read back as the same float64; a number that is not finite becomes null,
    however deep it lies. For other media types the body is bytes, or text that becomes UTF-8.

    Raises:
        TypeError: the body is neither text nor bytes, and the media type is not JSON.
        pydantic_core.PydanticSerializationError: a part of the body has no JSON form.
    """
    if isinstance(body, bytes):
        return body
    if media_type == JSON:
        return to_json(body, inf_nan_mode="null")
    if isinstance(body, str):
        return body.encode()
    raise TypeError(f"a {media_type} answer is text or bytes, not {type(body).__name__}")
