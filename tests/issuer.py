"""Plays Entra ID: a tenant's key set over HTTP, and the tokens that it signs."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

TENANT = "11111111-2222-3333-4444-555555555555"
AUDIENCE = "api://sids"
ROLE = "Sids.Use"


_KEYS: dict[str, rsa.RSAPrivateKey] = {}


def key(name: str) -> rsa.RSAPrivateKey:
    """The private key of a name, the same for the whole run, since making one takes long."""
    if name not in _KEYS:
        _KEYS[name] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return _KEYS[name]


def public(name: str, **changed: Any) -> dict[str, Any]:
    """The entry of a key set."""
    return {**RSAAlgorithm.to_jwk(key(name).public_key(), as_dict=True), "kid": name, "use": "sig", **changed}


class Issuer:
    """An authority on this machine.

    Attributes:
        keys: entries of the key set.
        asked: number of requests for it.
        released: answers wait for it.
        status: of the answers.
        content: instead of the key set, if not None.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys = [public("first")]
        self.asked = 0
        self.released = Event()
        self.released.set()
        self.status = 200
        self.headers: Mapping[str, str] = {}
        self.content: bytes | None = None

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of an application's token; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": f"{self.url}/{TENANT}/v2.0",
            "aud": AUDIENCE,
            "tid": TENANT,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "azp": "99999999-0000-0000-0000-000000000000",
            "ver": "2.0",
            "roles": [ROLE],
        }
        return {name: value for name, value in {**claims, **changed}.items() if value is not None}

    def token(self, *, by: str = "first", kid: str | None = None, **changed: Any) -> str:
        """A token that the key `by` signs and that names the key `kid`, by default the same."""
        return jwt.encode(self.claims(**changed), key(by), algorithm="RS256", headers={"kid": kid or by})

    def settings(self, **more: str) -> dict[str, str]:
        """The settings of a service that accepts its tokens."""
        return {
            "access": "entra",
            "entra_tenant": TENANT,
            "entra_audience": AUDIENCE,
            "entra_authority": self.url,
            **more,
        }


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            issuer.released.wait()
            found = self.path == f"/{TENANT}/discovery/v2.0/keys"
            content = json.dumps({"keys": issuer.keys}).encode() if issuer.content is None else issuer.content
            self.send_response(issuer.status if found else 200 if self.path == "/moved" else 404)
            for name, value in issuer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing: the test's output is for the service."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield issuer
        issuer.released.set()
        server.shutdown()
        thread.join()
