"""Results as JSON bytes: equal results give equal bytes."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json
from starlette.responses import JSONResponse, Response


class ExactJSONResponse(JSONResponse):
    """UTF-8 with the shortest digits that read back as the same float64; a number that is not finite becomes null."""

    def render(self, content: Any) -> bytes:
        """Serialise any value that pydantic supports."""
        return to_json(content, inf_nan_mode="null")


def json_response(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response; bytes are sent unchanged."""
    if isinstance(content, bytes):
        return Response(content, status, headers, media_type=JSONResponse.media_type)
    return ExactJSONResponse(content, status, headers)
