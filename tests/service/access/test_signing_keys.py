"""The tenant's keys: replaced, out of reach, and not the tenant's."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from sids_service.entra import signing_keys
from sids_service.settings import Settings
from tests.in_process_server import serving
from tests.issuer import TENANT, Issuer, public, running_issuer

SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 (to be refused)
Eventually = Callable[[Callable[[], bool]], None]


class Clock:
    """The clock of the keys, which tests move."""

    def __init__(self) -> None:
        self.moved = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.moved


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moved = Clock()
    monkeypatch.setattr(signing_keys, "monotonic", moved)
    return moved


@pytest.fixture
def own_issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


class Service:
    """A service that has not asked for any key yet."""

    def __init__(self, client: httpx.Client, issuer: Issuer) -> None:
        self.client = client
        self.issuer = issuer

    def status(self, **token: Any) -> int:
        return self.ask(**token).status_code

    def ask(self, **token: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.issuer.token(**token)}"}
        return self.client.get("/params", headers=headers)


@pytest.fixture
def fresh(own_issuer: Issuer, tmp_path: Path) -> Iterator[Service]:
    places = {"dataset_path": tmp_path / "none", "dataset_cache_path": tmp_path}
    with (
        serving(Settings.model_validate({**places, **own_issuer.settings()}), loaded=False) as url,
        client_of(url) as client,
    ):
        yield Service(client, own_issuer)


def client_of(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60)


def test_keys_are_read_once_and_only_for_tokens(fresh: Service) -> None:
    assert fresh.client.get("/params").status_code == 401
    assert fresh.issuer.asked == 0
    assert {fresh.status() for _ in range(5)} == {200}
    assert fresh.issuer.asked == 1


def test_a_new_key_is_accepted_at_once_and_the_old_one_no_more(fresh: Service) -> None:
    assert fresh.status() == 200
    fresh.issuer.keys = [public("second")]
    assert fresh.status(by="second") == 200
    assert fresh.status(by="first") == 401


def test_unknown_keys_are_looked_for_once_in_a_while(fresh: Service, clock: Clock) -> None:
    assert fresh.status() == 200
    assert {fresh.status(kid=f"unknown-{number}") for number in range(20)} == {401}
    assert fresh.issuer.asked == 2
    fresh.issuer.keys.append(public("second"))
    assert fresh.status(by="second") == 401
    clock.moved += signing_keys.UNKNOWN_SECONDS
    assert fresh.status(by="second") == 200
    assert fresh.issuer.asked == 3


def test_a_withdrawn_key_ends_within_the_hour(fresh: Service, clock: Clock, eventually: Eventually) -> None:
    assert fresh.status() == 200
    fresh.issuer.keys = [public("second")]
    assert fresh.status() == 200
    clock.moved += signing_keys.REFRESH_SECONDS
    eventually(lambda: fresh.status() == 401)


def test_health_and_refusals_do_not_wait_for_the_issuer(fresh: Service, eventually: Eventually) -> None:
    fresh.issuer.released.clear()
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(fresh.status) for _ in range(8)]
        eventually(lambda: fresh.issuer.asked == 1)
        assert fresh.client.get("/health").status_code == 200
        assert fresh.client.get("/params").status_code == 401
        assert fresh.client.options("/params").status_code == 204
        assert not [each for each in waiting if each.done()]
        fresh.issuer.released.set()
        assert {each.result() for each in waiting} == {200}
    assert fresh.issuer.asked == 1


def unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["detail"]["type"] == "keys_unavailable"
    assert not [part for part in ("127.0.0.1", "http", TENANT, "Traceback") if part in answer.text]


def redirect(issuer: Issuer) -> None:
    issuer.status, issuer.headers = 302, {"Location": f"{issuer.url}/moved"}


BROKEN: dict[str, Callable[[Issuer], None]] = {
    "an error": lambda issuer: setattr(issuer, "status", 500),
    "a redirection": redirect,
    "a page": lambda issuer: setattr(issuer, "content", b"<html>"),
    "nothing": lambda issuer: setattr(issuer, "content", b""),
    "a list": lambda issuer: setattr(issuer, "content", b"[1]"),
    "too deep": lambda issuer: setattr(issuer, "content", b"[" * 100_000),
    "no keys": lambda issuer: issuer.keys.clear(),
    "no usable key": lambda issuer: setattr(
        issuer,
        "keys",
        [
            None,
            {"kid": "first", "kty": "RSA"},
            {"kid": "first", "kty": "oct", "k": "AAAA"},
            {**public("first"), "n": "!"},
            {**public("first"), "n": "AQAB"},
            {**public("first"), "n": 5},
            {**RSAAlgorithm.to_jwk(SMALL.public_key(), as_dict=True), "kid": "first"},
            {**public("first"), "kid": None},
            public("first", use="enc"),
            public("first", issuer=[f"{issuer.url}/{TENANT}/v2.0"]),
            public("first", issuer=f"{issuer.url}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        ],
    ),
}


@pytest.mark.parametrize(
    "issuer",
    [f"{{url}}/{TENANT}/v2.0", "{url}/{{tenantid}}/v2.0", f"https://sts.windows.net/{TENANT}/"],
    ids=["the tenant", "every tenant", "version 1"],
)
def test_a_key_may_name_the_tenant_as_issuer_or_stand_for_every_tenant(fresh: Service, issuer: str) -> None:
    malformed = public("other", issuer=[issuer])
    fresh.issuer.keys = [malformed, public("first", issuer=issuer.format(url=fresh.issuer.url))]
    assert fresh.status() == 200


@pytest.mark.parametrize("kind", BROKEN)
def test_without_keys_nobody_can_tell(fresh: Service, clock: Clock, kind: str) -> None:
    good = list(fresh.issuer.keys)
    BROKEN[kind](fresh.issuer)
    for _ in range(5):
        unavailable(fresh.ask())
    assert fresh.issuer.asked == 1, "the issuer is not asked again at once"
    assert fresh.client.get("/params").status_code == 401
    fresh.issuer.status, fresh.issuer.headers, fresh.issuer.content, fresh.issuer.keys = 200, {}, None, good
    clock.moved += signing_keys.RETRY_SECONDS
    assert fresh.status() == 200


def test_known_keys_outlive_a_failure_of_the_issuer_by_a_day(
    fresh: Service, clock: Clock, eventually: Eventually
) -> None:
    assert fresh.status() == 200
    fresh.issuer.status = 500
    clock.moved += signing_keys.REFRESH_SECONDS
    assert fresh.status() == 200
    eventually(lambda: fresh.issuer.asked > 1)
    eventually(lambda: fresh.ask(kid="unknown").status_code == 503)
    assert fresh.status() == 200
    clock.moved += signing_keys.OLDEST_SECONDS
    unavailable(fresh.ask())


def test_an_issuer_that_never_answers_is_asked_anew(fresh: Service, clock: Clock, eventually: Eventually) -> None:
    fresh.issuer.released.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fresh.ask)
        eventually(lambda: fresh.issuer.asked == 1)
        clock.moved += signing_keys.FETCH_SECONDS
        unavailable(fresh.ask())
        clock.moved += signing_keys.RETRY_SECONDS
        second = ThreadPoolExecutor(1)
        later = second.submit(fresh.ask)
        eventually(lambda: fresh.issuer.asked == 2)
        fresh.issuer.released.set()
        assert later.result().status_code == 200
        waiting.result()
        second.shutdown()


def test_nobody_listens(tmp_path: Path, own_issuer: Issuer) -> None:
    places = {"dataset_path": tmp_path / "none", "dataset_cache_path": tmp_path}
    settings = own_issuer.settings(entra_authority="http://127.0.0.1:9")
    with serving(Settings.model_validate({**places, **settings}), loaded=False) as url, client_of(url) as client:
        unavailable(Service(client, own_issuer).ask())
