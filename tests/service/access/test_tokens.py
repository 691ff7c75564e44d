"""Tokens of Entra ID over HTTP: every endpoint with every kind of credential."""

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import azure.functions as func
import httpx
import pytest
from azure.functions.decorators.http import HttpTrigger
from openapi_spec_validator import validate

from blueprints.app import build_app
from sids_service.context import Context
from sids_service.dataset.panel_source import open_panel_source
from sids_service.settings import Settings
from tests.call import Call
from tests.calls import SURVEY, served
from tests.function_client import FunctionClient, methods_of
from tests.issuer import ROLE, Issuer
from tests.service.access.conftest import ORIGIN
from tests.service.access.credentials import ACCEPTED, FORBIDDEN, INVALID

OPEN = {
    *("service_root", "service_health", "service_ready", "service_openapi_json"),
    *("service_explore", "service_explore_file", "service_docs", "service_docs_file"),
}
EVERYWHERE = (
    *("another key", "alg none", "HS256 with the public key", "HS256 called RS256"),
    *("expired", "not yet valid", "another audience", "another tenant"),
)
PARAMS = next(call for call in served() if call.path == "/params")
SCHEMES: Mapping[str, str] = {"no scheme": "", "another scheme": "Basic ", "no space": "Bearer"}


@pytest.fixture(scope="module")
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, headers={"Origin": ORIGIN}, timeout=60) as opened:
        yield opened


def ask(client: httpx.Client, call: Call, authorization: str | None = None, **headers: str) -> httpx.Response:
    if authorization is not None:
        headers["Authorization"] = authorization
    encoded = {name.encode(): value.encode() for name, value in headers.items()}
    return client.request(call.method, call.path, params=dict(call.query), json=call.body, headers=encoded)


def refused(answer: httpx.Response, status: int, error: str) -> str:
    """Check a refusal; returns its message."""
    assert answer.status_code == status, answer.text
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="')
    assert (f'error="{error}"' in answer.headers["WWW-Authenticate"]) is bool(error)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "WWW-Authenticate" in answer.headers["Access-Control-Expose-Headers"]
    assert "Traceback" not in answer.text
    detail = answer.json()["detail"]
    assert detail["type"] == ("unauthorized" if status == 401 else "forbidden")
    message: str = detail["msg"]
    return message


def test_the_matrix_has_every_route_of_the_app(tmp_path: Path) -> None:
    settings = Settings(dataset_path=tmp_path, dataset_cache_path=tmp_path)
    app = build_app(Context(settings, open_panel_source(settings)))
    assert {route.unique_id for route in app.api.state.routes} == {call.function for call in served()}
    assert {call.function for call in served()} > OPEN


@pytest.mark.parametrize("call", served(), ids=lambda call: call.function)
def test_every_endpoint_with_every_credential(client: httpx.Client, issuer: Issuer, call: Call) -> None:
    assert client.options(call.path).status_code == 204
    if call.function in OPEN:
        for authorization in (None, "Bearer x", f"Bearer {issuer.token()}"):
            assert ask(client, call, authorization).status_code == call.status
        return
    assert "token of Entra ID" in refused(ask(client, call), 401, "")
    assert "token of Entra ID" in refused(ask(client, call, **{"X-Functions-Key": "key"}), 401, "")
    for name in EVERYWHERE:
        make, reason = INVALID[name]
        assert reason in refused(ask(client, call, f"Bearer {make(issuer)}"), 401, "invalid_token")
    refused(ask(client, call, f"Bearer {FORBIDDEN['another role'](issuer)}"), 403, "insufficient_scope")
    answer = ask(client, call, f"Bearer {issuer.token()}")
    assert answer.status_code == call.status
    assert answer.headers.get("Cache-Control") == ("private" if call.status == 200 else None)


