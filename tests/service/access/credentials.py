"""Credentials as clients and attackers send them, and what each is answered."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.issuer import TENANT, Issuer, key, public

HOUR = 3600
ELSEWHERE = "77777777-2222-3333-4444-555555555555"
Make = Callable[[Issuer], str]


def forged(header: Any, claims: Any, secret: bytes | None = None) -> str:
    """A token of any content, with an HMAC as its signature if there is a secret."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.digest(secret, signed, "sha256") if secret is not None else b""
    return (signed + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()


def pem(name: str) -> bytes:
    return key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def now(seconds: float) -> int:
    return int(time.time() + seconds)


def at(issuer: Issuer, seconds: float) -> str:
    return issuer.token(iat=now(seconds), nbf=now(seconds), exp=now(seconds + HOUR))


def signed(issuer: Issuer, headers: Mapping[str, Any], algorithm: str = "RS256", by: str = "first") -> str:
    return jwt.encode(issuer.claims(), key(by), algorithm=algorithm, headers={"kid": "first", **headers})


ACCEPTED: Mapping[str, Make] = {
    "an application's": lambda issuer: issuer.token(),
    "an application's, version 1": lambda issuer: issuer.token(
        iss=f"https://sts.windows.net/{TENANT}/", ver="1.0", azp=None, appid="99999999-0000-0000-0000-000000000000"
    ),
    "a user's scope": lambda issuer: issuer.token(roles=None, scp="profile Sids.Use"),
    "a user's role": lambda issuer: issuer.token(roles=["Other", "Sids.Use"], scp="profile"),
    "just expired": lambda issuer: at(issuer, -HOUR - 30),
    "nearly valid": lambda issuer: at(issuer, 30),
    "many groups": lambda issuer: issuer.token(groups=[ELSEWHERE] * 100),
}

FORBIDDEN: Mapping[str, Make] = {
    "no role": lambda issuer: issuer.token(roles=None),
    "another role": lambda issuer: issuer.token(roles=["Sids.Uses", "sids.use"]),
    "another scope": lambda issuer: issuer.token(roles=None, scp="Sids.UseX Sids"),
    "a role within a text": lambda issuer: issuer.token(roles="Sids.Use"),
    "a role that is an object": lambda issuer: issuer.token(roles=[{"Sids.Use": 1}, ["Sids.Use"], None]),
}

INVALID: Mapping[str, tuple[Make, str]] = {
    "a word": (lambda _: "token", "not a JSON Web Token"),
    "three words": (lambda _: "a.b.c", "not a JSON Web Token"),
    "not base64": (lambda _: "ä.ö.ü", "not a JSON Web Token"),
    "too long": (lambda issuer: issuer.token() + "A" * 40_000, "not a JSON Web Token"),
    "a deep header": (lambda _: forged(b"[" * 2000, {}), "not a JSON Web Token"),
    "a header that is no object": (lambda _: forged([1], {}), "not a JSON Web Token"),
    "a header of NaN": (lambda _: forged(b'{"alg":"RS256","kid":NaN}', {}), "not a JSON Web Token"),
    "encrypted": (lambda _: "e30.e30.e30.e30.e30", "not a JSON Web Token"),
    "alg none": (lambda issuer: forged({"alg": "none", "kid": "first"}, issuer.claims()), "not signed with RS256"),
    "alg None": (lambda issuer: forged({"alg": "NONE", "kid": "first"}, issuer.claims()), "not signed with RS256"),
    "alg missing": (lambda issuer: forged({"kid": "first"}, issuer.claims()), "not signed with RS256"),
    "alg a list": (lambda issuer: forged({"alg": ["RS256"], "kid": "first"}, issuer.claims()), "not signed with RS256"),
    "HS256 with the public key": (
        lambda issuer: forged({"alg": "HS256", "kid": "first"}, issuer.claims(), pem("first")),
        "not signed with RS256",
    ),
    "HS256 called RS256": (
        lambda issuer: forged({"alg": "RS256", "kid": "first"}, issuer.claims(), pem("first")),
        "its signature is wrong",
    ),
    "RS512": (lambda issuer: signed(issuer, {}, "RS512"), "not signed with RS256"),
    "PS256": (lambda issuer: signed(issuer, {}, "PS256"), "not signed with RS256"),
    "no key name": (
        lambda issuer: jwt.encode(issuer.claims(), key("first"), algorithm="RS256"),
        "not signed with RS256 and a named key",
    ),
    "an unknown key name": (lambda issuer: issuer.token(kid="unknown"), "a key that the tenant does not have"),
    "a key that it brings along": (
        lambda issuer: signed(issuer, {"jwk": public("attacker"), "jku": "http://127.0.0.1:9/keys"}, by="attacker"),
        "its signature is wrong",
    ),
    "a critical header": (lambda issuer: signed(issuer, {"crit": ["never-heard-of"], "never-heard-of": 1}), ""),
    "another key": (lambda issuer: issuer.token(by="attacker", kid="first"), "its signature is wrong"),
    "no signature": (lambda issuer: issuer.token().rpartition(".")[0] + ".", "its signature is wrong"),
    "changed claims": (
        lambda issuer: (
            issuer.token(roles=[]).split(".")[0]
            + forged({}, issuer.claims())[3:].rpartition(".")[0]
            + "."
            + issuer.token(roles=[]).split(".")[2]
        ),
        "its signature is wrong",
    ),
    "expired": (lambda issuer: at(issuer, -HOUR - 90), "it has expired"),
    "not yet valid": (lambda issuer: at(issuer, 90), "it is not valid yet"),
    "without an end": (lambda issuer: issuer.token(exp=None), "it lacks a claim"),
    "without a beginning": (lambda issuer: issuer.token(nbf=None), "it lacks a claim"),
    "an endless end": (lambda issuer: issuer.token(exp=1e400), "it is malformed"),
    "an end in words": (lambda issuer: issuer.token(exp="never"), "it is malformed"),
    "another audience": (lambda issuer: issuer.token(aud="api://other"), "it is for another audience"),
    "no audience": (lambda issuer: issuer.token(aud=None), "it lacks a claim"),
    "a part of the audience": (lambda issuer: issuer.token(aud="api://sid"), "it is for another audience"),
    "another tenant": (
        lambda issuer: issuer.token(iss=f"{issuer.url}/{ELSEWHERE}/v2.0", tid=ELSEWHERE),
        "another issuer or tenant",
    ),
    "another issuer": (lambda issuer: issuer.token(iss=f"{issuer.url}/{TENANT}/v2.0/"), "another issuer or tenant"),
    "another tenant's id": (lambda issuer: issuer.token(tid=ELSEWHERE), "another issuer or tenant"),
    "no tenant": (lambda issuer: issuer.token(tid=None), "it lacks a claim"),
    "an ID token": (lambda issuer: issuer.token(azp=None, nonce="1"), "it is not an access token"),
}
