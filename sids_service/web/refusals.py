"""The answer to a request that cannot be served."""

import logging

from sids_core.errors import RequestError, SidsError
from sids_service.web.answers import Answer, encode
from sids_service.web.endpoint import Endpoint, input_of
from sids_service.web.errors import MESSAGE_LENGTH, body_of, headers_of, status_of

logger = logging.getLogger(__name__)


def refusal(error: SidsError, endpoint: Endpoint | None) -> Answer[bytes]:
    """The answer for an error that the table of statuses has; the endpoint says where allowed values are listed."""
    logger.info("%s: %s", type(error).__name__, str(error)[:MESSAGE_LENGTH])
    body = body_of(error, _where_listed(error, endpoint))
    return Answer(encode(body), status=status_of(error), headers=headers_of(error))


def _where_listed(error: SidsError, endpoint: Endpoint | None) -> str:
    field = endpoint.fields.get(error.parameter or "") if endpoint and isinstance(error, RequestError) else None
    presented = input_of(field) if field else None
    if presented is None or presented.choices is None:
        return ""
    choices = presented.choices
    return f"; listed by {choices.method} /{choices.endpoint}" + "".join(
        f"{'&' if index else '?'}{name}" for index, name in enumerate(choices.inputs)
    )