@pytest.fixture(scope="module")
def functions(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> FunctionClient:
    cache = tmp_path_factory.mktemp("functions")
    places = {"dataset_path": cache / "none", "dataset_cache_path": cache, "jobs_path": cache}
    settings = Settings.model_validate({**places, **issuer.settings()})
    app = build_app(Context(settings, open_panel_source(settings)))
    for function in app.get_functions():
        trigger = function.get_trigger()
        assert isinstance(trigger, HttpTrigger)
        assert trigger.auth_level is func.AuthLevel.ANONYMOUS
        assert "OPTIONS" in methods_of(trigger)
    return FunctionClient(app)


@pytest.mark.parametrize(
    "call", [call for call in served() if call.function not in OPEN], ids=lambda call: call.function
)
def test_every_function_checks_tokens_itself(functions: FunctionClient, issuer: Issuer, call: Call) -> None:
    def status(**headers: str) -> int:
        body = b"{" if call.method == "POST" else b""  # who is let in gets no further
        answer = functions.call(
            call.method, call.path, query=call.query, body=body, headers={"Origin": ORIGIN, **headers}
        )
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        return int(answer.status_code)

    assert status() == 401
    assert status(authorization=f"Bearer {INVALID['another key'][0](issuer)}") == 401
    assert status(authorization=f"Bearer {FORBIDDEN['no role'](issuer)}") == 403
    assert status(authorization=f"Bearer {issuer.token()}") not in (401, 403)


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_token_is_refused_with_the_reason(client: httpx.Client, issuer: Issuer, name: str) -> None:
    make, reason = INVALID[name]
    assert reason in refused(ask(client, PARAMS, f"Bearer {make(issuer)}"), 401, "invalid_token")


@pytest.mark.parametrize("name", FORBIDDEN)
def test_a_token_without_the_role_is_refused_by_the_roles_name(client: httpx.Client, issuer: Issuer, name: str) -> None:
    assert ROLE in refused(ask(client, PARAMS, f"Bearer {FORBIDDEN[name](issuer)}"), 403, "insufficient_scope")


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_valid_token_is_accepted(client: httpx.Client, issuer: Issuer, name: str) -> None:
    assert ask(client, PARAMS, f"Bearer {ACCEPTED[name](issuer)}").status_code == 200


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_token_needs_its_scheme(client: httpx.Client, issuer: Issuer, scheme: str) -> None:
    refused(client.get("/params", headers={"Authorization": f"{SCHEMES[scheme]}{issuer.token()}"}), 401, "")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_is_not_sensitive_to_case(client: httpx.Client, issuer: Issuer, scheme: str) -> None:
    assert client.get("/params", headers={"Authorization": f"{scheme} {issuer.token()}"}).status_code == 200


def test_of_two_tokens_none_counts(client: httpx.Client, issuer: Issuer) -> None:
    headers = [("Authorization", f"Bearer {issuer.token()}"), ("Authorization", "Bearer x")]
    for given in (headers, headers[::-1]):
        refused(client.get("/params", headers=given), 401, "invalid_token")


def test_a_token_in_the_address_does_not_count(client: httpx.Client, issuer: Issuer) -> None:
    for name in ("access_token", "token", "authorization", "code"):
        refused(client.get("/params", params={name: issuer.token()}), 401, "")


@pytest.mark.parametrize(
    "path", ["/PARAMS", "/params/", "/Params?x=1", "//params", "/params%0a", "/params%00", "/./params", "/%70arams"]
)
def test_no_spelling_of_a_path_is_open(service: str, path: str) -> None:
    assert httpx.get(service + path).status_code in (401, 404)


def test_no_body_is_read_of_who_is_not_let_in(client: httpx.Client) -> None:
    for body in (b"", b"{", b"[" * 10_000, json.dumps(SURVEY).encode()):
        refused(client.post("/survey/clustering", content=body), 401, "")


def test_a_refused_page_is_no_entity(client: httpx.Client, issuer: Issuer) -> None:
    """304 would tell those who are not let in that nothing has changed."""
    tag = client.get("/params", headers={"Authorization": f"Bearer {issuer.token()}"}).headers["ETag"]
    refused(client.get("/params", headers={"If-None-Match": tag}), 401, "")


def test_no_part_of_a_token_is_logged(client: httpx.Client, issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    makers = [*ACCEPTED.values(), *FORBIDDEN.values(), *(make for make, _ in INVALID.values())]
    tokens = [make(issuer) for make in makers]
    with caplog.at_level(logging.DEBUG, logger="sids_service"):
        for token in tokens:
            client.get("/params", headers={b"Authorization": f"Bearer {token}".encode()})
    parts = {part for token in tokens for part in token.split(".") if len(part) > 20}
    assert "UnauthorizedError" in caplog.text
    assert [part for part in parts if part in caplog.text] == []
    assert issuer.claims()["azp"] not in caplog.text


def test_the_document_says_what_needs_a_token(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    validate(document)
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path in document["paths"].values():
        for operation in path.values():
            closed = operation["operationId"] not in OPEN
            assert operation.get("security", []) == ([{"entra": []}] if closed else [])
            assert ({"401", "403"} <= operation["responses"].keys()) is closed
    assert "swagger-ui" in client.get("/docs").text
