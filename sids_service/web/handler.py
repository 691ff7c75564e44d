"""From an HTTP request to a call of a typed function, and back."""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import azure.functions as func

from sids_core import stages
from sids_service.jobs.computation import Computation
from sids_service.settings import Settings
from sids_service.web import request_ids
from sids_service.web.answers import Answer, encode
from sids_service.web.body import check_size, parse_body
from sids_service.web.cors import Cors
from sids_service.web.endpoint import Endpoint
from sids_service.web.errors import STATUSES, Failure, FailureAnswer
from sids_service.web.parameters import parse_parameters
from sids_service.web.prefer import prefers_async
from sids_service.web.refusals import refusal
from sids_service.web.run_answers import RunAnswers

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """What every endpoint has in common: who may call from a browser, and how much may be sent."""

    cors: Cors
    max_body_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> "Policy":
        """As the operator has set it."""
        return cls(Cors.parse(settings.allowed_origins), settings.max_body_bytes)


def azure_function(
    endpoint: Endpoint, policy: Policy, run_answers: RunAnswers
) -> Callable[[func.HttpRequest], func.HttpResponse]:
    """The function that a Functions host calls for an endpoint. It never raises."""

    def handle(req: func.HttpRequest) -> func.HttpResponse:
        start = perf_counter()
        proposed = req.headers.get("X-Request-ID")
        with request_ids.handling(proposed) as request_id, stages.record() as seconds:
            if req.method == "OPTIONS":
                answer = _preflight(endpoint, policy, req)
            else:
                answer = _answer(endpoint, policy, run_answers, req)
            total = perf_counter() - start
            path = urlsplit(req.url).path
            logger.info("%s %s %d %.1f ms", req.method, path, answer.status, total * 1000)
        headers = {
            **policy.cors.headers(req.headers.get("Origin")),
            "X-Request-ID": request_id,
            "Server-Timing": _server_timing({**seconds, "total": total}),
            **answer.headers,
        }
        if answer.body:
            headers["Content-Type"] = answer.media_type
        return func.HttpResponse(answer.body, status_code=answer.status, headers=headers)

    return handle


def _preflight(endpoint: Endpoint, policy: Policy, req: func.HttpRequest) -> Answer[bytes]:
    return Answer(b"", status=204, headers=policy.cors.preflight(req.headers.get("Origin"), endpoint.method))


def _answer(endpoint: Endpoint, policy: Policy, run_answers: RunAnswers, req: func.HttpRequest) -> Answer[bytes]:
    try:
        result = endpoint.function(**_arguments(endpoint, policy, req))
        if isinstance(result, Computation):
            later = prefers_async(req.headers.get("Prefer"))
            result = run_answers.later(endpoint, result) if later else run_answers.now(result)
        answer = result if isinstance(result, Answer) else Answer(result, endpoint.produces)
        body = encode(answer.body, answer.media_type)
    except tuple(STATUSES) as error:
        return refusal(error, endpoint)
    except Exception:
        error_id = uuid4().hex
        logger.exception("error %s", error_id)
        failure = Failure(msg="The service failed; its log has the details under this id", error_id=error_id)
        return Answer(encode(FailureAnswer(detail=failure)), status=500)
    return Answer(body, answer.media_type, answer.status, answer.headers)


def _arguments(endpoint: Endpoint, policy: Policy, req: func.HttpRequest) -> dict[str, Any]:
    check_size(req.get_body(), req.headers, policy.max_body_bytes)
    values = parse_parameters(endpoint.parameters, req.params, req.route_params)
    if endpoint.body:
        name, model = endpoint.body
        return {**values, name: parse_body(req.get_body(), model)}
    return values


def _server_timing(seconds: Mapping[str, float]) -> str:
    """The header of https://www.w3.org/TR/server-timing/: names are tokens, durations milliseconds."""
    token = re.compile(r"[^\w-]+", re.ASCII)
    return ", ".join(f"{token.sub('-', name)};dur={value * 1000:.1f}" for name, value in seconds.items())
